"""The file of a search is read whole, or refused in one line that names what is wrong."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nashgan.records.train_run import flat_params
from nashgan.runtime.errors import UserError
from nashgan.search.space import Range, changed, ends_of, read_space

VALUES = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
SPACE: dict[str, Any] = {
    "metric": "fcd",
    "trials": 20,
    "rungs": ["16k", "48k", "112k"],
    "parameters": {
        "train.lr_generator": {"low": "1e-4", "high": "1e-2", "log": True},
        "model.width": {"low": 16, "high": 64},
        "objective.loss": ["hinge", "rpgan"],
        "train.ema_half_life": [None, "20k"],
    },
}


def written(folder: Path, content: object) -> Path:
    path = folder / "space.yaml"
    path.write_text(content if isinstance(content, str) else yaml.safe_dump(content))
    return path


def test_a_space_has_ranges_choices_and_rungs(tmp_path: Path) -> None:
    space = read_space(written(tmp_path, SPACE), VALUES)
    rate, width = space.parameters["train.lr_generator"], space.parameters["model.width"]
    assert isinstance(rate, Range) and isinstance(width, Range)
    assert (rate.low, rate.high, rate.log, rate.whole, width.whole) == (0.0001, 0.01, True, False, True)
    assert space.parameters["objective.loss"] == ["hinge", "rpgan"]
    assert space.rungs == (16_000, 48_000, 112_000) and space.reduction_factor == 3


def test_a_trial_is_measured_at_the_rungs_before_its_end(tmp_path: Path) -> None:
    space = read_space(written(tmp_path, SPACE), VALUES)
    assert ends_of(space, VALUES, {"train.images": 112_000}) == [16_000, 48_000, 112_000]
    assert ends_of(space, VALUES, {"train.images": 8_000}) == [8_000]
    with pytest.raises(UserError, match="objective"):
        ends_of(space, VALUES, {"model.discriminator": "dcgan", "objective.penalty": "wgan_gp"})
    assert VALUES["train"]["images"] == "auto"  # unchanged


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"parameters": {"train.lr": [1, 2]}}, r"train\.lr: no parameter of params.yaml; is train\.\w+ meant\?"),
        ({"parameters": {"train": [1, 2]}}, "train: no parameter"),
        ({"parameters": {"train.until": ["1k", "2k"]}}, "train.until: the search sets it"),
        ({"parameters": {"objective.loss": ["hinge", "hing"]}}, "objective.loss: unknown loss 'hing'"),
        ({"parameters": {"train.lr_generator": {"low": -1, "high": 1}}}, "train.lr_generator: must be greater than 0"),
        ({"parameters": {"train.lr_generator": {"low": 2, "high": 1}}}, "low: 2 is not below high: 1"),
        ({"parameters": {"train.beta1": {"low": 0, "high": 0.5, "log": True}}}, "a logarithm needs low above 0"),
        ({"parameters": {"train.beta1": [0.5, 0.5]}}, "a value is named twice"),
        ({"parameters": {"train.beta1": [0.5]}}, "at least 2 items"),
        ({"parameters": {}}, "parameters: "),
        ({"rungs": ["48k", "16k"]}, "rungs: the numbers must rise"),
        ({"rungs": 5}, "rungs: "),
        ({"trials": 0}, "trials: "),
        ({"reduction_factor": 1}, "reduction_factor: "),
        ({"metrik": "fcd"}, "metrik: "),
    ],
)
def test_a_wrong_space_is_refused(tmp_path: Path, change: dict[str, Any], message: str) -> None:
    path = written(tmp_path, {**SPACE, **change})
    with pytest.raises(UserError, match=message) as refused:
        read_space(path, VALUES)
    assert "\n" not in str(refused.value) and str(refused.value).startswith(f"{path}: ")


def test_the_example_of_the_documentation_is_a_space(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "search.md").read_text()
    space = read_space(written(tmp_path, page.partition("```yaml\n")[2].partition("```")[0]), VALUES)
    assert len(space.parameters) == 3 and space.rungs == (16_000, 48_000)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not found"):
        read_space(tmp_path / "no.yaml", VALUES)


NAMES = st.sampled_from([*flat_params(VALUES), "train", "x.y", "", "train.until"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
RANGES = st.fixed_dictionaries({"low": SCALARS, "high": SCALARS}, optional={"log": SCALARS})
SEARCHED = st.lists(SCALARS, max_size=3) | RANGES
FILES = st.fixed_dictionaries(
    {"parameters": st.dictionaries(NAMES, SEARCHED, max_size=2)},
    optional={"metric": SCALARS, "trials": SCALARS, "rungs": st.lists(SCALARS, max_size=2), "seed": SCALARS},
)


@given(change=FILES)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_file_is_read_or_refused_in_one_line(tmp_path: Path, change: dict[str, Any]) -> None:
    path = written(tmp_path, {**SPACE, **change})
    try:
        space = read_space(path, VALUES)
    except UserError as refused:
        assert "\n" not in str(refused)
    else:
        assert space.parameters.keys() <= flat_params(VALUES).keys()


def test_changes_are_put_at_their_places() -> None:
    new = changed(VALUES, {"train.watchdog.explosion": 7.0, "data.name": "ring8"})
    assert new["train"]["watchdog"]["explosion"] == 7.0 and new["data"]["name"] == "ring8"
    assert {key for key in new if new[key] != VALUES[key]} == {"train", "data"}
