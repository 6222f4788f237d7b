"""What MLflow's pages say in words: Markdown for the experiment, runs, the registered model and its versions."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from nashgan.records.paths import Paths
from nashgan.tracking.baseline import Differences
from nashgan.tracking.lineage import BASELINE, COMMIT, DIRTY, EXPERIMENT

NOTE = "mlflow.note.content"  # tag that MLflow's page shows as the description
OWN_WORDS = "*Written by nashgan. What you add below this line stays.*"
TRAINING_PAGES = "?workflowType=machine_learning"  # else MLflow shows the menu of its pages for chat applications
MAX_NOTE = 5000  # characters of a version's description in MLflow's database

EXPERIMENT_NOTE = """\
**A run is a training** of nashgan. Experiments on one commit are under one run, which only groups them.

- `headline`: the few numbers that runs are compared by
- `samples`: all other metrics of the generated images; `samples/floor`: what as many other real images score
- `training`: curves against images seen

`dvc exp show` has the same numbers. To see runs side by side, select them and press *Compare*.
"""  # MLflow breaks lines where Markdown has them: a paragraph is one line

MODEL_NOTE = """\
Generators that nashgan trained: a version for each generator with each evaluation.

- **challenger**: the version that was registered last
- **champion**: the version to use; `nashgan promote` gives this alias to a challenger with a lower FID

Use the champion, or serve it:

    nashgan sample models:/{name}@champion --count 64 --out pictures
    mlflow models serve -m models:/{name}@champion --env-manager local --port 5001
    curl localhost:5001/invocations -H 'Content-Type: application/json' \\
      -d '{{"dataframe_records": [{{"seed": 1, "count": 4}}]}}'

The answer has one row an example: `seed`, `index` and the example; an image is a PNG in base64.

The same seed gives the same examples.

A `class` beside `seed` chooses a class, where the generator knows classes.

A `truncation`, such as 0.7, is the largest size of a latent number: typical examples, less variety.

A version that was trained with few labels (`objective.labelled`) serves its discriminator.
A row of the request is then `image`, a PNG in base64 of the size of the training images.
A row of the answer has `class`, from 0 on, and `probabilities`.
"""


@dataclass(frozen=True)
class Line:
    """A number of the headline, as far as it is known."""

    name: str
    value: float
    interval: tuple[float, float] | None = None  # 95 %
    floor: float | None = None  # what as many other real images score


@dataclass(frozen=True)
class Place:
    """Where a run and its files are on MLflow's page, relative to the page."""

    experiment_id: str
    run_id: str
    files: frozenset[str]  # those at the top of the run's artifacts

    @property
    def run(self) -> str:
        """The run's own page."""
        return f"#/experiments/{self.experiment_id}/runs/{self.run_id}{TRAINING_PAGES}"

    def file(self, name: str) -> str:
        """The page that shows the file."""
        return f"#/experiments/{self.experiment_id}/runs/{self.run_id}/artifacts/{name}{TRAINING_PAGES}"

    def picture(self, name: str) -> str:
        """The file itself."""
        return f"get-artifact?path={name}&run_uuid={self.run_id}"


def run_note(
    tags: Mapping[str, str],
    differences: Differences | None,
    headline: Sequence[Line] = (),
    place: Place | None = None,
) -> str:
    """A run's description: headline, samples, where the files are, what is new, how to do it again."""
    results = [table(headline)] if headline else []
    if place:
        results += [grid(place), files_line(place)]
    return paragraphs(*results, changed(tags, differences), _again(tags, differences))


def parent_note(commit: str) -> str:
    """The description of a run that groups experiments."""
    return paragraphs(
        f"The experiments that `dvc exp run` made on commit `{commit[:7]}`: what `dvc exp show` lists under it.",
        "This run only groups them. It is no training and has no metrics.",
    )


def with_own_words(text: str, before: str) -> str:
    """`text`, with what a user wrote into the description `before`."""
    _, mark, own = before.partition(OWN_WORDS)
    words = own.strip() if mark else before.strip()
    return "\n\n".join(part for part in (text.strip(), OWN_WORDS, words) if part)


def paragraphs(*parts: str) -> str:
    """The parts that are not empty, with an empty line between two."""
    return "\n\n".join(part.strip("\n") for part in parts if part)


def table(lines: Sequence[Line]) -> str:
    """A row for each number: value, interval, floor."""
    columns = ("", "value", "95 % interval", "floor: other real images")
    head = [f"| {' | '.join(f'&emsp;{column}' for column in columns)} |", "|:---|---:|---:|---:|"]
    return "\n".join([*head, *(f"| **{line.name}** | {' | '.join(_cells(line))} |" for line in lines)])


def _cells(line: Line) -> tuple[str, str, str]:
    interval = f"{line.interval[0]:.4g} – {line.interval[1]:.4g}" if line.interval else ""
    return f"{line.value:.4g}", interval, "" if line.floor is None else f"{line.floor:.4g}"


def grid(place: Place) -> str:
    """The picture of the samples, if it is there."""
    return f"![64 samples]({place.picture('grid.png')})" if "grid.png" in place.files else ""


def files_line(place: Place) -> str:
    """Links to the files that are there."""
    here = Paths(Path())
    known = {
        here.report.name: "report",
        "protocols.json": "protocols",
        here.evaluation.name: "all metrics with intervals",
    }
    return " · ".join(f"[{text}]({place.file(name)})" for name, text in known.items() if name in place.files)


def changed(tags: Mapping[str, str], differences: Differences | None) -> str:
    """Which parameters differ from those of the baseline, if there is one."""
    if BASELINE not in tags or differences is None:
        return ""
    told = [f"`{key}` {own} (was {before})" for key, (before, own) in differences.items()]
    return f"**Differs from the baseline** `{tags[BASELINE][:7]}`: {', '.join(told) or 'in no parameter'}"


def _again(tags: Mapping[str, str], differences: Differences | None) -> str:
    """The commands that train the same again."""
    commit = tags.get(BASELINE) or tags.get(COMMIT)
    if commit is None:
        return ""
    command = "dvc repro"
    if BASELINE in tags and differences is None:
        command = f"dvc exp apply {tags.get(EXPERIMENT, '')}"
    elif differences:
        settings = (shlex.quote(f"{key}={own}") for key, (_, own) in differences.items())
        command = " ".join(["dvc exp run", *(f"-S {setting}" for setting in settings)])
    dirty = " There were changes that are not committed." if tags.get(DIRTY) == "true" else ""
    return f"**Train the same again**{dirty and ':' + dirty}\n\n    git checkout {commit[:7]}\n    {command}"
