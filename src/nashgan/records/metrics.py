"""reports/metrics.json, DVC's only file of metrics: its order is the order of the columns in `dvc exp show`.

Made by the stage evaluate.
"""

from pathlib import Path
from typing import Any

from nashgan.records.evaluation import STAGE, Evaluation
from nashgan.records.headline import HEADLINES
from nashgan.records.record import mend, parse_json
from nashgan.records.train_run import TrainRun
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import write_json

SPEED = "images_per_second"  # over the whole training


def metrics_table(evaluation: Evaluation, run: TrainRun) -> dict[str, Any]:
    """The headlines, images a second, every other value, the floors, and the moment whose weights were kept.

    What was not measured, or is not finite, has no key.
    """
    values = {name: metric.value for name, metric in evaluation.items()} | {"seconds": run.seconds}
    measured = {name: value for name, value in values.items() if value is not None}
    sections = {
        "samples": {name: value for name, value in measured.items() if name not in HEADLINES},
        "floor": {name: metric.floor for name, metric in evaluation.items() if metric.floor is not None},
        "kept": run.kept.model_dump(exclude_none=True),
    }
    return {
        **{name: measured[name] for name in HEADLINES if name in measured},
        **({SPEED: run.images / run.seconds} if run.seconds else {}),
        **{name: section for name, section in sections.items() if section},
    }


def write_metrics(path: Path, evaluation: Evaluation, run: TrainRun) -> None:
    """Write the table."""
    write_json(path, metrics_table(evaluation, run))


def parse_metrics(content: bytes, where: str) -> dict[str, Any]:
    """The table, from the bytes of a file at some revision. Raises UserError for other content.

    `where` names the file in messages.
    """
    values = parse_json(content, where, STAGE)
    if not isinstance(values, dict):
        raise UserError(f"{where}: not a JSON object; {mend(STAGE)} there")
    return values
