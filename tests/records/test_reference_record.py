"""data/reference: features, neighbours and labels of real examples come back, those of another network do not."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest

from nashgan.records.reference import (
    Neighbours,
    Reference,
    read_neighbours,
    read_reference,
    read_reference_labels,
    write_neighbours,
    write_reference,
    write_reference_labels,
)
from nashgan.runtime.errors import UserError


@dataclass(frozen=True)
class Network:
    """What identifies a feature network."""

    name: str = "classifier"
    sha256: str = "2" * 64
    resizer: str = "none"
    dim: int = 3


REAL, FLOOR = np.arange(12, dtype=np.float32).reshape(2, 2, 3)
REFERENCE = Reference(REAL, FLOOR, "classifier", "2" * 64, "none", "train", "3" * 64)


def test_features_of_real_examples_come_back(tmp_path: Path) -> None:
    write_reference(tmp_path, REFERENCE)
    back = read_reference(tmp_path, Network())
    np.testing.assert_array_equal(back.real, REAL)
    np.testing.assert_array_equal(back.floor, FLOOR)
    assert back.protocol(2) == "classifier:22222222 resizer=none n=2 real=train:33333333"
    assert back.beside(1).protocol(1) == "classifier:22222222 resizer=none n=1 real=train:33333333"


def test_a_whole_split_stays_whole_and_its_floor_may_be_missing(tmp_path: Path) -> None:
    whole = replace(REFERENCE, floor=FLOOR[:0], whole=True, preset="50k-train")
    write_reference(tmp_path, whole)
    back = read_reference(tmp_path, Network()).beside(1)
    assert (len(back.real), back.others, back.whole) == (2, None, True)
    assert back.protocol(1) == "classifier:22222222 resizer=none n=1 real=train-2:33333333 protocol=50k-train"
    write_reference_labels(tmp_path, np.array([0, 2]), np.array([], np.int64))
    found = read_reference_labels(tmp_path, 3)
    assert found is not None and [labels.tolist() for labels in found] == [[0, 2], []]


def test_neighbours_come_back(tmp_path: Path) -> None:
    write_neighbours(tmp_path, "classifier", Neighbours(REAL, FLOOR[:1], np.array([7, 2])))
    back = read_neighbours(tmp_path, Network())
    for found, expected in ((back.train, REAL), (back.held_out, FLOOR[:1]), (back.places, [7, 2])):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("network", [Network(sha256="4" * 64), Network(resizer="area-64"), Network(dim=4)])
def test_features_of_another_network_are_refused(tmp_path: Path, network: Network) -> None:
    write_reference(tmp_path, REFERENCE)
    with pytest.raises(UserError, match=r"classifier\.safetensors: .*; run `dvc repro reference`$"):
        read_reference(tmp_path, network)


def test_labels_of_real_examples_come_back(tmp_path: Path) -> None:
    write_reference_labels(tmp_path, np.array([0, 2]), np.array([1, 1]))
    found = read_reference_labels(tmp_path, 3)
    assert found is not None and [labels.tolist() for labels in found] == [[0, 2], [1, 1]]
    with pytest.raises(
        UserError, match=r"real\.labels\.npy: labels from 0 to 2 of 2 classes; run `dvc repro reference`"
    ):
        read_reference_labels(tmp_path, 2)
    write_reference_labels(tmp_path, None, None)
    assert read_reference_labels(tmp_path, 3) is None
