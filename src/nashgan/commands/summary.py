"""``nashgan summary``: where the results of the pipeline are, and how they compare with the committed baseline."""

import json

from nashgan.comparison.baseline import beside_baseline
from nashgan.pages.chart_library import write_chart_library
from nashgan.records.evaluation import read_evaluation
from nashgan.records.headline import HEADLINES
from nashgan.records.paths import Paths
from nashgan.records.registration import read_registration


def summary(paths: Paths) -> str:
    """The scores, the places of what was made, and the comparison with the committed baseline.

    Writes what `dvc plots` draws with, where the pipeline did not. Raises UserError where the pipeline has not run.
    """
    evaluation, model = read_evaluation(paths.evaluation), read_registration(paths.registration)
    lines = [
        f"{name.upper():8} {_text(one.value)}  (floor: {_text(one.floor)}; {one.samples} samples)"
        for name in HEADLINES
        if (one := evaluation.get(name))
    ]
    lines += [
        f"report   {paths.name(paths.report)}",
        f"samples  {paths.name(paths.sample_picture)}",
        f"model    {model.name} version {model.version}, the challenger; `nashgan promote` makes it champion",
        "MLflow   `make ui`",
        f"result   {beside_baseline(paths)}",
    ]
    write_chart_library(paths.home)
    return "\n".join(lines)


def summary_json(paths: Paths) -> str:
    """The same as JSON: the scores as in reports/evaluation.json, the places, and the sentence on the baseline."""
    evaluation, model = read_evaluation(paths.evaluation), read_registration(paths.registration)
    values = {
        "metrics": {
            name: evaluation[name].model_dump(mode="json", exclude_unset=True)
            for name in HEADLINES
            if name in evaluation
        },
        "report": paths.name(paths.report),
        "samples": paths.name(paths.sample_picture),
        "model": {"name": model.name, "version": model.version},
        "result": beside_baseline(paths),
    }
    write_chart_library(paths.home)
    return json.dumps(values, indent=2)


def _text(number: float | None) -> str:
    return "unknown" if number is None else f"{number:.4g}"
