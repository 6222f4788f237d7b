"""This run beside the results of the same protocol that were known when the report was made."""

import math
from typing import Any

from nashgan.comparison.page import drawn
from nashgan.comparison.results import METRICS, Metric, Row, flat_params, images_a_second
from nashgan.comparison.sample_row import strip
from nashgan.comparison.table import tables
from nashgan.reporting import inputs as reporting
from nashgan.reporting.inputs import Inputs

THIS = "this run"


def this_run(inputs: Inputs) -> Row:
    """The run of the report as a row, from the files of the stages before: dvc.lock may not know them yet."""
    images = inputs.history["images"]
    drawn_with = {"generate.seed": inputs.samples.seed, "generate.samples": inputs.samples.count}
    return Row(
        name=THIS,
        source=f"experiment {inputs.run.experiment}" if inputs.run.experiment else "workspace",
        params=flat_params(inputs.run.params) | drawn_with,
        metrics={name: _metric(inputs.evaluation[name]) for name in METRICS if name in inputs.evaluation},
        seconds=inputs.run.seconds,
        img_s=images_a_second(float(images[-1]) if len(images) else None, inputs.run.seconds),
        strip=strip(inputs.grid.png, "reports/samples/grid.png"),
    )


def side_by_side(inputs: Inputs) -> dict[str, Any] | None:
    """What the section shows: one table, for the protocol is shared; None where there is nothing to stand beside."""
    others = inputs.others
    if not others.rows and not others.faults:
        return None
    run = this_run(inputs)
    (table,) = tables([run, *others.rows], next((name for name in METRICS if name in run.metrics), METRICS[0]))
    return {"others": others, "table": drawn(table) if others.rows else None}


def _metric(metric: reporting.Metric) -> Metric:
    """A number that is not finite is none."""

    def finite(value: float | None) -> float | None:
        return value if value is not None and math.isfinite(value) else None

    interval = metric.interval if metric.interval and all(map(math.isfinite, metric.interval)) else None
    return Metric(value=finite(metric.value), floor=finite(metric.floor), interval=interval, protocol=metric.protocol)
