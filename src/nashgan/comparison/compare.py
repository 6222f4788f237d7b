"""The command `nashgan compare`: from names to tables on the terminal and in files."""

import re
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from nashgan.comparison.experiments import experiment_rows, known_experiments
from nashgan.comparison.page import render
from nashgan.comparison.results import Row
from nashgan.comparison.study import FINISHED, PRUNED, StudyOverview, print_study
from nashgan.comparison.table import Table, tables, without_copies
from nashgan.comparison.text import as_csv, as_markdown, print_tables, tables_json
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_path, check_folder, write_text


def compare(
    paths: Paths,
    names: Sequence[str],
    mlflow: bool,
    out: Path,
    sort: str | None,
    group_seeds: bool,
    as_json: bool = False,
) -> None:
    """Compare the results named by `names`, from DVC and, with `mlflow`, from MLflow too. Print and write the tables.

    With `as_json` they are printed as JSON.

    Raises UserError where a name is unknown, no result is evaluated or a result is damaged; `out` is then unchanged.
    """
    check_folder(out)
    tables([], sort)  # reports an unknown column before the slow reading
    made = tables(collect(paths, names, mlflow), sort, group_seeds)
    write(made, out)
    if as_json:
        print(tables_json(made))
        return
    print_tables(made)
    print(f"written to {out / 'index.html'}")


def compare_study(
    paths: Paths, study: StudyOverview, out: Path, sort: str | None, group_seeds: bool, as_json: bool = False
) -> None:
    """Compare the experiments of a study as `compare` does, and show its trials and its course. Raises UserError, too.

    Trials whose experiments are on another machine are in the list of trials alone.
    """
    check_folder(out)
    tables([], sort)
    trials = [trial.name for trial in study.trials if trial.state in (FINISHED, PRUNED)]
    here = known_experiments(paths.root, trials)
    made = tables(experiment_rows(paths, here).rows if here else [], sort, group_seeds)
    write(made, out, study)
    if as_json:
        print(tables_json(made))
        return
    print_study(study)
    print_tables(made)
    print(f"written to {out / 'index.html'}")


def collect(paths: Paths, names: Sequence[str], mlflow: bool) -> list[Row]:
    """Every result once, under a unique name. Results that are not evaluated yet are listed on standard error.

    Raises UserError where a name is unknown, and where there is no result.
    """
    found = [experiment_rows(paths, names)]
    if mlflow:
        from nashgan.comparison.runs import run_rows  # MLflow takes seconds to import

        found.append(run_rows(paths, names))
    unknown = [name for name in names if all(name in one.unknown for one in found)]
    if unknown:
        experiment = "experiment (`dvc exp list -A`)"
        kinds = f"{experiment}, Git revision or MLflow run" if mlflow else f"{experiment} or Git revision"
        raise UserError(f"{', '.join(unknown)}: no such {kinds}")
    for line in (line for one in found for line in one.left_out):
        print(f"left out: {line}", file=sys.stderr)
    rows = [row for one in found for row in one.rows]
    if not rows:
        raise UserError("no experiment is evaluated yet; run `dvc exp run` or name a revision that has experiments")
    return _uniquely_named(without_copies(rows))


def write(tables: Sequence[Table], out: Path, study: StudyOverview | None = None) -> None:
    """Write index.html, comparison.md, the strips and a CSV file for each table. Remove those of an earlier call."""
    strips = {row.name: row.first_samples for table in tables for row in table.rows if row.first_samples}
    places = {name: f"strips/{number:03d}-{_slug(name)}.png" for number, name in enumerate(strips, start=1)}
    sheets = {f"comparison-{number}.csv": as_csv(table) for number, table in enumerate(tables, start=1)}
    for name, place in places.items():
        with atomic_path(out / place) as temporary:
            temporary.write_bytes(strips[name])
    for place, sheet in sheets.items():
        write_text(out / place, sheet)
    write_text(out / "comparison.md", as_markdown(tables, places))
    write_text(out / "index.html", render(tables, study))
    earlier = {*out.glob("comparison-[0-9]*.csv"), *out.glob("strips/[0-9][0-9][0-9]-*.png")}
    for stale in earlier - {out / place for place in (*sheets, *places.values())}:
        stale.unlink()


def _uniquely_named(rows: Iterable[Row]) -> list[Row]:
    named: dict[str, Row] = {}
    for row in rows:
        name, number = row.name, 1
        while name in named:
            number += 1
            name = f"{row.name} ({number})"
        named[name] = replace(row, name=name)
    return list(named.values())


def _slug(name: str) -> str:
    return re.sub(r"[^A-Za-z0-9._-]+", "-", name)[:80]
