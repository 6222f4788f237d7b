"""The loop can be left and entered at any step, and plays the game of the textbook."""

from pathlib import Path

import pytest
import torch
from record_files import repeatable
from tiny_training import FP32, PICTURES, Witness, game_params, parameters, play

from nashgan.games.adversarial import AdversarialGame
from nashgan.models.config import ModelConfig
from nashgan.records.history import write_answers, write_curves, write_history
from nashgan.runtime.device import Device
from nashgan.runtime.errors import Interrupted
from nashgan.spaces.image import ImageSpace
from nashgan.training.checkpoint import Checkpoints, _tensors


@pytest.mark.parametrize("loss", ["non_saturating", "minimax", "bce_mse"])
@pytest.mark.parametrize(("model", "d_steps", "bf16"), [("dcgan", 1, False), ("mlp", 2, False), ("dcgan", 1, True)])
def test_an_interrupted_training_ends_with_the_same_bits(
    tmp_path: Path, model: str, loss: str, d_steps: int, bf16: bool
) -> None:
    params = parameters(model={"name": model}, objective={"loss": loss, "d_steps": d_steps})
    device = Device(torch.device("cpu"), bf16)
    whole, whole_history = play(tmp_path / "whole", params, Witness(), device)
    for stop_after in (2, 1, 1):
        with pytest.raises(Interrupted):
            play(tmp_path / "parts", params, Witness(stop_after), device)
    parts, parts_history = play(tmp_path / "parts", params, Witness(), device)

    expected, found = dict(_tensors(whole)), dict(_tensors(parts))
    assert expected.keys() == found.keys()
    assert all(torch.equal(expected[name], found[name]) for name in expected)
    assert repeatable(whole_history.rows) == repeatable(parts_history.rows)


def test_rows_and_pictures_come_when_they_are_due(tmp_path: Path) -> None:
    witness = Witness()
    play(tmp_path, parameters(), witness)
    assert [row["images"] for row in witness.rows] == [16, 32, 48, 64, 80, 96]
    assert witness.seen == [0, 48, 96]


def test_each_measure_is_a_table_of_its_own_too(tmp_path: Path) -> None:
    table, answers, curves = (tmp_path / name for name in ("history.csv", "answers.csv", "curves"))
    for measures in (("d_loss", "logit_real", "logit_fake"), ("kl",)):  # the tables of the game before are gone
        rows = [{"images": seen, **dict.fromkeys(measures, seen / 8), "img_s": 9.0} for seen in (64, 128)]
        write_history(table, rows)
        write_answers(answers, rows)
        write_curves(curves, rows)
        assert {path.stem for path in curves.iterdir()} == {measures[0], "img_s"}
        of_both = "64,8.0,8.0\n128,16.0,16.0\n" if "logit_real" in measures else ""  # a header where there is no D
        assert answers.read_text() == f"images,logit_real,logit_fake\n{of_both}"
        for name in measures[:1]:
            assert (curves / f"{name}.csv").read_text() == f"images,{name}\n64,8.0\n128,16.0\n"
    assert table.read_text() == "images,kl,img_s\n64,8.0,9.0\n128,16.0,9.0\n"


def test_another_seed_is_another_training(tmp_path: Path) -> None:
    _, one = play(tmp_path / "0", parameters(), Witness())
    _, two = play(tmp_path / "1", parameters(train={"seed": 1}), Witness())
    assert repeatable(one.rows) != repeatable(two.rows)


@pytest.mark.parametrize("damage", ["torn", "changed", "no note", "empty note"])
def test_a_damaged_checkpoint_is_named_and_the_one_before_is_taken(
    tmp_path: Path, damage: str, capsys: pytest.CaptureFixture[str]
) -> None:
    play(tmp_path, parameters(), Witness())  # leaves the last two: 48 and 72 images
    older, newer = sorted(tmp_path.glob("*.safetensors"))
    content = newer.read_bytes()
    match damage:
        case "torn":
            newer.write_bytes(content[: len(content) // 2])
        case "changed":
            newer.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
        case "no note":
            newer.with_suffix(".json").unlink()
        case "empty note":
            newer.with_suffix(".json").write_text("")
    found = Checkpoints(tmp_path).newest()
    assert found is not None
    assert found.state["seen"] == int(older.stem)
    assert f"{newer} is damaged" in capsys.readouterr().err


def test_two_checkpoints_are_kept_and_clear_removes_them(tmp_path: Path) -> None:
    play(tmp_path / "c", parameters(), Witness())
    assert len(list((tmp_path / "c").iterdir())) == 4
    Checkpoints(tmp_path / "c").clear()
    assert not (tmp_path / "c").exists()


def test_d_tends_to_one_half_when_the_generator_is_perfect() -> None:
    """Goodfellow et al., 2014, proposition 1: D* = p_data / (p_data + p_g), 1/2 where both are the same."""
    params = parameters(model={"name": "mlp"}, train={"lr_discriminator": 0.01})
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 2, 2).format, latent=4, width=4)
    players = AdversarialGame.create(config, game_params(params), FP32, len(PICTURES))
    torch.manual_seed(0)
    with torch.no_grad():
        for _ in range(200):
            real = players.generator(players.latents(256))  # the data are what G makes
            with torch.enable_grad():
                _, _, d_real, d_fake, *_ = players.discriminator_step(real).tolist()
    assert d_real == pytest.approx(0.5, abs=0.01)
    assert d_fake == pytest.approx(0.5, abs=0.01)
