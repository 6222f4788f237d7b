"""The stages `download` and `split`, on real digits and on a user's folder."""

import hashlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from dataset_cases import data_params
from mnist_files import write_layout
from PIL import Image

from nashgan.data.splitting import group_equal, in_both, official_split
from nashgan.params import Params, parse_params
from nashgan.records import raw
from nashgan.records.paths import Paths
from nashgan.records.splits import read_manifest, read_split, read_unseen
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.stages import download, split

DEFAULTS = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())


def params(name: str = "folder", validation: float = 0.25, test: float = 0.25, **data: Any) -> Params:
    section = data_params(name, **data).model_dump()
    division = DEFAULTS["split"] | {"validation": validation, "test": test}
    model, train = DEFAULTS["model"] | {"name": "mlp"}, DEFAULTS["train"] | {"batch": 2}  # for a few tiny pictures
    return parse_params({**DEFAULTS, "data": section, "split": division, "model": model, "train": train})


def divided(settings: Params, **changes: Any) -> Params:
    """`settings` with other values in the section split."""
    return settings.model_copy(update={"split": settings.split.model_copy(update=changes)})


def write_pictures(root: Path, labelled: bool = True) -> None:
    """Twelve noise images, the last four of them copies of the first four, of two classes."""
    noise = np.random.default_rng(0).integers(0, 256, (8, 8, 8), dtype=np.uint8)
    for number, pixels in enumerate([*noise, *noise[:4]]):
        folder = root / "data" / "own" / ("even" if number % 2 == 0 else "odd") if labelled else root / "data" / "own"
        folder.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(folder / f"{number:02d}.png")


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_digits_become_splits(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    settings = params("mnist5k", validation=0.1, test=0.1, image_size=28)
    download.run(paths, settings)
    split.run(paths, settings)
    manifest = read_manifest(paths.splits)
    assert manifest.source["name"] == "mnist5k"
    assert manifest.examples == ImageSpace(1, 28, 28).format
    assert manifest.classes == list("0123456789")
    assert {name: part.count for name, part in manifest.splits.items()} == {
        "train": 4000, "validation": 500, "test": 500,
    }  # fmt: skip
    seen = set()
    for name, part in manifest.splits.items():
        data = read_split(paths.splits, name)
        assert data.labels is not None
        assert np.bincount(data.labels).tolist() == part.histogram == [part.count // 10] * 10
        assert part.sha256 == hashlib.sha256(data.values.tobytes() + data.labels.tobytes()).hexdigest()
        assert np.bincount(data.labels[:200], minlength=10).min() > 0  # the first n are a fair sample
        seen |= {image.tobytes() for image in data.values}
    assert len(seen) == 5000
    digests = "".join(part.sha256 for part in manifest.splits.values())
    assert manifest.digest == hashlib.sha256(digests.encode()).hexdigest()


def test_labels_stay_with_their_images(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    download.run(paths, params("mnist5k", image_size=28))
    split.run(paths, params("mnist5k", image_size=28))
    data = raw.read_raw(paths.raw)
    assert data.labels is not None
    label_of = {image.tobytes(): label for image, label in zip(data.values, data.labels, strict=True)}
    test = read_split(paths.splits, "test")
    assert test.labels is not None
    assert [label_of[image.tobytes()] for image in test.values] == test.labels.tolist()


def test_a_second_run_writes_the_same_bytes(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    paths = Paths(tmp_path)
    written = []
    for _ in range(2):
        download.run(paths, params())
        split.run(paths, params())
        written.append((content(paths.raw), content(paths.splits)))
    assert written[0] == written[1]
    assert str(tmp_path).encode() not in b"".join(written[0][0].values())


def test_the_manifest_does_not_depend_on_the_place(tmp_path: Path) -> None:
    manifests = []
    for name in ("here", "there"):
        write_pictures(tmp_path / name)
        download.run(Paths(tmp_path / name), params())
        manifests.append((tmp_path / name / "data" / "raw" / "manifest.json").read_text())
    assert manifests[0] == manifests[1]


def test_duplicates_are_counted_and_kept_together(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    paths = Paths(tmp_path)
    download.run(paths, params())
    split.run(paths, params())
    manifest = read_manifest(paths.splits)
    assert manifest.duplicates == 4
    sets = [{image.tobytes() for image in read_split(paths.splits, name).values} for name in manifest.splits]
    assert len(sets) == 3
    assert sum(map(len, sets)) == len(set.union(*sets)) == 8
    assert sum(part.count for part in manifest.splits.values()) == 12


def test_small_chunks_change_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_pictures(tmp_path)
    paths = Paths(tmp_path)
    download.run(paths, params())
    split.run(paths, params())
    whole = content(paths.splits)
    monkeypatch.setattr(split, "_CHUNK_BYTES", 100)
    split.run(paths, params())
    assert content(paths.splits) == whole


def test_unlabelled_data_leaves_no_old_labels(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    paths = Paths(tmp_path)
    download.run(paths, params())
    split.run(paths, params())
    settings = params(path="data/own/even", test=0)
    download.run(paths, settings)
    split.run(paths, settings)
    names = ["manifest.json", "train.examples.npy", "validation.examples.npy"]
    assert sorted(content(paths.splits)) == names
    manifest = read_manifest(paths.splits)
    assert manifest.classes is None
    assert set(manifest.splits) == {"train", "validation"}
    assert manifest.splits["train"].histogram is None
    assert read_split(paths.splits, "train").labels is None


def test_unreadable_files_are_refused_and_nothing_changes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_pictures(tmp_path)
    paths = Paths(tmp_path)
    download.run(paths, params())
    before = content(paths.raw)
    for number in range(5):
        (tmp_path / "data" / "own" / "odd" / f"bad{number}.png").write_bytes(b"bad")
    with pytest.raises(UserError) as caught:
        download.run(paths, params(max_unreadable=4))
    assert str(caught.value) == (
        "folder: 5 of 17 image files cannot be read (odd/bad0.png: not an image of a known format; "
        "odd/bad1.png: not an image of a known format; odd/bad2.png: not an image of a known format; and 2 more); "
        "repair or remove them, or raise data.max_unreadable (now 4)"
    )
    assert content(paths.raw) == before
    capsys.readouterr()
    download.run(paths, params(max_unreadable=5))
    warnings = [line for line in capsys.readouterr().err.splitlines() if line.startswith("warning")]
    assert warnings == [
        "warning: download: folder: 5 of 17 image files cannot be read and are left out (odd/bad0.png: not an image of "
        "a known format; odd/bad1.png: not an image of a known format; odd/bad2.png: not an image of a known format; "
        "and 2 more)"
    ]
    manifest, data = raw.read_manifest(paths.raw), raw.read_raw(paths.raw)
    assert (manifest.count, len(manifest.unreadable)) == (12, 5)
    assert data.labels is not None
    assert data.labels.tolist() == [0] * 6 + [1] * 6
    split.run(paths, params())
    assert read_manifest(paths.splits).unreadable == manifest.unreadable


def test_nothing_but_unreadable_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data" / "own").mkdir(parents=True)
    (tmp_path / "data" / "own" / "bad.png").write_bytes(b"bad")
    with pytest.raises(UserError, match="not one of 1 image files can be read"):
        download.run(Paths(tmp_path), params(max_unreadable=9))


def test_an_empty_split_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    write_pictures(tmp_path)
    paths = Paths(tmp_path)
    download.run(paths, params())
    split.run(paths, params())
    before = content(paths.splits)
    with pytest.raises(UserError, match="leaves validation empty"):
        split.run(paths, params(validation=0.01))
    assert content(paths.splits) == before


def test_split_without_download_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="run `dvc repro download`"):
        split.run(Paths(tmp_path), params())


def test_a_class_can_be_left_out_of_all_splits(tmp_path: Path) -> None:
    paths, settings = Paths(tmp_path), params("mnist5k", validation=0.1, test=0.1, image_size=28)
    download.run(paths, settings)
    split.run(paths, divided(settings, without_classes=[7]))
    manifest, unseen = read_manifest(paths.splits), read_unseen(paths.splits)
    assert {name: part.count for name, part in manifest.splits.items()} == {
        "train": 3600, "validation": 450, "test": 450, "unseen": 500,
    }  # fmt: skip
    assert manifest.held_out == "test" and unseen is not None and unseen.labels is not None
    assert set(unseen.labels.tolist()) == {7}
    assert all((part.histogram or [])[7] == 0 for name, part in manifest.splits.items() if name != "unseen")
    split.run(paths, settings)  # what is left out no longer is
    assert read_unseen(paths.splits) is None and not list(paths.splits.glob("unseen*"))


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"without_classes": [2]}, "there is no class 2; the indices go from 0 to 1"),
        ({"without_classes": [1]}, "leaves 1 of 2 classes"),
        ({"kind": "official"}, "data/raw: does not say which images are the published test set; run `dvc repro"),
    ],
)
def test_what_cannot_be_left_out_or_taken_is_refused(tmp_path: Path, changes: dict[str, Any], told: str) -> None:
    write_pictures(tmp_path)
    paths, settings = Paths(tmp_path), params(channels=1, image_size=8)
    download.run(paths, settings)
    with pytest.raises(UserError, match=told):
        split.run(paths, divided(settings, **changes))


def test_without_labels_no_class_can_be_left_out(tmp_path: Path) -> None:
    write_pictures(tmp_path, labelled=False)
    paths, settings = Paths(tmp_path), params(channels=1, image_size=8)
    download.run(paths, settings)
    with pytest.raises(UserError, match="has no labels"):
        split.run(paths, divided(settings, without_classes=[0]))


def test_the_published_test_set_is_the_test_split_and_what_equals_it_elsewhere_is_named() -> None:
    digests = np.array([[5, 0], [1, 0], [2, 0], [3, 0], [4, 0], [6, 0], [7, 0], [1, 0]], dtype=np.uint64)
    groups = group_equal(digests)
    assignment = official_split(groups, None, test=2, validation=0.5)
    assert assignment[[6, 7]].tolist() == [2, 2]
    assert sorted(assignment[:6].tolist()) == [0, 0, 0, 1, 1, 1]
    assert in_both(groups, assignment) == [(1, 7)]


@pytest.mark.parametrize("kind", ["auto", "random"])
def test_mnist_is_split_as_it_was_published(tmp_path: Path, kind: str) -> None:
    digits = write_layout(tmp_path / "datasets", "MNIST", packed=False)
    section = DEFAULTS["data"] | {"name": "mnist", "root": "datasets", "image_size": 28}
    division, train = DEFAULTS["split"] | {"kind": kind, "test": 0.2}, DEFAULTS["train"] | {"batch": 2}
    settings = parse_params({**DEFAULTS, "data": section, "split": division, "train": train})
    paths = Paths(tmp_path)
    download.run(paths, settings)
    split.run(paths, settings)
    manifest, test = read_manifest(paths.splits), read_split(paths.splits, "test")
    assert test.labels is not None
    if kind == "random":
        assert (manifest.kind, len(test)) == ("random", 2)
        return
    assert (manifest.kind, manifest.in_both) == ("official", [])
    assert sorted(test.labels.tolist()) == [6, 7, 8, 9]
    assert all((test.values[row, 0] == digits[label]).all() for row, label in enumerate(test.labels))
    assert manifest.splits["train"].count + manifest.splits["validation"].count == 6
