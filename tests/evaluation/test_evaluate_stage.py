"""The stages classifier, reference and evaluate on real digits, in a small workspace."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml

from nashgan.data.store import Images, write_array, write_images, write_manifest
from nashgan.errors import UserError
from nashgan.evaluation.reference import draw_sets
from nashgan.params import Params, parse_params
from nashgan.paths import Paths
from nashgan.stages import classifier, evaluate, reference

COUNT = 12
DEFAULTS = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8"))


def params(**sections: dict[str, int]) -> Params:
    changed: dict[str, dict[str, int]] = {"classifier": {"images": 640}, "reference": {"images": COUNT}, **sections}
    return parse_params({name: {**values, **changed.get(name, {})} for name, values in DEFAULTS.items()})


@pytest.fixture(scope="module")
def prepared(digits: Images, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A workspace with a classifier and a reference; the samples are other real digits."""
    assert digits.labels is not None
    paths = Paths(tmp_path_factory.mktemp("workspace"))
    for name, part in (("train", slice(0, 64)), ("validation", slice(64, 96))):
        write_images(paths.splits, name, Images(digits.images[part], digits.labels[part]))
    write_manifest(paths.splits, {"classes": [str(digit) for digit in range(10)]})
    write_images(paths.samples, "samples", Images(digits.images[100 : 100 + COUNT]))
    classifier.run(paths, params())
    reference.run(paths, params())
    return paths


@pytest.fixture
def workspace(prepared: Paths, tmp_path: Path) -> Paths:
    """A copy to break."""
    shutil.copytree(prepared.root, tmp_path / "copy")
    return Paths(tmp_path / "copy")


def test_metrics_name_their_floor_and_protocol(prepared: Paths) -> None:
    result = json.loads(json.dumps(evaluate.measure(prepared, params()), allow_nan=False))
    assert result.keys() == {"fid", "fcd"}
    for metric in result.values():
        assert metric.keys() == {"value", "floor", "samples", "protocol", "versions"}
        assert metric["samples"] == COUNT
        assert 0.2 < metric["value"] / metric["floor"] < 5  # both are real digits
        assert "torch " in metric["versions"]
    manifest = json.loads((prepared.reference / "manifest.json").read_text())
    assert result["fid"]["protocol"] == manifest["protocols"]["inception"]
    for part in ("inception:5b79bf1b", "resizer=bilinear-299", f"n={COUNT}", "real=train:"):
        assert part in result["fid"]["protocol"]
    assert result["fcd"]["protocol"].startswith("classifier:")


def test_samples_of_the_reference_itself_are_at_zero(workspace: Paths) -> None:
    images = np.load(workspace.splits / "train.images.npy")
    write_array(workspace.samples / "samples.images.npy", images[draw_sets(COUNT, len(images), "train")[0]])
    result = evaluate.measure(workspace, params())
    assert all(0 <= metric["value"] < 1e-8 for metric in result.values())


def test_sets_are_disjoint_and_repeatable() -> None:
    real, floor = draw_sets(30, 61, "train")
    assert len(set(real) | set(floor)) == 60
    assert all((a == b).all() for a, b in zip(draw_sets(30, 61, "train"), (real, floor), strict=True))


def test_a_small_split_is_halved_and_too_small_a_one_refused() -> None:
    real, floor = draw_sets(40, 65, "train")
    assert len(real) == len(floor) == len(set(real) | set(floor)) / 2 == 32
    with pytest.raises(UserError, match=r"reference\.split: test has 3 images, two sets of two need 4"):
        draw_sets(40, 3, "test")


def test_fewer_samples_are_compared_with_as_many_real_images(workspace: Paths) -> None:
    images = np.load(workspace.splits / "train.images.npy")
    write_array(workspace.samples / "samples.images.npy", images[draw_sets(COUNT, len(images), "train")[0][:7]])
    for metric in evaluate.measure(workspace, params()).values():
        assert metric["samples"] == 7
        assert metric["value"] < 1e-8
        assert " n=7 " in metric["protocol"]


def other_shape(paths: Paths) -> None:
    write_array(paths.samples / "samples.images.npy", np.zeros((COUNT, 3, 32, 32), np.uint8))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda p: (p.samples / "samples.images.npy").unlink(),
            "samples.images.npy: not found; run `dvc repro generate`",
        ),
        (lambda p: truncated(p.samples / "samples.images.npy"), "samples.images.npy: not an array file"),
        (other_shape, r"trained on images of \(1, 32, 32\), these are \(3, 32, 32\)"),
        (lambda p: (p.reference / "inception.safetensors").unlink(), "inception.safetensors: not found"),
        (lambda p: truncated(p.reference / "inception.safetensors"), "inception.safetensors: not a safetensors file"),
        (
            lambda p: (p.reference / "classifier.safetensors").replace(p.reference / "inception.safetensors"),
            "classifier.safetensors: not found",
        ),
        (
            lambda p: shutil.copy(p.reference / "classifier.safetensors", p.reference / "inception.safetensors"),
            "inception.safetensors: features of another inception network",
        ),
        (
            lambda p: shutil.copy(p.classifier / "weights.safetensors", p.reference / "classifier.safetensors"),
            "classifier.safetensors: not features of real images of format 1",
        ),
    ],
)
def test_what_is_missing_or_broken_is_one_line(
    workspace: Paths, change: Callable[[Paths], object], message: str
) -> None:
    change(workspace)
    with pytest.raises(UserError, match=message) as error:
        evaluate.measure(workspace, params())
    assert "\n" not in str(error.value)


def test_a_classifier_trained_anew_needs_a_new_reference(workspace: Paths) -> None:
    classifier.run(workspace, params(classifier={"images": 128}))
    with pytest.raises(
        UserError, match="features of another classifier network than the one in use; run `dvc repro ref"
    ):
        evaluate.measure(workspace, params())


def test_images_without_labels_are_turned(workspace: Paths) -> None:
    for name in ("train", "validation"):
        (workspace.splits / f"{name}.labels.npy").unlink()
    write_manifest(workspace.splits, {"classes": None})
    classifier.run(workspace, params())
    config = json.loads((workspace.classifier / "config.json").read_text())
    assert (config["task"], config["classes"]) == ("rotation", ["0", "90", "180", "270"])
