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
        """The repository itself: an experiment's temporary workspace is another folder, DVC_ROOT names its parent."""
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
    def reference(self) -> Path:
        return self.root / "data" / "reference"

    @property
    def samples(self) -> Path:
        return self.root / "data" / "samples"

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
    def train_metrics(self) -> Path:
        return self.root / "reports" / "train" / "metrics.json"

    @property
    def history(self) -> Path:
        return self.root / "reports" / "train" / "history.csv"

    @property
    def scores(self) -> Path:
        """The averaged generator's fcd in the course of the training."""
        return self.root / "reports" / "train" / "fcd.csv"

    @property
    def curves(self) -> Path:
        """The history again, a file a measure."""
        return self.root / "reports" / "train" / "curves"

    @property
    def timeline(self) -> Path:
        return self.root / "reports" / "train" / "timeline"

    @property
    def sample_figures(self) -> Path:
        return self.root / "reports" / "samples"

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
    def fid_plot(self) -> Path:
        return self.root / "reports" / "fid.csv"

    @property
    def registry(self) -> Path:
        return self.root / "reports" / "registry.json"

    @property
    def report(self) -> Path:
        return self.root / "reports" / "index.html"

    @property
    def checkpoints(self) -> Path:
        """Resumable state; not a stage output, because DVC deletes outputs before it runs a stage."""
        return self.home / ".nashgan" / "checkpoints"

    @property
    def mlflow_store(self) -> Path:
        return self.home / "mlflow.db"

    @property
    def mlflow_artifacts(self) -> Path:
        return self.home / "mlartifacts"
