"""fcd on the way is the evaluate stage's, costs the training no random number, and finds the best moment."""

import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from mlflow import MlflowClient
from record_files import CPU, write_splits
from shared import write_store
from tiny_training import FP32, PICTURES, Told, Witness, exact, game_params, parameters, play
from torch import Tensor, nn
from workspaces import ready_to_train, write_classifier

from nashgan.features.classifier import LoadedClassifier, load_classifier
from nashgan.features.reference import Selection, compute_reference, draw_real_and_floor, draw_selection
from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.metrics.frechet import normalised_frechet_distance, total_variance
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.gaussian import Generator as Gaussian
from nashgan.models.generator import LoadedGenerator
from nashgan.params import load_params
from nashgan.records.examples import Examples
from nashgan.records.history import read_history
from nashgan.records.paths import Paths
from nashgan.records.splits import read_split
from nashgan.records.train_run import WatchdogEvent, read_train_run
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.spaces.image import ImageSpace
from nashgan.stages import train as stage
from nashgan.training import loop
from nashgan.training.checkpoint import _tensors, weights
from nashgan.training.fingerprint import fingerprint
from nashgan.training.loop import Score
from nashgan.training.scoring import FeatureScorer

COLUMN = "training_fcd"
BEST = parameters(train={"evaluate_every": 16, "keep": "best"})


@pytest.fixture(scope="module")
def classifier(tmp_path_factory: pytest.TempPathFactory) -> LoadedClassifier:
    paths = Paths(tmp_path_factory.mktemp("classifier"))
    write_classifier(paths)
    return load_classifier(paths.classifier, CPU)


def new_generator(name: str, classes: int = 0) -> tuple[ModelConfig, nn.Module]:
    config = ModelConfig(
        name=name, examples=ImageSpace(1, 32, 32).format, latent=4, width=2, classes=classes,
        histogram=(8, *[1] * (classes - 1)) if classes else None,
    )  # fmt: skip
    torch.manual_seed(0)
    module = build_generator(config).eval()
    if isinstance(module, Gaussian):
        module.mean.uniform_(-1, 1)
        module.factor.normal_()
        module.limit.fill_(0.1)
    return config, module


def selection_of(images: np.ndarray) -> Selection:
    """Where there is no validation split."""
    return draw_selection(10**6, Examples(images), Examples(images[:0]))


@pytest.mark.parametrize(("name", "classes"), [("dcgan", 0), ("dcgan", 3), ("vae", 0), ("gaussian", 0)])
@torch.no_grad()
def test_the_score_is_the_evaluate_stages(classifier: LoadedClassifier, name: str, classes: int) -> None:
    images = np.random.default_rng(1).integers(0, 256, (150, 1, 32, 32), dtype=np.uint8)
    config, module = new_generator(name, classes)
    train, validation = Examples(images[:75]), Examples(images[75:110])
    selection = draw_selection(10**6, train, validation)
    scorer = FeatureScorer(classifier, selection, config, FP32, seed=5)
    reference = compute_reference(classifier.network, validation.values, train.values, "validation")
    assert " n=75 real=validation-35:" in scorer.protocol
    assert scorer.floor == normalised_frechet_distance(reference.real, reference.floor)
    state = torch.get_rng_state()
    score = scorer(module).value
    assert torch.equal(torch.get_rng_state(), state) and scorer(module).value == score
    samples = LoadedGenerator(config, module, "", torch.device("cpu")).sample(scorer.seed, 75)
    expected = normalised_frechet_distance(reference.real, classifier.network.features(samples))
    assert score == pytest.approx(expected, rel=1e-5)
    assert FeatureScorer(classifier, selection, config, FP32, seed=6)(module).value != score


def test_what_is_selected_by_is_not_what_is_reported_on() -> None:
    """No example is in both sets, however many the evaluation takes of the training split."""
    train, validation = (Examples(np.arange(start, start + count)) for start, count in ((0, 4000), (4000, 500)))
    selection = draw_selection(2000, train, validation)
    reported = draw_real_and_floor(2000, train, train, "train")
    assert set(selection.real.values) == set(validation.values) and selection.split == "validation"
    assert not set(selection.real.values) & set(np.concatenate([part.values for part in reported]))
    assert len(set(selection.floor.values)) == 2000 and set(selection.floor.values) < set(train.values)
    few = draw_selection(2000, train, Examples(validation.values[:19]))
    assert few.split == "train" and not set(few.real.values) & set(few.floor.values)


def test_a_generator_of_one_image_scores_one_and_its_distance_from_the_mean(classifier: LoadedClassifier) -> None:
    class Constant(nn.Module):
        def forward(self, z: Tensor, labels: Tensor | None) -> Tensor:
            return torch.zeros(len(z), 1, 32, 32)

    scorer = FeatureScorer(classifier, selection_of(PICTURES), new_generator("dcgan")[0], FP32, seed=0)
    grey = classifier.network.features(np.full((1, 1, 32, 32), 128, np.uint8))[0]
    shift = scorer.reference.real.mean(axis=0) - grey
    assert scorer(Constant()).value == pytest.approx(
        1 + shift @ shift / total_variance(scorer.reference.real), rel=1e-4
    )


@pytest.mark.parametrize(
    ("images", "says"),
    [
        (np.zeros((40, 3, 32, 32), np.uint8), "models/classifier: trained on images of"),
        (PICTURES[:3], "two sets of two need 4"),
        (np.zeros((40, 1, 32, 32), np.uint8), "features are constant"),
    ],
)
def test_what_cannot_be_measured_is_known_at_the_start(
    classifier: LoadedClassifier, images: np.ndarray, says: str
) -> None:
    with pytest.raises(UserError, match=says):
        FeatureScorer(classifier, selection_of(images), new_generator("dcgan")[0], FP32, seed=0)


def distance_from(module: nn.Module) -> Score:
    """A score that is 0 for these weights and higher for others."""
    target = [value.double().clone() for value in module.state_dict().values()]

    def score(other: nn.Module) -> float:
        pairs = zip(other.state_dict().values(), target, strict=True)
        return float(sum((value.double() - then).abs().sum() for value, then in pairs))

    return Told(score)


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


@pytest.mark.parametrize("moment", [48, 64, 96])
def test_the_best_moment_is_kept_whatever_happens_on_the_way(tmp_path: Path, moment: int) -> None:
    then, _ = play(tmp_path / "then", parameters(train={"images": moment}), Witness())
    score, witness = distance_from(then.average.module), Witness()
    whole, history = play(tmp_path / "whole", BEST, witness, score=score)
    assert [row["images"] for row in witness.scores] == [16, 32, 48, 64, 80, 96] and witness.scores == history.scores
    assert history.best == {"images": moment, COLUMN: 0.0}
    assert same(weights(whole), weights(then))

    for stop_after in (2, 3):
        with pytest.raises(Interrupted):
            play(tmp_path / "parts", BEST, Witness(stop_after), score=score)
    for torn in sorted((tmp_path / "parts").glob("*.safetensors"))[1:]:  # back to where another moment was the best
        torn.write_bytes(torn.read_bytes()[:-1])
    parts, parts_history = play(tmp_path / "parts", BEST, Witness(), score=score)
    assert exact(parts_history) == exact(history)
    assert same(weights(parts), weights(then))


def test_the_last_moment_is_kept_where_nothing_else_is_said(tmp_path: Path) -> None:
    plain, _ = play(tmp_path / "plain", parameters(), Witness())
    scored, history = play(
        tmp_path / "scored", parameters(train={"evaluate_every": 40}), Witness(), score=Told(lambda module: 1.0)
    )
    assert history.scores == [{"images": images, COLUMN: 1.0} for images in (40, 80, 96)]
    assert same(dict(_tensors(scored)), dict(_tensors(plain)))
    names = [sorted(path.name for path in (tmp_path / run).iterdir()) for run in ("plain", "scored")]
    sizes = [sum(p.stat().st_size for p in (tmp_path / run).glob("*.safetensors")) for run in ("plain", "scored")]
    assert names[0] == names[1] and sizes[0] == sizes[1]


def test_a_best_moment_that_was_taken_back_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The window from 80 to 96 images breaks: back to 72, and what was measured at 80 has never been."""
    step = AdversarialGame.step

    def breaking(self: AdversarialGame, batches: Batches, seen: int) -> Tensor:
        first = self.optimizer_d.param_groups[0]["lr"] == BEST.train.lr_discriminator
        return step(self, batches, seen) + (torch.inf if seen == 80 and first else 0)

    monkeypatch.setattr(AdversarialGame, "step", breaking)
    values = iter([5.0, 4.0, 3.0, 4.0, 0.0, 6.0, 7.0])
    game, history = play(tmp_path / "game", BEST, Witness(), score=Told(lambda module: next(values)))
    assert history.rollbacks == 1
    assert [row[COLUMN] for row in history.scores] == [5.0, 4.0, 3.0, 4.0, 6.0, 7.0] and history.best["images"] == 48
    then, _ = play(tmp_path / "then", parameters(train={"images": 48}), Witness())
    assert same(weights(game), weights(then))


@pytest.fixture(scope="module")
def _pristine(tmp_path_factory: pytest.TempPathFactory) -> Path:
    train = {"images": 480, "evaluate_every": 160, "keep": "best"}
    return ready_to_train(tmp_path_factory.mktemp("pristine"), train=train).root


@pytest.fixture
def workspace(_pristine: Path, tmp_path: Path) -> Paths:
    paths = Paths(Path(shutil.copytree(_pristine, tmp_path / "workspace")))
    write_store(paths)
    return paths


def test_the_stage_tells_what_it_measured_and_kept(workspace: Paths) -> None:
    stage.run(workspace, load_params(workspace.params))
    header, *rows = workspace.scores.read_text().splitlines()
    scores = {int(images): float(fcd) for images, fcd in (row.split(",") for row in rows)}
    assert header == f"images,{COLUMN}" and list(scores) == [160, 320, 480]
    images, fcd = min(scores.items(), key=lambda item: item[1])
    record = json.loads(workspace.train_run.read_text())
    assert record["kept"] == {"images": images, "score": fcd}
    assert record["score"]["name"] == "fcd" and record["score"]["floor"] > 0
    assert " n=50 real=validation-25:" in record["score"]["protocol"] and record["score"]["split"] == "validation"
    assert record["score"]["protocol"].endswith(" classes=train")
    drawn = json.loads((workspace.generator / "config.json").read_text())["histogram"]
    assert sum(drawn) == 50 and json.loads((workspace.discriminator / "config.json").read_text())["histogram"] is None


def test_nothing_is_selected_by_what_is_reported_on(workspace: Paths) -> None:
    write_splits(workspace.splits, {"train": read_split(workspace.splits, "train")})
    with pytest.raises(UserError, match=r"^params\.yaml: train\.keep: best .* validation split, which has 0 ex"):
        stage.run(workspace, load_params(workspace.params))


def test_a_training_that_ended_early_is_a_result_of_so_many_images(
    workspace: Paths, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = WatchdogEvent(images=160, kind="patience", detail="training_fcd was lowest")
    monkeypatch.setattr(loop, "no_better", lambda scores, patience: told)
    stage.run(workspace, load_params(workspace.params))
    record = read_train_run(workspace.train_run)
    assert (record.images, record.kept.images, record.events) == (160, 160, [told])
    assert read_history(workspace.history)[-1]["images"] == 160
    assert not any(workspace.checkpoints.glob("*/*.safetensors"))  # nothing is left to go on from
    client = MlflowClient(f"sqlite:///{workspace.mlflow_store}")
    run = client.get_run(str(record.run_id))
    assert run.data.tags["watchdog.patience"] == "at 160 images: training_fcd was lowest"
    assert run.info.status == "FINISHED"


def test_measuring_can_be_left_out_and_needs_no_classifier_then(workspace: Paths) -> None:
    text = workspace.params.read_text().replace("evaluate_every: 160", "evaluate_every: null")
    workspace.params.write_text(text.replace("keep: best", "keep: last"))
    for path in workspace.classifier.iterdir():
        path.unlink()
    stage.run(workspace, load_params(workspace.params))
    assert workspace.scores.read_text() == "images,training_score\n"
    record = json.loads(workspace.train_run.read_text())
    assert (record["kept"], record["score"]) == ({"images": 480, "score": None}, None)


def test_without_the_classifier_nothing_is_begun(workspace: Paths) -> None:
    (workspace.classifier / "weights.safetensors").unlink()
    workspace.mlflow_store.unlink()
    with pytest.raises(UserError, match=r"weights\.safetensors: not found; run `dvc repro classifier`"):
        stage.run(workspace, load_params(workspace.params))
    assert not workspace.checkpoints.exists() and not workspace.mlflow_store.exists()


def test_checkpoints_of_another_classifier_are_of_another_training(workspace: Paths) -> None:
    params, (config, _) = load_params(workspace.params), new_generator("dcgan")

    def name(classifier: str | None) -> str:
        return fingerprint(config, game_params(params), params.train, "0" * 64, FP32, classifier)

    names = set()
    for seed in (0, 1, 0):
        write_classifier(workspace, seed)
        scorer = FeatureScorer(load_classifier(workspace.classifier, CPU), selection_of(PICTURES), config, FP32, seed=0)
        names.add(name(scorer.network.sha256))
    assert len(names) == 2 and name(None) not in names
