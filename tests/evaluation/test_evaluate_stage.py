"""The stages classifier, reference and evaluate on real digits, in a small workspace."""

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import yaml
from metric_files import as_written
from PIL import Image
from record_files import CPU, write_samples, write_splits
from small_transformers import small_clip, small_dinov2
from workspaces import use_quick_inception

from nashgan.evaluation.sample_metrics import SampleMetrics
from nashgan.evaluation.view import View
from nashgan.features import clip, dinov2
from nashgan.features.classifier import load_classifier
from nashgan.features.network import load_networks
from nashgan.features.reference import compute_reference, draw_real_and_floor, draw_sets
from nashgan.metrics.cmmd import cmmd
from nashgan.metrics.frechet import frechet_distance, normalised_frechet_distance
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.generator import load_generator, save_generator
from nashgan.params import Params, parse_params
from nashgan.records.arrays import write_array
from nashgan.records.evaluation import Metric, Pair
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.reference import read_reference, write_reference_labels
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256, write_json
from nashgan.spaces.grid import save_png
from nashgan.spaces.image import ImageSpace
from nashgan.stages import classifier, evaluate, reference

COUNT = 12
HIGHER = {"precision", "recall", "density", "coverage", "score"}
MEMORISATION = ("memorisation", "memorisation_inception", "memorisation_pixels")
UNLABELLED = {
    *("fid", "fcd", "kid", "kcd", "class_kl", "classifier_score", *MEMORISATION),
    *(f"{prefix}{name}" for prefix in ("", "classifier_") for name in ("precision", "recall", "density", "coverage")),
}
DEFAULTS = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text(encoding="utf-8"))


METRIC = Metric(value=0.5, protocol="p", samples=COUNT)


def params(**sections: dict[str, int | str]) -> Params:
    changed: dict[str, dict[str, int | str]] = {
        "classifier": {"images": 640},
        "reference": {"images": COUNT},
        **sections,
    }
    return parse_params({name: {**values, **changed.get(name, {})} for name, values in DEFAULTS.items()})


@pytest.fixture(scope="module", autouse=True)
def _quick_inception() -> Iterator[None]:
    """Replace Inception by a quick network; tests/pipeline runs Inception itself."""
    with pytest.MonkeyPatch.context() as patch:
        use_quick_inception(patch, rows=32)
        yield


@pytest.fixture(scope="module")
def prepared(digits: Examples, tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A workspace with a classifier and a reference; the samples are other real digits."""
    paths = Paths(tmp_path_factory.mktemp("workspace"))
    train, validation = digits_of(digits, 0, 64), digits_of(digits, 64, 32)
    write_splits(paths.splits, {"train": train, "validation": validation}, digest="0123456789abcdef")
    write_samples(paths.samples, Examples(digits.values[100 : 100 + COUNT]), seed=5)
    classifier.run(paths, params())
    reference.run(paths, params())
    return paths


def digits_of(digits: Examples, start: int, count: int) -> Examples:
    """`count` digits from `start` on, with labels."""
    assert digits.labels is not None
    return Examples(digits.values[start : start + count], digits.labels[start : start + count])


@pytest.fixture
def workspace(prepared: Paths, tmp_path: Path) -> Paths:
    """A copy to break."""
    shutil.copytree(prepared.root, tmp_path / "copy")
    return Paths(tmp_path / "copy")


def test_metrics_name_their_floor_and_protocol(prepared: Paths) -> None:
    result = as_written(evaluate.measure(prepared, params()).metrics)
    assert list(result)[:2] == ["fid", "fcd"]
    assert result.keys() == UNLABELLED
    for name, metric in result.items():
        assert metric.keys() >= {"value", "floor", "samples", "protocol", "versions", "interval"}
        assert metric["samples"] == COUNT
        assert metric["interval"][0] <= metric["value"] <= metric["interval"][1]
        assert metric.get("higher_is_better", False) == (name.removeprefix("classifier_") in HIGHER)
        assert "torch " in metric["versions"]
    for name in ("fid", "fcd"):
        assert 0.2 < result[name]["value"] / result[name]["floor"] < 5  # both are real digits
    for part in ("inception:00000000", "resizer=none", f"n={COUNT}", "real=train:"):
        assert part in result["fid"]["protocol"]
    assert result["fcd"]["protocol"].startswith("classifier:")


def test_the_floor_is_measured_with_held_out_images_too(prepared: Paths, digits: Examples) -> None:
    result = as_written(evaluate.measure(prepared, params()).metrics)
    network = load_classifier(prepared.classifier, CPU).network
    known, unseen = read_reference(prepared.reference, network), network.features(digits.values[64 : 64 + COUNT])
    found = result["fcd"]["held_out_floor"]
    assert found["samples"] == COUNT
    assert found["protocol"] == f"{known.protocol(COUNT)} splits:01234567"
    assert found["value"] == pytest.approx(normalised_frechet_distance(known.real, unseen), rel=1e-6)
    assert found["floor"] == pytest.approx(result["fcd"]["floor"], rel=1e-9)  # as many as there are samples
    assert found["interval"][0] <= found["value"] <= found["interval"][1]
    of_features = {name for name in UNLABELLED if name not in (*MEMORISATION, "class_kl", "classifier_score")}
    assert {name for name, metric in result.items() if "held_out_floor" in metric} == of_features


def test_networks_with_a_users_weights_are_measured_too(workspace: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    weights = {name: f"{name}.safetensors" for name in ("dinov2", "clip")}
    for module, small in ((dinov2, small_dinov2), (clip, small_clip)):
        kind, _ = small(workspace.root / weights[module.NETWORK.name])
        monkeypatch.setattr(module, "NETWORK", kind)
    changed = params(evaluate={f"{name}_weights": path for name, path in weights.items()})
    reference.run(workspace, changed)
    metrics = evaluate.measure(workspace, changed).metrics
    assert list(metrics)[:4] == ["fid", "fcd", "fd_dinov2", "cmmd"]
    of_dinov2 = {f"dinov2_{name}" for name in ("precision", "recall", "density", "coverage")}
    assert metrics.keys() == UNLABELLED | {"fd_dinov2", "kd_dinov2", "memorisation_dinov2", "cmmd"} | of_dinov2
    samples = np.load(workspace.samples / "samples.examples.npy")
    for network, metric in zip(load_networks(workspace.root, weights, CPU), ("fd_dinov2", "cmmd"), strict=True):
        found, known = metrics[metric], read_reference(workspace.reference, network)
        distance = frechet_distance if metric == "fd_dinov2" else lambda real, fake: cmmd(real, fake).value
        assert found.value == pytest.approx(distance(known.real, network.features(samples)), rel=1e-3)
        assert found.floor == pytest.approx(distance(known.real, known.floor), rel=1e-3)
        assert found.held_out_floor is not None and found.held_out_floor.samples == COUNT
        digest = sha256(workspace.root / weights[network.name])
        line = f"{network.name}:{digest[:8]} resizer={network.resizer} n={COUNT} real=train:"
        assert found.protocol.startswith(line)
    assert metrics["cmmd"].protocol.endswith(" kernel=gauss sigma=10")


def test_held_out_images_that_may_be_the_reference_itself_are_no_floor(workspace: Paths) -> None:
    reference.run(workspace, params(reference={"images": COUNT, "split": "validation"}))
    result = as_written(evaluate.measure(workspace, params()).metrics)
    assert not any("held_out_floor" in metric for metric in result.values())


def test_samples_of_the_reference_itself_are_at_zero(workspace: Paths) -> None:
    images = np.load(workspace.splits / "train.examples.npy")
    write_array(workspace.samples / "samples.examples.npy", images[draw_sets(COUNT, len(images), "train")[0]])
    result = as_written(evaluate.measure(workspace, params()).metrics)
    assert all(0 <= result[name]["value"] < 1e-8 for name in ("fid", "fcd", "class_kl"))
    assert all(result[name]["value"] == 1 for name in ("precision", "recall", "coverage", "classifier_coverage"))
    assert result["kid"]["value"] < result["kid"]["floor"]
    for name in MEMORISATION:  # the reference is of the training split
        assert result[name]["value"] == 1
        assert result[name]["p_value"] < 1e-4
        assert result[name]["closer_than_all_held_out"] == COUNT


def test_sets_are_disjoint_and_repeatable() -> None:
    real, floor = draw_sets(30, 61, "train")
    assert len(set(real) | set(floor)) == 60
    assert all((a == b).all() for a, b in zip(draw_sets(30, 61, "train"), (real, floor), strict=True))


def test_a_small_split_is_halved_and_too_small_a_one_refused() -> None:
    real, floor = draw_sets(40, 65, "train")
    assert len(real) == len(floor) == len(set(real) | set(floor)) / 2 == 32
    with pytest.raises(UserError, match=r"reference\.split: test has 3 images, two sets of two need 4"):
        draw_sets(40, 3, "test")


def examples(count: int, labelled: bool = True) -> Examples:
    return Examples(np.arange(3 * count).reshape(count, 3), np.arange(count) if labelled else None)


def test_beside_held_out_examples_the_floor_is_of_the_training_split() -> None:
    train, held_out = examples(50), Examples(examples(30).values + 1000, np.arange(30) + 100)
    real, floor = draw_real_and_floor(20, train, held_out, "test")
    assert len(real) == len(floor) == len(np.unique(real.values, axis=0)) == len(np.unique(floor.values, axis=0)) == 20
    assert real.values.min() >= 1000 > floor.values.max()
    assert real.labels is not None and floor.labels is not None
    assert np.array_equal(real.values[:, 0] - 1000, 3 * (real.labels - 100))  # the labels of these very examples
    assert np.array_equal(floor.values[:, 0], 3 * floor.labels)
    again = draw_real_and_floor(20, train, held_out, "test")
    assert np.array_equal(again[0].values, real.values) and np.array_equal(again[1].values, floor.values)
    whole, as_many = draw_real_and_floor(10**6, train, held_out, "validation")
    assert np.array_equal(whole.values, held_out.values) and len(as_many) == 30
    few, also_few = draw_real_and_floor(10**6, examples(7, labelled=False), held_out, "test")
    assert len(few) == len(also_few) == 7 and also_few.labels is None


def test_beside_training_examples_the_floor_is_of_others() -> None:
    train = examples(61)
    real, floor = draw_real_and_floor(30, train, train, "train")
    for found, index in zip((real, floor), draw_sets(30, 61, "train"), strict=True):
        assert found.labels is not None
        assert np.array_equal(found.values, train.values[index]) and np.array_equal(found.labels, index)


def test_a_whole_split_is_the_reference_and_the_floor_has_what_is_left() -> None:
    train, held_out = examples(50), examples(30)
    real, floor = draw_real_and_floor(None, train, train, "train")
    assert len(real) == 50 and len(floor) == 0
    real, floor = draw_real_and_floor(None, train, held_out, "test")
    assert len(real) == len(floor) == 30
    assert [len(part) for part in draw_real_and_floor(None, held_out, train, "test")] == [50, 30]


def test_all_samples_are_compared_with_a_whole_split(workspace: Paths) -> None:
    """Where this is the training split, no images are left for a floor; held-out ones are compared as they are."""
    write_samples(workspace.samples, digits_of_samples(workspace, 2 * COUNT))
    reference.run(workspace, params(reference={"images": "all"}))
    result = evaluate.measure(workspace, params(reference={"images": "all"})).metrics
    fcd = result["fcd"]
    assert " n=24 real=train-64:" in fcd.protocol and fcd.samples == 24 and fcd.floor is None
    assert fcd.held_out_floor is not None and fcd.held_out_floor.samples == 24 and fcd.held_out_floor.floor is None
    assert {"class_accuracy", "class_kl", "precision", "memorisation"} <= result.keys()
    reference.run(workspace, params(reference={"images": "all", "split": "validation"}))
    write_samples(workspace.samples, digits_of_samples(workspace, 40))
    fcd = evaluate.measure(workspace, params()).metrics["fcd"]
    assert " n=40 real=validation-32:" in fcd.protocol and fcd.floor_samples == 32 and not fcd.like_real


def digits_of_samples(workspace: Paths, count: int) -> Examples:
    data = np.load(workspace.splits / "train.examples.npy"), np.load(workspace.splits / "train.labels.npy")
    return Examples(data[0][:count], data[1][:count])


def test_a_protocol_needs_its_numbers(workspace: Paths) -> None:
    settings = params(data={"name": "mnist"}, reference={"protocol": "10k-test"})
    assert (settings.generate.samples, settings.reference.split, settings.reference.images) == (10_000, "test", None)
    write_splits(workspace.splits, {name: digits_of_samples(workspace, 8) for name in ("train", "test")})
    with pytest.raises(UserError, match=r"10k-test compares with 10,000 test images, mnist5k has 8; set null$"):
        reference.run(workspace, settings)


def test_a_single_held_out_example_is_refused() -> None:
    with pytest.raises(UserError, match=r"reference\.split: test has 1 examples, train has 50; 2 are needed"):
        draw_real_and_floor(20, examples(50), examples(1), "test")


def test_fewer_samples_are_compared_with_as_many_real_images(workspace: Paths) -> None:
    images = np.load(workspace.splits / "train.examples.npy")
    write_samples(workspace.samples, Examples(images[draw_sets(COUNT, len(images), "train")[0][:7]]))
    result = as_written(evaluate.measure(workspace, params()).metrics)
    assert all(metric["samples"] == 7 and " n=7 " in metric["protocol"] for metric in result.values())
    assert all(result[name]["value"] < 1e-8 for name in ("fid", "fcd"))


def test_few_samples_have_the_metrics_that_so_many_allow(workspace: Paths) -> None:
    write_samples(workspace.samples, Examples(np.load(workspace.splits / "train.examples.npy")[:2]))
    result = as_written(evaluate.measure(workspace, params()).metrics)
    assert {"fid", "fcd", "class_kl", "memorisation"} <= result.keys()
    assert not {"kid", "precision", "density"} & result.keys()


def test_samples_with_labels_are_judged(workspace: Paths, digits: Examples) -> None:
    write_samples(workspace.samples, digits_of(digits, 100, COUNT), seed=5)
    result = as_written(evaluate.measure(workspace, params()).metrics)
    assert result.keys() == UNLABELLED | {"class_accuracy"}  # there are too few for a distance by class
    assert result["class_accuracy"]["higher_is_better"]


@pytest.mark.parametrize("right", [True, False])
def test_a_wrong_class_shows_in_accuracy_and_in_the_distance_by_class(
    workspace: Paths, digits: Examples, right: bool
) -> None:
    classifier.run(workspace, params(classifier={"images": 3200}))
    loaded = load_classifier(workspace.classifier, CPU)
    parts = [digits_of(digits, start, 200) for start in (100, 300, 500)]
    compared = compute_reference(loaded.network, parts[0].values, parts[1].values, "train")
    write_reference_labels(workspace.reference, parts[0].labels, parts[1].labels)
    assert parts[2].labels is not None
    asked = parts[2].labels if right else (parts[2].labels + 1) % 10
    view = View(loaded.network, compared, parts[2].values)
    entries = as_written(SampleMetrics(workspace, loaded, view, asked).classes())
    accuracy, distance = entries["class_accuracy"], entries["fcd_per_class"]
    assert (accuracy["value"] > 0.6) == right and accuracy["floor"] > 0.6
    assert (distance["value"] < 1.5 * distance["floor"]) == right
    assert list(distance["classes"]) == [str(digit) for digit in range(10)]
    assert distance["value"] == pytest.approx(np.mean(list(distance["classes"].values())))
    assert "higher_is_better" not in distance


def save_players(paths: Paths, raw_like_averaged: bool = False) -> None:
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 32, 32).format, latent=4, width=4)
    averaged, raw = build_generator(config), build_generator(config)
    save_generator(paths.generator, config, averaged, averaged if raw_like_averaged else raw)
    save_weights(paths.discriminator / "weights.safetensors", build_discriminator(config))
    save_config(paths.discriminator, config)


@pytest.mark.parametrize("again", [False, True])
def test_the_players_are_measured_too(workspace: Paths, again: bool) -> None:
    save_players(workspace)
    averaged = load_generator(workspace.generator)
    beyond = {"value": 0.25, "interval": [0.2, 0.3]}
    write_samples(workspace.samples, Examples(averaged.sample(5, COUNT)), seed=5, out_of_range=beyond)
    changed = params(evaluate={"seeds": 2, "inception_again": again})
    result = as_written(evaluate.measure(workspace, changed).metrics)
    assert result.keys() == UNLABELLED | {"critic_gap", "out_of_range"}
    network = load_classifier(workspace.classifier, CPU).network
    reference = read_reference(workspace.reference, network)
    raw = load_generator(workspace.generator, "raw")
    for value, generator, seed in (
        (result["fcd"]["value"], averaged, 5),
        (result["fcd"]["other_seeds"][0], averaged, 6),
        (result["fcd"]["other_seeds"][1], averaged, 7),
        (result["fcd"]["raw"]["value"], raw, 5),
    ):
        expected = normalised_frechet_distance(reference.real, network.features(generator.sample(seed, COUNT)))
        assert value == pytest.approx(expected, rel=1e-9)
    by_classifier = {"fcd", "kcd", "class_kl", "classifier_score"} | {n for n in UNLABELLED if n.startswith("classif")}
    by_inception = {"fid", "kid", "precision", "recall", "density", "coverage"}
    for name, metric in result.items():
        repeated = name in by_classifier or (again and name in by_inception)
        assert ("raw" in metric) == ("other_seeds" in metric) == repeated
        if repeated:
            low, high = metric["raw"]["interval"]
            assert len(metric["other_seeds"]) == 2 and low <= metric["raw"]["value"] <= high
    assert result["out_of_range"].items() >= (beyond | {"floor": 0}).items()
    assert result["critic_gap"]["protocol"] == "critic n=32 splits:01234567 classes=train"


def test_a_generator_without_average_or_discriminator(workspace: Paths) -> None:
    save_players(workspace, raw_like_averaged=True)
    save_config(workspace.discriminator, load_generator(workspace.generator).config.model_copy(update={"name": "vae"}))
    result = as_written(evaluate.measure(workspace, params(evaluate={"seeds": 0})).metrics)
    assert result.keys() == UNLABELLED
    assert "other_seeds" not in result["fcd"]


def test_without_held_out_images_there_is_no_test_of_memory(
    workspace: Paths, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = json.loads((workspace.splits / "manifest.json").read_text())
    write_json(workspace.splits / "manifest.json", manifest | {"splits": {"train": manifest["splits"]["train"]}})
    for name in ("examples", "labels"):
        (workspace.splits / f"validation.{name}.npy").unlink()
    capsys.readouterr()
    classifier.run(workspace, params())
    assert "no validation images to stop by: all 640 images of the budget are used" in capsys.readouterr().err
    assert json.loads((workspace.classifier / "config.json").read_text())["accuracy"] is None
    result = as_written(evaluate.measure(workspace, params()).metrics)
    assert not result.keys() & set(MEMORISATION)


def test_the_closest_pairs_are_drawn(workspace: Paths) -> None:
    save_png(workspace.nearest / "stale.png", Image.new("L", (1, 1)))
    pairs = [Pair(sample=3, train=5, distance=0.1), Pair(sample=0, train=5, distance=0.2)]
    with_pairs = METRIC.model_copy(update={"pairs": pairs})
    evaluate.write_nearest(workspace, {"fid": METRIC, "memorisation": with_pairs})
    assert [path.name for path in workspace.nearest.iterdir()] == ["memorisation.png"]
    with Image.open(workspace.nearest / "memorisation.png") as image:
        drawn = np.asarray(image)
    samples = np.load(workspace.samples / "samples.examples.npy")[:, 0]
    train = np.load(workspace.splits / "train.examples.npy")[:, 0]
    assert drawn.shape == (65, 65)
    for (top, left), expected in (
        ((0, 0), samples[3]),
        ((0, 33), samples[0]),
        ((33, 0), train[5]),
        ((33, 33), train[5]),
    ):
        np.testing.assert_array_equal(drawn[top : top + 32, left : left + 32], expected)


def test_without_pairs_the_folder_is_empty(workspace: Paths) -> None:
    evaluate.write_nearest(workspace, {"fid": METRIC})
    assert not list(workspace.nearest.iterdir())  # but there, for DVC


def test_order_of_samples_does_not_matter(workspace: Paths) -> None:
    path = workspace.samples / "samples.examples.npy"
    first = as_written(evaluate.measure(workspace, params()).metrics)
    write_array(path, np.load(path)[::-1])
    turned = as_written(evaluate.measure(workspace, params()).metrics)
    for name in first:
        assert turned[name]["value"] == pytest.approx(first[name]["value"], rel=1e-6, abs=1e-6)
        assert turned[name]["interval"] == pytest.approx(first[name]["interval"], rel=1e-6, abs=1e-6)


def other_shape(paths: Paths) -> None:
    write_samples(paths.samples, Examples(np.zeros((COUNT, 3, 32, 32), np.uint8)))


def one_label_short(paths: Paths) -> None:
    values = np.load(paths.samples / "samples.examples.npy")
    write_samples(paths.samples, Examples(values, np.zeros(COUNT, np.int64)))
    write_array(paths.reference / "floor.labels.npy", np.zeros(COUNT - 1, np.int64))


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            lambda p: (p.samples / "samples.examples.npy").unlink(),
            "samples.examples.npy: not found; run `dvc repro generate`",
        ),
        (lambda p: truncated(p.samples / "samples.examples.npy"), "samples.examples.npy: not an array file"),
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
            "classifier.safetensors: not features of real images of format 3",
        ),
        (
            lambda p: (p.reference / "inception.train.npy").unlink(),
            "inception.train.npy: not found; run `dvc repro refer",
        ),
        (lambda p: truncated(p.reference / "classifier.held_out.npy"), "classifier.held_out.npy: not an array file"),
        (
            lambda p: shutil.copy(p.reference / "inception.places.npy", p.reference / "classifier.places.npy"),
            "classifier.places.npy: does not fit classifier.train.npy; run `dvc repro reference`",
        ),
        (one_label_short, r"floor.labels.npy: \d+ labels, \d+ are needed; run `dvc repro reference`"),
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
    manifest = json.loads((workspace.splits / "manifest.json").read_text())
    write_json(workspace.splits / "manifest.json", manifest | {"classes": None})
    classifier.run(workspace, params())
    config = json.loads((workspace.classifier / "config.json").read_text())
    assert (config["task"], config["classes"]) == ("rotation", ["0", "90", "180", "270"])
    reference.run(workspace, params())
    assert not list(workspace.reference.glob("*.labels.npy"))
    assert evaluate.measure(workspace, params()).metrics.keys() == UNLABELLED - {"class_kl", "classifier_score"}
