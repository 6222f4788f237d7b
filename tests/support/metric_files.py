"""Metrics as reports/evaluation.json has them."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from nashgan.records.evaluation import Evaluation, write_evaluation


def as_written(evaluation: Evaluation) -> dict[str, Any]:
    """What a reader of the file finds: only what was set, and only numbers that JSON has."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "evaluation.json"
        write_evaluation(path, evaluation)
        found: dict[str, Any] = json.loads(path.read_text())
    return found
