"""The result in the workspace beside the committed one, in a sentence."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nashgan.comparison.results import comparable_params
from nashgan.records.dvc_lock import FILE, DvcLock, NotFinished
from nashgan.records.evaluation import Evaluation, parse_evaluation
from nashgan.records.headline import DISTANCES
from nashgan.records.paths import Paths
from nashgan.runtime.git import ask_git

LISTED = 4  # differing parameters that are named
NOTHING = "there is no committed baseline: `git add dvc.lock reports` and `git commit` make this result one"


@dataclass(frozen=True)
class Result:
    """An evaluation and the parameters that led to it."""

    metrics: Evaluation
    params: Mapping[str, Any]  # flat: {"train.images": 320000}


def beside_baseline(paths: Paths) -> str:
    """How the result in the workspace compares with the one that HEAD has.

    Raises UserError where the workspace's evaluation is damaged.
    """
    names = paths.name(paths.evaluation), FILE
    committed = [ask_git(paths.root, "show", f"HEAD:{name}") or b"" for name in names]
    files = [paths.root / name for name in names]
    result = read_result(paths, *(file.read_bytes() if file.is_file() else b"" for file in files))
    if result is None:
        return "this is not what a finished `dvc repro` wrote: not compared with the committed baseline"
    baseline = read_result(paths, *committed)
    return NOTHING if baseline is None else verdict(result, baseline)


def read_result(paths: Paths, evaluation: bytes, lock: bytes) -> Result | None:
    """The result that dvc.lock and an evaluation hold, None where they do not belong together."""
    name = paths.name(paths.evaluation)
    try:
        params = DvcLock.parse(lock).params_of(name, evaluation)
    except NotFinished:
        return None
    return Result(parse_evaluation(evaluation, name), comparable_params(params))


def verdict(result: Result, baseline: Result) -> str:
    """One line: not comparable, and why; the same; or whether the value lies within the baseline's interval."""
    if differing := _differing(result.params, baseline.params):
        named = "; ".join(differing[:LISTED])
        more = f"; and {len(differing) - LISTED} more" if len(differing) > LISTED else ""
        return f"not comparable with the committed baseline, other parameters: {named}{more}"
    name = next((name for name in DISTANCES if name in result.metrics and name in baseline.metrics), None)
    if name is None:
        return "not comparable with the committed baseline, which has other metrics"
    one, known = result.metrics[name], baseline.metrics[name]
    if one.protocol != known.protocol:
        return f"not comparable with the committed baseline, another protocol: {one.protocol}, there {known.protocol}"
    if _values(result) == _values(baseline):
        return "the same as the committed baseline to the last digit"
    if one.value is None:
        return f"{_title(name)} is not finite, the committed baseline's " + ("neither" if known.value is None else "is")
    if known.interval is None:
        return f"{_title(name)} {one.value:.4g} is not that of the committed baseline, which has no interval"
    low, high = known.interval
    side = "within" if low <= one.value <= high else "outside"
    return f"{_title(name)} {one.value:.4g} lies {side} the committed baseline's interval [{low:.4g}, {high:.4g}]"


def _title(name: str) -> str:
    return name.upper() if name == "fid" else name


def _values(result: Result) -> dict[str, float | None]:
    return {name: metric.value for name, metric in result.metrics.items()}


def _differing(here: Mapping[str, Any], there: Mapping[str, Any]) -> list[str]:
    """The parameters that differ: name, value here, value there."""
    return [
        f"{name} is {here.get(name, 'absent')}, there {there.get(name, 'absent')}"
        for name in {**here, **there}
        if here.get(name, "absent") != there.get(name, "absent")
    ]
