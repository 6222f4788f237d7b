"""The MLflow run of a training while it trains. Everything is sent by a thread of its own: training never waits."""

import time
import uuid
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np

from nashgan.records.paths import Paths
from nashgan.records.train_run import TRAINING, Dataset
from nashgan.runtime.errors import Interrupted
from nashgan.tracking.background_upload import BackgroundUpload, Message
from nashgan.tracking.baseline import differences
from nashgan.tracking.lineage import BASELINE, lineage_tags
from nashgan.tracking.store import shown
from nashgan.tracking.upload import Row, RunDescription


class TrainingRun:
    """One MLflow run a training.

    A server that is away or hangs costs one line of warning. What it misses stands in files, and `ensure_run` sends it.
    """

    def __init__(self, upload: BackgroundUpload) -> None:
        self._upload = upload
        self._finished = False

    @classmethod
    def start(
        cls,
        paths: Paths,
        params: dict[str, Any],
        dataset: Dataset,
        resume_run_id: str | None = None,
        uid: str | None = None,
        began_with: str | None = None,
    ) -> "TrainingRun":
        """Begin a run, or go on with `resume_run_id`, or with the one that `uid` began.

        `params` are nested by section. `uid` names the training permanently, a run id only in its store. `began_with`
        is the sha256 of the weights of a warm start. Raises UserError where the local store is broken: that is better
        known before the training than after it.
        """
        tags = {**lineage_tags(paths.root), TRAINING: uid or uuid.uuid4().hex, "mlflow.source.name": "nashgan train"}
        if began_with:
            tags["nashgan.began_with"] = began_with
        description = RunDescription(params, tags, dataset, differences(paths.root, tags.get(BASELINE), params))
        upload = BackgroundUpload(paths, description, resume_run_id)
        upload.begin()
        return cls(upload)

    @property
    def run_id(self) -> str | None:
        """The run's id; None as long as the server has not given one."""
        return self._upload.run_id

    @property
    def tracking_uri(self) -> str:
        """The store's address, without a password."""
        return shown(self._upload.uri)

    @property
    def tags(self) -> dict[str, str]:
        """The run's tags: lineage, and the training's own name."""
        return self._upload.description.tags

    def history(self, row: Row) -> None:
        """Send one row of the history; its "images" is the step. Takes microseconds."""
        self._upload.inbox.put(Message(row=(time.time_ns() // 1_000_000, dict(row))))

    def image(self, key: str, image: np.ndarray | Path, step: int) -> None:
        """Send a picture, uint8 (H, W, C) or a file, to the image grid under `key`. Takes microseconds."""
        self._upload.inbox.put(Message(image=(key, image, step)))

    def tag(self, key: str, value: str) -> None:
        """Send a tag of the run. Takes microseconds."""
        self._upload.inbox.put(Message(tag=(key, value)))

    def finish(self, status: str = "FINISHED") -> str | None:
        """Deliver what is left and close the run as FINISHED, FAILED or KILLED. Returns the run's id.

        Waits as long as the store accepts data, and at most about two seconds for a server that does not.
        """
        if not self._finished:
            self._finished = True
            self._upload.inbox.put(Message(status=status))
            self._upload.wait()
        return self.run_id

    def __enter__(self) -> "TrainingRun":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        stopped = isinstance(error, Interrupted | KeyboardInterrupt)
        self.finish("FINISHED" if error is None else "KILLED" if stopped else "FAILED")
