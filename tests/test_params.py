"""params.yaml: every fault is one line that names the key."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from nashgan.errors import UserError
from nashgan.params import Params, load_params, parse_params

FILE = Path(__file__).parents[1] / "params.yaml"


def values() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded


def fault(section: str, key: str, value: object) -> str:
    changed = values()
    changed[section][key] = value
    with pytest.raises(UserError) as caught:
        parse_params(changed)
    return str(caught.value)


def test_the_committed_file_is_valid() -> None:
    assert load_params(FILE).train.batch > 0


@pytest.mark.parametrize(("text", "count"), [("320k", 320_000), ("1.5M", 1_500_000), ("0.5k", 500), (7, 7)])
def test_counts_of_images(text: object, count: int) -> None:
    changed = values()
    changed["train"]["images"] = text
    assert parse_params(changed).train.images == count


@pytest.mark.parametrize("text", ["2e-4", "2E-4", "2.e-4", 0.0002])
def test_rates_may_be_written_in_powers_of_ten(text: object) -> None:
    changed = values()
    changed["train"]["lr_generator"] = text
    assert parse_params(changed).train.lr_generator == 0.0002


@pytest.mark.parametrize(
    ("section", "key", "value", "says"),
    [
        ("train", "lr_generator", -1, "params.yaml: train.lr_generator: must be greater than 0, got -1"),
        ("train", "lr_generator", float("inf"), "must be a finite number, got inf"),
        ("train", "images", "0.3", "params.yaml: train.images: must be a valid integer, got '0.3'"),
        ("train", "images", True, "must be a valid integer, got True"),
        ("train", "batch", 1, "must be greater than or equal to 2, got 1"),
        ("train", "bacth", 64, "params.yaml: train.bacth: is not a known parameter"),
        ("data", "name", "mnits", "params.yaml: data.name: unknown dataset 'mnits' (known: celeba, cifar10,"),
        ("model", "name", None, "params.yaml: model.name: must be a valid string, got None"),
        ("split", "test", 0.95, "params.yaml: split: validation + test must be below 1, got 1.05"),
    ],
)
def test_faults_name_the_key_and_what_it_must_be(section: str, key: str, value: object, says: str) -> None:
    assert says in fault(section, key, value)


def test_all_faults_come_at_once_in_one_line() -> None:
    changed = values()
    del changed["generate"]
    changed["train"]["batch"] = "x\ny"
    with pytest.raises(UserError, match=r"train\.batch.*; params\.yaml: generate: is missing") as caught:
        parse_params(changed)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["a: [", "- 1", "", "!!python/object:os.system {}", "\x00", "a: &a [*a]"])
def test_files_that_are_not_parameters(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"params\.yaml: ") as caught:
        load_params(path)
    assert "\n" not in str(caught.value)


KEYS = [(section, key) for section, keys in values().items() for key in keys]
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=4,
)


@given(where=st.sampled_from(KEYS), value=ANYTHING, drop=st.booleans())
def test_a_mutated_file_is_valid_or_one_line(where: tuple[str, str], value: object, drop: bool) -> None:
    changed = values()
    section, key = where
    if drop:
        del changed[section][key]
    else:
        changed[section][key] = value
    try:
        assert isinstance(parse_params(changed), Params)
    except UserError as error:
        assert "\n" not in str(error)
        assert section in str(error)
