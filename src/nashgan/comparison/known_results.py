"""What stands beside a run in its report: the results of its commit and of the experiments on it, as known by then."""

import os
from dataclasses import dataclass, field, replace

from nashgan.comparison.experiments import NotEvaluated, based_on, read_row
from nashgan.comparison.results import METRICS, Row
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError

NEWEST = 20  # experiments that are read, a third of a second each
BASELINE = "DVC_EXP_BASELINE_REV"  # the commit that an experiment is based on, which DVC tells a stage


@dataclass(frozen=True)
class Beside:
    """Others' results, and a line for each that could not be read."""

    commit: str = ""  # the one that they are of or based on, as people name it
    known: int = 0  # experiments based on it
    read: int = 0  # of them
    rows: list[Row] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def beside(paths: Paths, run: Row) -> Beside:
    """The results that share `run`'s protocol: those of the current commit and of the newest experiments based on it.

    They have the parameters that `run` has too. Its own result, which may be committed already, is left out.
    Never raises for what Git or another experiment holds: a report is not to fail because of others.
    """
    try:
        commit, experiments = based_on(paths.home, os.environ.get(BASELINE, "HEAD"))
    except UserError as error:
        return Beside(faults=[str(error)])
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
    return Beside(commit.name, len(experiments), len(experiments[:NEWEST]), rows, faults)


def _protocols(row: Row) -> list[str | None]:
    return [row.metrics[name].protocol if name in row.metrics else None for name in METRICS]
