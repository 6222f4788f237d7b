"""Files that nashgan did not write, or that something spoilt, in the place of every file that a stage reads.

Each ends in one line and status 2, and nothing on disk has changed: no half of a result, nothing taken away.
"""

import io
import json
import os
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from record_files import write_samples
from workspaces import TINY, Sections, no_store_named, run_stages, use_few_digits, use_quick_inception, write_params

from nashgan.__main__ import main
from nashgan.features.network import FeatureNetwork
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.samples import read_samples

SMALL: Sections = {
    "model": TINY["model"],
    "compute": TINY["compute"],
    "train": {**TINY["train"], "images": 80, "checkpoint_every": 80},
    "classifier": {"images": 128},
    "reference": {"images": 8},
    "generate": {"samples": 8},
    "evaluate": {"seeds": 0},
}

Damage = Callable[[Path], object]
Nashgan = Callable[..., tuple[int, str]]


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paths]:
    """Every file of the pipeline, with a quick network in the place of Inception."""
    yield from _after_all_stages(write_params(tmp_path_factory.mktemp("workspace"), SMALL))


@pytest.fixture(scope="module")
def with_encoder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paths]:
    """As `paths`, with an encoder, and with samples that the discriminator has chosen."""
    changes: Sections = {"model": {"encoder": "inverse"}, "generate": {"correct": "metropolis", "steps": 2}}
    yield from _after_all_stages(write_params(tmp_path_factory.mktemp("with-encoder"), SMALL, changes))


def _after_all_stages(paths: Paths) -> Iterator[Paths]:
    with no_store_named() as patch:
        use_quick_inception(patch, rows=32)
        use_few_digits(patch)
        run_stages(paths)
        yield paths


@pytest.fixture
def nashgan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Nashgan:
    """The command line in a folder, inside this process: exit status and stderr."""

    def run(root: Path, *arguments: str) -> tuple[int, str]:
        capsys.readouterr()
        monkeypatch.chdir(root)
        monkeypatch.setattr(sys, "argv", ["nashgan", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        return int(stopped.value.code or 0), capsys.readouterr().err

    return run


def everything(root: Path) -> dict[str, tuple[int, int]]:
    """Size and time of change of each file; those of locks and of a database that was only opened do not count."""
    files = {path: path.stat() for path in root.rglob("*") if path.is_file() and path.suffix != ".lock"}
    return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in files.items()}


def refused(paths: Paths, nashgan: Nashgan, command: str, path: Path, damage: Damage) -> str:
    """Damage the file, run the command, put the file back. Returns the one line."""
    good = path.read_bytes()
    try:
        damage(path)
        before = everything(paths.root)
        status, says = nashgan(paths.root, *command.split())
        assert (status, says.count("\n")) == (2, 1), says
        assert says.startswith("error: ") and len(says) < 1200
        assert everything(paths.root) == before
    finally:
        path.write_bytes(good)
    return says


class Intruder:
    """What a pickle may do to whoever reads it."""

    def __reduce__(self) -> tuple[object, ...]:
        return (os.abort, ())


def array(change: Callable[[np.ndarray], np.ndarray]) -> Damage:
    """What is written is what `change` makes of the array."""
    return lambda path: np.save(path, change(np.load(path)), allow_pickle=True)


def archive(path: Path) -> None:
    """numpy reads a zip of arrays, whatever its name is."""
    content = io.BytesIO()
    np.savez(content, np.load(path))
    path.write_bytes(content.getvalue())


def promises(path: Path) -> None:
    """The header of an array much larger than the file."""
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (10**12, 1, 32, 32)}
        np.lib.format.write_array_header_1_0(file, header)
        file.write(bytes(1000))


ANY: dict[str, Damage] = {
    "missing": Path.unlink,
    "empty": lambda path: path.write_bytes(b""),
    "garbage": lambda path: path.write_bytes(np.random.default_rng(0).bytes(3000)),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:-20]),
    "zip": lambda path: zipfile.ZipFile(path, "w").close(),
}
ARRAY: dict[str, Damage] = {
    **ANY,
    "pickle": array(lambda _: np.array([Intruder()], dtype=object)),
    "other type": array(lambda a: a.astype(np.complex64)),
    "other order of bytes": array(lambda a: a.astype(">i4")),
    "a column": array(lambda a: a.reshape(-1, 1)),
    "a number": array(lambda a: a.ravel()[0]),
    "no rows": array(lambda a: a[:0]),
    "zip of arrays": archive,
    "promises": promises,
}
LABELS: dict[str, Damage] = {
    **ARRAY,
    "one short": array(lambda a: a[1:]),
    "negative": array(lambda a: a - 10**6),
    "beyond the classes": array(lambda a: a + 10**6),
}
IMAGES: dict[str, Damage] = {
    **ARRAY,
    "not square": array(lambda a: a[..., :16]),
    "two channels": array(lambda a: np.concatenate([a, a], axis=1)),
    "no pixels": array(lambda a: a[..., :0]),
}
FEATURES: dict[str, Damage] = {**ARRAY, "other width": array(lambda a: a[:, 1:])}
ARRAYS = {".examples.": IMAGES, ".labels.": LABELS, ".places.": LABELS}


def fields(change: Callable[[dict[str, object]], object]) -> Damage:
    def edit(path: Path) -> None:
        values = json.loads(path.read_text())
        change(values)
        path.write_text(json.dumps(values))

    return edit


def only_the_version(values: dict[str, object]) -> None:
    for key in values.keys() - {"format"}:
        del values[key]


JSON: dict[str, Damage] = {
    **ANY,
    "a list": lambda path: path.write_text("[]"),
    "a number": lambda path: path.write_text("1e999"),
    "nested": lambda path: path.write_text("[" * 200_000),
    "not text": lambda path: path.write_bytes(b'{"format": 1, "\xff": 0}'),
    "another version": fields(lambda values: values.update(format=9)),
    "no version": fields(lambda values: values.pop("format")),
    "nothing but a version": fields(only_the_version),
    "other types": fields(lambda values: values.update({key: [None] for key in values if key != "format"})),
}


def tensors(change: Callable[[dict[str, torch.Tensor], str], object]) -> Damage:
    def edit(path: Path) -> None:
        values = safetensors.torch.load_file(path)
        change(values, next(name for name, value in sorted(values.items()) if value.ndim > 1))
        safetensors.torch.save_file(values, path)

    return edit


WEIGHTS: dict[str, Damage] = {
    **ANY,
    "other names": tensors(lambda values, name: values.update(extra=values.pop(name))),
    "other shape": tensors(lambda values, name: values.update({name: torch.cat([values[name]] * 2)})),
    "other type": tensors(lambda values, name: values.update({name: values[name].double()})),
    "not finite": tensors(lambda values, name: values[name].fill_(torch.nan)),
    "nothing": tensors(lambda values, name: values.clear()),
}

TEXT = {what: damage for what, damage in ANY.items() if what != "cut"}  # a number may be shorter
TEXT["other columns"] = lambda path: path.write_text("a,b\n1,2\n")
KINDS = {".safetensors": WEIGHTS, ".json": JSON, ".csv": TEXT, ".png": ANY}
READ = {
    "split": ("data/raw/manifest.json", "data/raw/raw.examples.npy", "data/raw/raw.labels.npy"),
    "classifier": (
        "data/splits/manifest.json", "data/splits/train.examples.npy", "data/splits/train.labels.npy",
        "data/splits/validation.examples.npy", "data/splits/validation.labels.npy",
    ),
    "reference": ("data/splits/train.examples.npy", "models/classifier/config.json",
                  "models/classifier/weights.safetensors"),
    "train": ("data/splits/manifest.json", "data/splits/train.examples.npy", "data/splits/train.labels.npy",
              "models/classifier/config.json", "models/classifier/weights.safetensors"),
    "generate": ("models/generator/config.json", "models/generator/weights.safetensors"),
    "sample": ("models/generator/config.json", "models/generator/weights.safetensors"),
    "evaluate": (
        "data/samples/manifest.json", "data/samples/samples.examples.npy", "data/samples/samples.labels.npy",
        "data/reference/classifier.safetensors", "data/reference/inception.safetensors",
        "data/reference/real.labels.npy", "data/reference/floor.labels.npy",
        *(f"data/reference/{name}.npy" for name in ("classifier.train", "inception.held_out", "inception.places")),
        "data/splits/manifest.json", "data/splits/train.examples.npy",
        "models/classifier/config.json", "models/classifier/weights.safetensors",
        "models/generator/config.json", "models/generator/raw.safetensors",
        "models/discriminator/config.json", "models/discriminator/weights.safetensors", "models/train_run.json",
    ),
    "report": (
        "data/samples/manifest.json", "data/samples/samples.examples.npy", "data/splits/manifest.json",
        "models/train_run.json", "reports/train/history.csv", "reports/train/score.csv", "reports/evaluation.json",
        "reports/samples/grid.png", "reports/nearest/memorisation.png", "reports/train/timeline/000000000.png",
        "data/reference/classifier.held_out.npy", "models/classifier/weights.safetensors",
    ),
    "register": ("models/generator/config.json", "models/generator/weights.safetensors", "models/train_run.json",
                 "reports/evaluation.json", "reports/train/history.csv", "reports/train/score.csv",
                 "reports/train/timeline/000000000.png"),
}  # fmt: skip
READ_WITH_ENCODER = {
    "evaluate": ("models/generator/encoder/config.json", "models/generator/encoder/weights.safetensors"),
    "report": ("data/samples/correction/correction.json",),
}
UNVERSIONED = ("reports/evaluation.json", "data/samples/correction/correction.json")  # read without a version
OPTIONAL = (
    "reports/train/timeline/000000000.png",  # as many as there are
    "data/samples/correction/correction.json",  # there only where samples were corrected
)
ONCE_MORE = {what: ANY[what] for what in ("empty", "garbage")}


def damages(name: str) -> dict[str, Damage]:
    kinds = KINDS.get(Path(name).suffix) or next((kind for part, kind in ARRAYS.items() if part in name), FEATURES)
    left_out = {"missing"} if name in OPTIONAL else set()
    if name in UNVERSIONED:
        left_out |= {what for what in kinds if what.endswith(" version")}
    return {what: damage for what, damage in kinds.items() if what not in left_out}


@pytest.mark.parametrize(("command", "name"), [(command, name) for command in READ for name in READ[command]])
def test_every_damage_of_every_file_is_one_line(
    paths: Paths, nashgan: Nashgan, monkeypatch: pytest.MonkeyPatch, command: str, name: str
) -> None:
    if command == "evaluate":  # it opens what it reads before it computes features, which takes minutes
        monkeypatch.delattr(FeatureNetwork, "features")
    known = next(first for first in READ if name in READ[first]) != command  # another command reads it the same way
    check_damages(paths, nashgan, command, name, ONCE_MORE if known else damages(name))


@pytest.mark.parametrize(
    ("command", "name"), [(command, name) for command in READ_WITH_ENCODER for name in READ_WITH_ENCODER[command]]
)
def test_so_is_a_damage_of_an_encoder_or_a_correction(
    with_encoder: Paths, nashgan: Nashgan, command: str, name: str
) -> None:
    known = "encoder" in name  # it is read as the generator is, but late
    check_damages(with_encoder, nashgan, command, name, ONCE_MORE if known else damages(name))


def check_damages(paths: Paths, nashgan: Nashgan, command: str, name: str, kinds: dict[str, Damage]) -> None:
    for what, damage in kinds.items():
        try:
            says = refused(paths, nashgan, command, paths.root / name, damage)
        except BaseException as error:
            error.add_note(f"{command}: {name}: {what}")
            raise
        assert Path(name).name in says, what


@pytest.mark.parametrize(
    "text", ["", "[]", "a: [", "\x00", "train: &t {a: *t}", "!!python/object/apply:os.abort []", '"a\\nb": 1', "'"]
)
def test_parameters_that_are_none_are_one_line(paths: Paths, nashgan: Nashgan, text: str) -> None:
    for command in ("split", "train", "promote"):
        refused(paths, nashgan, command, paths.params, lambda path: path.write_text(text))


def test_an_array_in_fortran_order_is_the_same_array(tmp_path: Path) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 1, 4, 4), dtype=np.uint8)
    write_samples(tmp_path, Examples(images))
    np.save(tmp_path / "samples.examples.npy", np.asfortranarray(images))
    np.testing.assert_array_equal(read_samples(tmp_path).values, images)
