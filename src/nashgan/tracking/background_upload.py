"""The thread that sends a training's rows and pictures to the store. The training does not wait for the store."""

import queue
import sys
import time
from collections import deque
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread

import numpy as np
from mlflow.entities import RunTag
from PIL import Image

from nashgan.records.paths import Paths
from nashgan.records.train_run import TRAINING
from nashgan.runtime.errors import UserError
from nashgan.tracking.lineage import BASELINE
from nashgan.tracking.store import Store, connect, first_line, is_local, shown, tracking_uri
from nashgan.tracking.system import SystemMetrics
from nashgan.tracking.upload import (
    KnownPoints,
    Row,
    RunDescription,
    create_run,
    describe_run,
    find_run,
    known_image_steps,
    known_points,
    send_image,
    send_rows,
    send_system_metrics,
)

RETRY = 15.0  # seconds between two tries to reach a store that is away
PATIENCE_LOCAL, PATIENCE_SERVER = 60.0, 2.0  # seconds that a caller waits while nothing arrives
WAITING_IMAGES = 64  # kept in memory while a store is away; what is dropped is delivered from files later


@dataclass(frozen=True)
class Message:
    """One thing to deliver."""

    row: tuple[int, Row] | None = None  # time in ms, row of the history
    image: tuple[str, np.ndarray | Path, int] | None = None  # key, picture, step
    tag: tuple[str, str] | None = None
    status: str | None = None  # closes the run; the last message


@dataclass
class _Waiting:
    """What was handed over and has not arrived."""

    rows: list[tuple[int, Row]] = field(default_factory=list)
    images: deque[tuple[str, np.ndarray | Path, int]] = field(default_factory=lambda: deque(maxlen=WAITING_IMAGES))
    tags: list[RunTag] = field(default_factory=list)
    status: str | None = None

    def take(self, inbox: "queue.SimpleQueue[Message]", timeout: float) -> None:
        """Wait for a message, then take all there are."""
        try:
            self._add(inbox.get(timeout=timeout))
            while True:
                self._add(inbox.get_nowait())
        except queue.Empty:
            return

    def _add(self, message: Message) -> None:
        if message.row is not None:
            self.rows.append(message.row)
        if message.image is not None:
            self.images.append(message.image)
        if message.tag is not None:
            self.tags.append(RunTag(*message.tag))
        self.status = message.status or self.status


class BackgroundUpload(Thread):
    """Begins the run, delivers, tries again while the store is away, and closes the run after the last message."""

    def __init__(self, paths: Paths, description: RunDescription, resume_run_id: str | None) -> None:
        super().__init__(name="mlflow-upload", daemon=True)  # a hanging request never keeps the process
        self.paths, self.description, self.resume_run_id = paths, description, resume_run_id
        self.uri = tracking_uri(paths)
        self.local = is_local(self.uri)
        self.patience = PATIENCE_LOCAL if self.local else PATIENCE_SERVER
        self.inbox: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self.begun = Event()  # the first try to begin the run is over
        self.refused: UserError | None = None  # why the local store cannot be used; another try would not help
        self.fault: Exception | None = None  # the error of the last try, None after a success
        self.run_id: str | None = None
        self._awaited, self._answer = True, Lock()  # whether `begin` still waits for the first try, or has gone on
        self._store: Store | None = None
        self._rows: KnownPoints = {}
        self._images: dict[str, set[int]] = {}  # steps that the image grid has, a key
        self._system: SystemMetrics | None = None
        self._step = 0  # images seen
        self._arrived = time.monotonic()  # when something last arrived

    def begin(self) -> None:
        """Start, and wait for the first try, within patience. Raises UserError where a local store refused it."""
        self.start()
        self.begun.wait(self.patience)
        with self._answer:
            self._awaited = False
        if self.refused:
            raise self.refused

    def run(self) -> None:
        """The thread's work."""
        waiting = _Waiting()
        self._try(waiting)
        self.begun.set()
        tried = time.monotonic()
        while waiting.status is None and self.refused is None:
            waiting.take(self.inbox, self._system.interval if self._system else RETRY)
            if self.fault is None or waiting.status is not None or time.monotonic() - tried >= RETRY:
                self._try(waiting)
                tried = time.monotonic()

    def wait(self) -> None:
        """Wait until the thread is done, or nothing has arrived for too long."""
        began = time.monotonic()
        while self.is_alive() and time.monotonic() - max(began, self._arrived) < self.patience:
            self.join(0.02)
        if self.is_alive():
            silence = TimeoutError("no answer")
            self._warn(silence)
            self.fault = silence  # reported now; the end of the hanging request is not reported again

    def _try(self, waiting: _Waiting) -> None:
        try:
            self._deliver(self._begin(), waiting)
            self.fault = None
        except Exception as error:  # whatever is wrong with the store, the training goes on
            with self._answer:  # `begin` raises it, or it is told here
                if self._awaited and self.local and isinstance(error, UserError):
                    self.refused = error
                else:
                    self._warn(error)
            self.fault = error

    def _warn(self, error: Exception) -> None:
        if self.fault is None:
            where = "" if isinstance(error, UserError) else f"MLflow at {shown(self.uri)}: "
            text = f"warning: {where}{first_line(error)} (the training goes on; its files have what MLflow misses)"
            print(text, file=sys.stderr, flush=True)

    def _begin(self) -> tuple[Store, str]:
        """Connect, and create the run or open the one to go on with."""
        if self._store is None:
            self._store = connect(self.paths)
        if self.run_id is None:
            client, uid = self._store.client, self.description.tags[TRAINING]
            run_id = find_run(self._store, self.resume_run_id, uid)
            if run_id is None:
                run_id = create_run(self._store, self.description)
            else:
                client.update_run(run_id, status="RUNNING")
                self._rows = known_points(client, run_id)
            with self._store.exclusive() if BASELINE in self.description.tags else nullcontext():  # creates the parent
                describe_run(self._store, run_id, self.description)
            self._system = SystemMetrics(run_id, self.uri)
            self.run_id = run_id
            self._arrived = time.monotonic()
        return self._store, self.run_id

    def _deliver(self, run: tuple[Store, str], waiting: _Waiting) -> None:
        client, run_id = run[0].client, run[1]
        if waiting.rows:
            send_rows(client, run_id, waiting.rows, self._rows)
            self._step = int(waiting.rows[-1][1]["images"])
            waiting.rows.clear()
            self._arrived = time.monotonic()
        if waiting.tags:
            client.log_batch(run_id, tags=waiting.tags)
            waiting.tags.clear()
        while waiting.images:
            key, image, step = waiting.images[0]
            if key not in self._images:
                self._images[key] = known_image_steps(client, run_id, key)
            if step not in self._images[key]:
                send_image(client, run_id, key, Image.open(image) if isinstance(image, Path) else image, step)
                self._images[key].add(step)
            waiting.images.popleft()
            self._arrived = time.monotonic()
        if self._system is not None and (values := self._system.sample(waiting.status is not None)):
            send_system_metrics(client, run_id, values, self._step)
        if waiting.status is not None:
            client.set_terminated(run_id, waiting.status)
