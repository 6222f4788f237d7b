"""Every path a stage reads or writes, anchored at the repository root."""

import os
from dataclasses import dataclass
from pathlib import Path

from nashgan.runtime.errors import UserError


@dataclass(frozen=True)
class Paths:
    """The workspace at `root`: the folder that holds dvc.yaml and params.yaml."""

    root: Path

    @classmethod
    def find(cls, start: Path | None = None) -> "Paths":
        """The workspace around `start` (default: the working directory). Raises UserError outside of one."""
        start = (start or Path.cwd()).resolve()
        for folder in (start, *start.parents):
            if (folder / "dvc.yaml").is_file() and (folder / "params.yaml").is_file():
                return cls(folder)
        raise UserError(f"{start}: not inside a nashgan repository (no dvc.yaml with params.yaml above); cd into one")

    @property
    def home(self) -> Path:
        """The repository. An experiment may run in a temporary workspace; there DVC_ROOT names the repository."""
        return Path(os.environ.get("DVC_ROOT", self.root)).resolve()

    @property
    def params(self) -> Path:
        return self.root / "params.yaml"

    @property
    def raw(self) -> Path:
        return self.root / "data" / "raw"

    @property
    def splits(self) -> Path:
        return self.root / "data" / "splits"

    @property
    def other_raw(self) -> Path:
        """The second dataset (data.other), whose images are translated; only where there is one."""
        return self.raw / "other"

    @property
    def other_splits(self) -> Path:
        return self.splits / "other"

    @property
    def reference(self) -> Path:
        return self.root / "data" / "reference"

    @property
    def samples(self) -> Path:
        return self.root / "data" / "samples"

    @property
    def correction(self) -> Path:
        """What corrects the samples; only where they were corrected."""
        return self.samples / "correction"

    @property
    def classifier(self) -> Path:
        return self.root / "models" / "classifier"

    @property
    def generator(self) -> Path:
        return self.root / "models" / "generator"

    @property
    def discriminator(self) -> Path:
        return self.root / "models" / "discriminator"

    @property
    def train_run(self) -> Path:
        return self.root / "models" / "train_run.json"

    @property
    def history(self) -> Path:
        return self.root / "reports" / "train" / "history.csv"

    @property
    def scores(self) -> Path:
        """The averaged generator's score in the course of the training."""
        return self.root / "reports" / "train" / "score.csv"

    @property
    def curves(self) -> Path:
        """The history's other measures, a file each."""
        return self.root / "reports" / "train" / "curves"

    @property
    def answers(self) -> Path:
        """The history's D(x) and D(G(z)), side by side."""
        return self.root / "reports" / "train" / "answers.csv"

    @property
    def timeline(self) -> Path:
        return self.root / "reports" / "train" / "timeline"

    @property
    def sample_picture(self) -> Path:
        """The grid of samples, small enough for Git: a clone without DVC's cache has it."""
        return self.root / "reports" / "samples.png"

    @property
    def sample_figures(self) -> Path:
        return self.root / "reports" / "samples"

    @property
    def grid(self) -> Path:
        """The first samples in rows."""
        return self.sample_figures / "grid.png"

    @property
    def film(self) -> Path:
        """The first clips side by side, playing at the same time; only where examples are clips."""
        return self.sample_figures / "grid.gif"

    @property
    def interpolation(self) -> Path:
        return self.sample_figures / "interpolation.png"

    @property
    def reconstructions(self) -> Path:
        return self.sample_figures / "reconstructions.png"

    @property
    def evaluation(self) -> Path:
        return self.root / "reports" / "evaluation.json"

    @property
    def nearest(self) -> Path:
        """Pictures of the samples that are closest to training images, beside these."""
        return self.root / "reports" / "nearest"

    @property
    def questions(self) -> Path:
        """Pictures of what came of the questions that a training was asked, ``<question>-<picture>.png``."""
        return self.root / "reports" / "questions"

    @property
    def advice(self) -> Path:
        """Where `nashgan advise` writes."""
        return self.root / "reports" / "advice"

    @property
    def metrics(self) -> Path:
        """What `dvc exp show` and `dvc metrics` tell of an evaluation."""
        return self.root / "reports" / "metrics.json"

    @property
    def score_plot(self) -> Path:
        return self.root / "reports" / "plots" / "scores.json"

    @property
    def class_plot(self) -> Path:
        return self.root / "reports" / "plots" / "classes.json"

    @property
    def registration(self) -> Path:
        return self.root / "reports" / "registry.json"

    @property
    def report(self) -> Path:
        return self.root / "reports" / "index.html"

    @property
    def checkpoints(self) -> Path:
        """Resumable state; not a stage output, because DVC deletes outputs before it runs a stage."""
        return self.home / ".nashgan" / "checkpoints"

    @property
    def scratch(self) -> Path:
        """Arrays that are too large for memory, while a stage runs."""
        return self.home / ".nashgan" / "scratch"

    @property
    def finished(self) -> Path:
        """Finished trainings that a longer one can go on from."""
        return self.home / ".nashgan" / "finished"

    @property
    def studies(self) -> Path:
        """The studies of `nashgan search`, a SQLite database."""
        return self.home / ".nashgan" / "search.db"

    @property
    def searches(self) -> Path:
        """What the workers of a search write: locks, and what DVC prints of each trial."""
        return self.home / ".nashgan" / "search"

    @property
    def comparison(self) -> Path:
        """Where `nashgan compare` writes."""
        return self.root / "reports" / "comparison"

    @property
    def mlflow_store(self) -> Path:
        return self.home / "mlflow.db"

    @property
    def mlflow_artifacts(self) -> Path:
        return self.home / "mlartifacts"

    def name(self, path: Path) -> str:
        """A path of this workspace as Git and DVC know it: relative to the root, with slashes."""
        return path.relative_to(self.root).as_posix()
