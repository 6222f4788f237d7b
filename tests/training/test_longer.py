"""A finished training is trained longer, with the bits of one that was as long from the beginning."""

from pathlib import Path
from typing import Any

import pytest
from record_files import repeatable
from tiny_training import FP32, PICTURES, game_params, parameters
from workspaces import no_store_named, ready_to_train

from nashgan.games import create_game
from nashgan.models.config import ModelConfig
from nashgan.params import load_params
from nashgan.records.history import read_history
from nashgan.records.paths import Paths
from nashgan.records.train_run import TRAINING, read_train_run
from nashgan.spaces.image import ImageSpace
from nashgan.stages import train
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.interrupted import listing, prune
from nashgan.training.longer import Finished, depends_on_length

CONSTANT = {"lr_end": 1.0, "log_every": 40, "sample_every": 48, "evaluate_every": 64, "checkpoint_every": 56}
FALLING, FLAT = (
    {
        "model": {"name": "mlp"},
        "objective": {"loss": "rpgan", "penalty": "r1_r2", "penalty_weight": 1.0, "penalty_weight_end": end},
    }
    for end in (0.1, 1.0)
)


def run(root: Path, images: int, **ends: Any) -> Paths:
    changes: dict[str, Any] = {
        "model": {"name": "mlp"},
        "objective": {"augment": "translation", "augment_p": "adaptive", "augment_speed": 1000},
        "train": {**CONSTANT, "images": images, "keep": "best"},
    }
    paths = Paths(root) if (root / "params.yaml").is_file() else ready_to_train(root, **changes)
    params = load_params(paths.params)
    longer = params.model_copy(update={"train": params.train.model_copy(update={"images": images, **ends})})
    train.run(paths, longer)
    return paths


def result(paths: Paths) -> dict[str, Any]:
    rows = repeatable(read_history(paths.history))
    files = [*paths.generator.iterdir(), *paths.discriminator.iterdir(), *paths.timeline.iterdir(), paths.scores]
    return {"rows": rows, "kept": read_train_run(paths.train_run).kept} | {
        path.name: path.read_bytes() for path in files
    }


def test_a_longer_training_goes_on_with_the_same_bits(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with no_store_named():
        paths = run(tmp_path, 104)  # where nothing is due, but everything is done because it ends
        first = read_train_run(paths.train_run)
        assert (paths.timeline / "000000104.png").is_file() and "104 finished" in listing(paths)
        longer = result(run(tmp_path, 240))
        second = read_train_run(paths.train_run)
        assert "a finished training of 104 images is trained longer" in capsys.readouterr().err
        assert first.tags[TRAINING] != second.tags[TRAINING] and first.run_id != second.run_id

        (kept,) = (folder for folder in paths.finished.iterdir() if folder.is_dir())
        new = Checkpoints(tmp_path / "new")
        for images, begins_with in ((104, None), (240, None), (241, 240)):  # only a longer one goes on
            Finished(kept).hand_over(new, images)
            assert new.seen == begins_with

        assert "removed" in prune(paths) and "no training" in listing(paths)
        capsys.readouterr()
        whole = result(run(tmp_path, 240))
        assert "trained longer" not in capsys.readouterr().err
    assert longer == whole


def test_a_training_that_ended_in_the_middle_goes_on_with_the_same_bits(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    falling = {"lr_end": 0.1, "beta2": 0.9, "beta2_end": 0.99}
    with no_store_named():
        for until in (104, 168):  # where nothing is due
            paths = run(tmp_path, 240, until=until, **falling)
            record = read_train_run(paths.train_run)
            assert record.unfinished and record.images == until and read_history(paths.history)[-1]["images"] == until
            assert record.tags[TRAINING] and f"{until} finished" in listing(paths)
        continued = result(run(tmp_path, 240, **falling))
        assert capsys.readouterr().err.count("is trained longer") == 2
        assert not read_train_run(paths.train_run).unfinished and "no training" in listing(paths)
        whole = result(run(tmp_path, 240, **falling))
        assert "trained longer" not in capsys.readouterr().err
        assert continued == whole
        run(tmp_path, 200, until=104, **falling)  # steps depend on the length
        run(tmp_path, 240, **falling)
        assert "trained longer" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("sections", "expected"),
    [
        ({}, False),
        ({"train": {"lr_end": 0.1}}, True),
        ({"train": {"lr_end": 1.0, "beta2": 0.9, "beta2_end": 0.99}}, True),
        ({"train": {"lr_end": 1.0, "ema_half_life": 40, "ema_half_life_end": 80}}, True),
        ({"train": {"lr_end": 1.0, "evaluate_every": 16, "patience": 48}}, True),
        (FALLING, True),
        (FLAT, False),
        ({"model": {"name": "gaussian"}}, True),
        ({"model": {"name": "vae"}}, False),
    ],
)
def test_when_the_length_matters(sections: dict[str, dict[str, Any]], expected: bool) -> None:
    params = parameters(**sections)
    config = ModelConfig(name=params.model.name, examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
    game = create_game(config, game_params(params), FP32, len(PICTURES))
    assert depends_on_length(game, game_params(params), params.train) == expected
