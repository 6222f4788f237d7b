"""The table of docs/applications.md, measured anew: one configuration of each ready experiment.

``make applications``, which is ``python -m benchmarks.applications``, runs them one after the other as DVC experiments
in temporary workspaces; ``python -m benchmarks.applications points video`` runs these two. No experiment begins or goes
on after `--minutes`. Each row of the table is replaced by what its experiment's records say, with a picture.
Rows of what was not run, or did not finish, stay as they are; all other text of the page is written by hand.
"""

import argparse
import os
import platform
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from dvc.api import DVCFileSystem  # type: ignore[import-untyped]

from nashgan.records.evaluation import Evaluation, Metric, parse_evaluation
from nashgan.records.paths import Paths
from nashgan.records.train_run import TrainRun, parse_train_run
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_path, write_text
from nashgan.runtime.git import git_lines

PAGE, PICTURES = Path("docs/applications.md"), Path("docs/pictures/applications")
BEGIN, END = "<!-- make applications: begin -->", "<!-- make applications: end -->"
SAMPLES = "reports/samples.png"
MINUTES = 90
STOPPING = 60  # seconds that an experiment has to end after it was asked to


@dataclass(frozen=True)
class Application:
    """A row of the table: a line of a script in experiments/, and what of its result is shown."""

    kind: str  # what the row is about, its first cell
    line: str  # the experiment's name; what stands before its first - is the script's
    metrics: tuple[str, ...]
    shorter: Mapping[str, str] = field(default_factory=dict)  # so that all of them fit into MINUTES
    picture: str = SAMPLES

    @property
    def script(self) -> Path:
        """The script that has the line."""
        return Path("experiments") / f"{self.line.partition('-')[0]}.sh"


# Inception takes longer for an image than most trainings do, and so does the correction of samples
FEWER = {"reference.images": "500", "generate.samples": "500", "evaluate.seeds": "0"}
CLASSIC = FEWER | {"train.images": "16k"}  # of sweeps with several lines of the same size
VIDEO = {"classifier.images": "64k", "train.images": "12k"}
SWEEP = ("fcd", "precision", "recall")
APPLICATIONS = (
    Application("points", "points-grid25", ("modes", "high_quality", "reverse_kl", "jsd"), {"train.images": "2M"}),
    Application("theory", "theory-minimax", ("d_error", "game_value"), {"train.images": "1M"}),
    Application("text", "names-seqgan", ("ngram_jsd_4", "distinct", "novel"), {"train.images": "100k"}),
    Application("series", "series-dense", ("spectrum_distance", "predictive_score"), {"train.images": "200k"}),
    Application("video", "video-one-digit", ("frame_fcd", "motion_distance", "identity"), VIDEO),
    Application(
        "restore",
        "restore-small-5",
        ("psnr", "ssim", "restored_accuracy", "restored_fcd"),
        FEWER | {"train.images": "12k"},
        "reports/questions/restore-rows.png",
    ),
    Application("classes", "few_labels-100-a", ("held_out_accuracy",), FEWER | {"train.images": "40k"}),
    Application("few images", "few_images-diffaugment", SWEEP, FEWER | {"train.images": "16k"}),
    Application("correction", "judge-gaussian-reject", SWEEP, FEWER),
    Application(
        "two datasets",
        "translate-digits",
        ("read_right", "translated_fcd", "cycle_error"),
        FEWER,
        picture="reports/questions/translate-there.png",
    ),
    Application("images", "mlp-bce-mse", SWEEP, FEWER | {"train.images": "160k"}),
    Application(
        "vectors",
        "encode-inverse",
        ("reconstruction", "probe_accuracy", "neighbour_accuracy"),
        FEWER | {"train.images": "24k"},
        "reports/questions/encode-reconstructions.png",
    ),
    Application("64 × 64 pixels", "dcgan64-digits-r1", SWEEP, FEWER | {"train.images": "16k"}),
    Application("collapse, cured", "collapse-cured", SWEEP, FEWER),
    Application("explosion, cured", "explosion-cured", SWEEP, FEWER),
    Application("losses", "losses-non-saturating", SWEEP, CLASSIC),
    Application("moves of D", "steps-gan-5", SWEEP, CLASSIC),
    Application("penalties", "penalties-r1", SWEEP, CLASSIC),
    Application("discriminators", "discriminators-conv", SWEEP, CLASSIC),
    Application("families", "families-vae", SWEEP, CLASSIC),
)


def queued(script: Path, *options: str, **variables: str) -> Iterator[list[str]]:
    """The arguments of each call of dvc in a script; `options` are added to each. `variables` are its environment."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "dvc"
        told.write_text("#!/bin/sh\nprintf '%s\\037' \"$@\"; echo\n")
        told.chmod(0o755)
        environment = variables | {"PATH": f"{folder}:{os.environ['PATH']}"}
        lines = subprocess.run(["sh", script, *options], env=environment, capture_output=True, text=True, check=True)
    for line in lines.stdout.splitlines()[:-1]:  # the last says how to go on
        yield line.split("\x1f")[:-1]


def settings(application: Application, root: Path) -> list[str]:
    """The options of the experiment's line: ``-S``, ``model.name=…`` and so on."""
    for words in queued(root / application.script):
        if application.line in words:
            return words[words.index(application.line) + 1 :]
    raise UserError(f"{application.script}: has no experiment {application.line}")


def run(application: Application, root: Path, changes: Sequence[str], seconds: float) -> str | None:
    """Run the experiment. Returns its name; None, with a line that says so, where it failed or took too long."""
    name = f"applications-{application.line}"
    command = ["dvc", "exp", "run", "--temp", "--force", "-n", name, *settings(application, root), *changes]
    with subprocess.Popen(command, cwd=root, start_new_session=True) as process:
        try:
            failed = process.wait(seconds)
        except (subprocess.TimeoutExpired, KeyboardInterrupt) as stopped:
            os.killpg(process.pid, signal.SIGTERM)  # the stages, too
            try:
                process.wait(STOPPING)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
            if isinstance(stopped, KeyboardInterrupt):
                raise
            print(f"{application.kind}: stopped after {seconds:.0f} s, its row stays as it is", file=sys.stderr)
            return None
    if failed:
        print(f"{application.kind}: failed, its row stays as it is; see above", file=sys.stderr)
        return None
    return name


def read(application: Application, root: Path, name: str) -> tuple[Evaluation, TrainRun, bytes]:
    """Evaluation, training and picture of the experiment `name`, the newest of that name."""
    files, paths = experiment_files(root, name), Paths(Path())
    content = [files.read_bytes(str(path)) for path in (paths.evaluation, paths.train_run, application.picture)]
    return parse_evaluation(content[0], name), parse_train_run(content[1], name), content[2]


def experiment_files(root: Path, name: str) -> DVCFileSystem:
    """The files of the newest experiment `name`. Raises UserError where there is none."""
    listed = git_lines(root, "for-each-ref", "--sort=-committerdate", "--format=%(objectname) %(refname)", "refs/exps")
    revision = next((line.split()[0] for line in listed if line.endswith(f"/{name}")), None)
    if revision is None:
        raise UserError(f"{name}: no experiment of this name")
    return DVCFileSystem(str(root), rev=revision)


def machine() -> str:
    """How many cores this machine has, and which processor."""
    try:
        told = [
            line.partition(": ")[2] for line in Path("/proc/cpuinfo").read_text().splitlines() if "model name" in line
        ]
    except OSError:  # another system than Linux
        told = []
    return f"{os.cpu_count()} cores, {(told or [platform.processor() or platform.machine()])[0].strip()}"


def row(application: Application, evaluation: Evaluation, training: TrainRun, changes: Sequence[str], on: str) -> str:
    """The row of the table: what it is about, the command, and what the records say."""
    options = " ".join(f"-S {change}" for change in changes)
    command = f"`sh {application.script} {options}".rstrip() + f"`, its line `{application.line}`"
    found = [shown(name, evaluation.get(name)) for name in application.metrics]
    time_ = f"trained in {training.seconds:.0f} s ({training.device}; {on})"
    picture = f"[picture]({PICTURES.relative_to(PAGE.parent)}/{application.line}.png)"
    return f"| {application.kind} | {command} | {'; '.join([*found, time_, picture])} |"


def shown(name: str, metric: Metric | None) -> str:
    """A value with its interval, its floor and its baseline, as far as they were measured."""
    if metric is None:
        return f"{name.replace('_', ' ')} not measured"
    value = "not finite" if metric.value is None else f"{metric.value:.4g}"
    told = [f"{metric.interval[0]:.4g} to {metric.interval[1]:.4g}"] if metric.interval else []
    told += [] if metric.floor is None else [f"floor {metric.floor:.4g}"]
    if metric.baseline and metric.baseline.value is not None:
        told.append(f"{metric.baseline.name} {metric.baseline.value:.4g}")
    return f"{name.replace('_', ' ')} {value}" + (f" ({'; '.join(told)})" if told else "")


def updated(page: str, rows: Mapping[str, str]) -> str:
    """The page with these rows, by kind, in the table between the marks; further ones come at the table's end."""
    before, begin, rest = page.partition(f"{BEGIN}\n")
    table, end, after = rest.partition(END)
    if not (begin and end):
        raise UserError(f"{PAGE}: has no lines {BEGIN} and {END}, between which the table stands")
    lines = table.splitlines()
    kinds = [line.strip("| ").partition(" |")[0] for line in lines]
    known = [rows.get(kind, line) for kind, line in zip(kinds, lines, strict=True)]
    new = [text for kind, text in rows.items() if kind not in kinds]
    return f"{before}{begin}" + "".join(f"{line}\n" for line in known + new) + end + after


def main() -> None:
    """Run experiments, then write the page and its pictures."""
    kinds = {application.kind: application for application in APPLICATIONS}
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(kinds)}; default: all")
    asked.add_argument("--minutes", type=float, default=MINUTES, help="for all of them together (default: 90)")
    asked.add_argument("-S", dest="more", action="append", default=[], metavar="KEY=VALUE", help="added to every line")
    options = asked.parse_args()
    if unknown := [kind for kind in options.kinds if kind not in kinds]:
        asked.error(f"unknown: {', '.join(unknown)}; choose of {', '.join(kinds)}")
    if faults := [change for change in options.more if "=" not in change]:
        asked.error(f"-S {faults[0]}: must be KEY=VALUE")
    more = dict(change.split("=", 1) for change in options.more)
    root, began, rows = Paths.find().root, time.monotonic(), dict[str, str]()
    for application in [kinds[kind] for kind in options.kinds] or APPLICATIONS:
        left = 60 * options.minutes - (time.monotonic() - began)
        if left <= 0:
            print(f"{application.kind}: no time left, its row stays as it is", file=sys.stderr)
            continue
        own = {key: value for key, value in application.shorter.items() if key not in more}
        changes = [f"{key}={value}" for key, value in (own | more).items()]
        overrides = [word for change in changes for word in ("-S", change)]
        if name := run(application, root, overrides, left):
            evaluation, training, picture = read(application, root, name)
            rows[application.kind] = row(application, evaluation, training, changes, machine())
            with atomic_path(root / PICTURES / f"{application.line}.png") as temporary:
                temporary.write_bytes(picture)
            page = (root / PAGE).read_text(encoding="utf-8")
            write_text(root / PAGE, updated(page, rows))  # after each: what was measured is not lost
            print(f"{application.kind}: measured, {(time.monotonic() - began) / 60:.1f} minutes from the start")
    print(f"{PAGE}: {len(rows)} rows measured in {(time.monotonic() - began) / 60:.1f} minutes")


if __name__ == "__main__":
    main()
