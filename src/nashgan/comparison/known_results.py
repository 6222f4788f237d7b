"""The results that a report compares its run with: those of its commit and of the experiments based on this commit."""

import os
from dataclasses import dataclass, field, replace

from nashgan.comparison.experiments import NotEvaluated, based_on, read_row
from nashgan.comparison.results import METRICS, Row
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError

NEWEST = 20  # experiments that are read at most; each takes a third of a second
BASELINE = "DVC_EXP_BASELINE_REV"  # DVC sets it for a stage: the commit that the experiment is based on


@dataclass(frozen=True)
class KnownResults:
    """Other results, and a line for each that could not be read."""

    commit: str = ""  # the commit that they belong to or are based on: its branch or its short hash
    known: int = 0  # experiments based on it
    read: int = 0  # of these experiments
    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def known_results(paths: Paths, run: Row) -> KnownResults:
    """The results that share `run`'s protocol: those of the current commit and of the newest experiments based on it.

    Their parameters are cut to those that `run` has. The run's own result, which may be committed, is left out.
    A fault of Git or of another result does not raise: it becomes a line in `faults`, so that the report is written.
    """
    try:
        commit, experiments = based_on(paths.home, os.environ.get(BASELINE, "HEAD"))
    except UserError as error:
        return KnownResults(faults=[str(error)])
    rows, faults = [], []
    for candidate in (commit, *experiments[:NEWEST]):
        try:
            row = read_row(paths.home, candidate)
        except NotEvaluated:
            continue
        except UserError as error:
            faults.append(str(error))
            continue
        if _protocols(row) == _protocols(run) and row.metrics != run.metrics:
            rows.append(replace(row, params={key: row.params[key] for key in row.params if key in run.params}))
    return KnownResults(commit.name, len(experiments), len(experiments[:NEWEST]), rows, faults)


def _protocols(row: Row) -> list[str | None]:
    return [row.metrics[name].protocol if name in row.metrics else None for name in METRICS]
