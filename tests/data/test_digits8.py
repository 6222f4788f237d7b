"""scikit-learn's digits: enlarged as MNIST has its own, alone and beside another dataset."""

from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import yaml
from PIL import Image
from workspaces import REPOSITORY

from nashgan.params import Params, parse_params
from nashgan.records import raw
from nashgan.records.paths import Paths
from nashgan.records.raw import Unreadable
from nashgan.records.splits import read_manifest
from nashgan.runtime.errors import UserError
from nashgan.stages import download, split


def params(**data: object) -> Params:
    values = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    values["data"] |= data
    return parse_params(values)


def content(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_the_digits_stand_on_a_black_border() -> None:
    from nashgan.data.digits8 import DATASET

    source = DATASET.load(params(name="digits8", image_size=28).data, REPOSITORY)
    assert (source.count, source.format.shape) == (1797, (1, 28, 28))
    images = np.stack([example for example in islice(source.examples, 50) if not isinstance(example, Unreadable)])
    border = np.ones((28, 28), dtype=bool)
    border[4:24, 4:24] = False
    assert not images[:, :, border].any() and images.max() > 200
    assert source.labels is not None and np.array_equal(source.labels[:10], np.arange(10))


def test_a_second_dataset_stands_beside_the_first_and_goes_with_it(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    both = params(name="digits8", other="mnist5k")
    download.run(paths, both)
    split.run(paths, both)
    assert raw.read_manifest(paths.other_raw).source["name"] == "mnist5k"
    manifest = read_manifest(paths.other_splits)
    assert manifest.splits["train"].count == 4000 and manifest.examples == read_manifest(paths.splits).examples
    before = content(tmp_path / "data")
    own = tmp_path / "own"
    own.mkdir()
    (own / "bad.png").write_bytes(b"bad")
    with pytest.raises(UserError, match="cannot be read"):  # of the second, when the first has been read
        download.run(paths, params(name="mnist5k", other="folder", path="own"))
    assert content(tmp_path / "data") == before
    (own / "bad.png").unlink()
    Image.new("L", (32, 32)).save(own / "only.png")
    second = params(name="digits8", other="folder", path="own")
    download.run(paths, second)
    before = content(paths.splits)
    with pytest.raises(UserError, match="empty"):
        split.run(paths, second)
    assert content(paths.splits) == before
    alone = params(name="digits8")
    download.run(paths, alone)
    split.run(paths, alone)
    assert not paths.other_raw.exists() and not paths.other_splits.exists()


def test_images_of_another_shape_are_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UserError, match=r"images of stacked_mnist have 3 × 32 × 32 numbers .* of digits8 1 × 32 × 32"):
        download.run(Paths(tmp_path), params(name="digits8", other="stacked_mnist"))
    assert not Paths(tmp_path).raw.exists()
