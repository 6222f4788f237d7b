"""The run beside results of the same protocol that were known when the report was written."""

from typing import Any

from nashgan.comparison.page import drawn
from nashgan.comparison.results import Row, comparable_params, compared, images_a_second
from nashgan.comparison.sample_row import first_row
from nashgan.comparison.table import tables
from nashgan.records.history import IMAGES
from nashgan.reporting.inputs import Inputs

THIS = "this run"


def this_run(inputs: Inputs) -> Row:
    """The run of the report as a row, from the files of the earlier stages. dvc.lock may not list them yet."""
    images = float(inputs.history[IMAGES][-1]) if inputs.history else None
    drawn_with = {"generate.seed": inputs.samples.seed, "generate.samples": inputs.samples.count}
    return Row(
        name=THIS,
        source=f"experiment {inputs.run.experiment}" if inputs.run.experiment else "workspace",
        params=comparable_params(inputs.run.params) | drawn_with,
        metrics=compared(inputs.evaluation),
        seconds=inputs.run.seconds,
        img_s=images_a_second(images, inputs.run.seconds),
        first_samples=first_row(inputs.grid.content, "the grid of samples"),
    )


def side_by_side(inputs: Inputs) -> dict[str, Any] | None:
    """What the section shows: one table, because all share a protocol. None where there is no other result."""
    others = inputs.others
    if not others.rows and not others.faults:
        return None
    run = this_run(inputs)
    (table,) = tables([run, *others.rows], None)
    return {"others": others, "table": drawn(table) if others.rows else None}
