"""The sentence that compares a result with the committed one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from comparison_repository import commit, empty_repository

from nashgan.comparison.baseline import NOTHING, Result, beside_baseline, verdict
from nashgan.records.evaluation import Metric
from nashgan.records.paths import Paths

KID = Metric(value=0.5, protocol="inception", samples=2000)


def fid_of(value: float | None, interval: tuple[float, float] | None, protocol: str = "inception") -> Metric:
    return Metric(value=value, protocol=protocol, interval=interval, samples=2000)


BASELINE = Result(
    metrics={"fid": fid_of(14.7, (14.2, 15.3)), "kid": KID},
    params={"train.seed": 0, "train.images": 112_000},
)


def result(fid: float | None, **params: Any) -> Result:
    named = {name.replace("__", "."): value for name, value in params.items()}
    return Result({"fid": fid_of(fid, (0.0, 1.0)), "kid": KID}, {**BASELINE.params, **named})


@pytest.mark.parametrize(
    ("fid", "expected"),
    [
        (14.7, "the same as the committed baseline to the last digit"),
        (14.2, "FID 14.2 lies within the committed baseline's interval [14.2, 15.3]"),
        (15.31, "FID 15.31 lies outside the committed baseline's interval [14.2, 15.3]"),
        (14.1, "FID 14.1 lies outside the committed baseline's interval [14.2, 15.3]"),
        (None, "FID is not finite, the committed baseline's is"),
    ],
)
def test_a_result_of_the_same_parameters(fid: float | None, expected: str) -> None:
    assert verdict(result(fid), BASELINE) == expected


def test_the_same_fid_with_another_metric_is_not_the_same() -> None:
    other = replace(
        result(14.7), metrics={"fid": fid_of(14.7, (0.0, 1.0)), "kid": KID.model_copy(update={"value": 0.6})}
    )
    assert verdict(other, BASELINE) == "FID 14.7 lies within the committed baseline's interval [14.2, 15.3]"


def test_without_an_interval_no_side_is_named() -> None:
    baseline = replace(BASELINE, metrics={"fid": fid_of(14.7, None), "kid": KID})
    assert verdict(result(14.8), baseline) == "FID 14.8 is not that of the committed baseline, which has no interval"


def test_other_parameters_are_named_and_not_compared() -> None:
    start = "not comparable with the committed baseline, other parameters: "
    changed = result(14.7, train__seed=1, model__width=8)
    assert verdict(changed, BASELINE) == f"{start}train.seed is 1, there 0; model.width is 8, there absent"
    many = result(14.7, **{f"model__p{place}": place for place in range(7)})
    assert verdict(many, BASELINE).endswith("model.p3 is 3, there absent; and 3 more")


def test_another_protocol_is_named_and_not_compared() -> None:
    other = replace(result(14.7), metrics={"fid": fid_of(14.7, (14.0, 15.0), "n=7")})
    expected = "not comparable with the committed baseline, another protocol: n=7, there inception"
    assert verdict(other, BASELINE) == expected


def test_what_is_committed_is_read_from_git(tmp_path: Path) -> None:
    repository = empty_repository(tmp_path)
    paths = Paths(tmp_path)
    repository.run("dvc", "repro")
    assert beside_baseline(paths) == NOTHING
    commit(repository, "baseline")
    assert beside_baseline(paths) == "the same as the committed baseline to the last digit"
    paths.params.write_text(paths.params.read_text().replace("seed: 0, images", "seed: 1, images"))
    repository.run("dvc", "repro")
    expected = "not comparable with the committed baseline, other parameters: train.seed is 1, there 0"
    assert beside_baseline(paths) == expected
    paths.evaluation.write_text(paths.evaluation.read_text().replace("25.0", "24.0"))
    assert beside_baseline(paths).startswith("this is not what a finished `dvc repro` wrote")
