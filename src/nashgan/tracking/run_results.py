"""What was measured on a training's generator, brought to its run: numbers, files, description."""

import hashlib
import json
import sys
import tempfile
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from mlflow.entities import Metric, RunTag

from nashgan.models.generator import read_generator_config
from nashgan.records.evaluation import Evaluation, read_evaluation
from nashgan.records.paths import Paths
from nashgan.records.train_run import TrainRun, read_train_run
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import write_json
from nashgan.tracking.baseline import Differences, differences
from nashgan.tracking.lineage import BASELINE
from nashgan.tracking.markdown import NOTE, Line, Place, run_note, with_own_words
from nashgan.tracking.model_card import CardRecords, headline
from nashgan.tracking.naming import FINAL_STEP, evaluation_columns, metric_name
from nashgan.tracking.run_from_files import ensure_run_in
from nashgan.tracking.store import Store, connect, one_line
from nashgan.tracking.upload import DIGEST_LENGTH

PROTOCOL = "nashgan.protocol"  # tag of a run: runs with the same one were measured by the same protocols
PROTOCOLS = "protocols.json"  # artifact of a run: the protocol of each metric


def log_evaluation(paths: Paths) -> None:
    """Put the evaluation on the training's run; a store that is away costs a warning, `register` does it again."""
    record, evaluation = read_train_run(paths.train_run), read_evaluation(paths.evaluation)
    try:
        store = connect(paths)
        with one_line(store.uri):
            results = RunResults(store, ensure_run_in(store, paths, record), paths, record, evaluation)
            with store.exclusive():
                results.log()
    except UserError as error:
        print(f"warning: {error}", file=sys.stderr)


def send_evaluation(store: Store, paths: Paths) -> str:
    """Send run and evaluation, and the pages that are there, to an open store. Returns the run's id."""
    record, evaluation = read_train_run(paths.train_run), read_evaluation(paths.evaluation)
    results = RunResults(store, ensure_run_in(store, paths, record), paths, record, evaluation)
    with store.exclusive():
        results.log(paths.report, paths.grid, paths.film)
    return results.run_id


@dataclass(frozen=True)
class RunResults:
    """A training's run with what was measured on its generator. The caller holds the lock of the store."""

    store: Store
    run_id: str
    paths: Paths
    record: TrainRun
    evaluation: Evaluation

    def log(self, *pages: Path) -> None:
        """Send value and floor of each metric to the run.

        Unless the run shows a later evaluation, the protocols, the evaluation, those `pages` that exist and the numbers
        in the description are sent, too.
        """
        client = self.store.client
        at, latest = self._times()
        client.log_batch(self.run_id, self.metrics(at))
        if at < latest:
            return
        protocols = {name: metric.protocol for name, metric in self.evaluation.items()}
        with tempfile.TemporaryDirectory() as folder:
            written = Path(folder) / PROTOCOLS
            write_json(written, protocols)
            for path in (written, self.paths.evaluation, *(page for page in pages if page.exists())):
                client.log_artifact(self.run_id, str(path))
        before = client.get_run(self.run_id).data.tags.get(NOTE, "")
        note = run_note(self.record.tags, self.differences, self.headline, self.place())
        short = hashlib.sha256(json.dumps(protocols, sort_keys=True).encode()).hexdigest()[:8]
        tags = {PROTOCOL: short, NOTE: with_own_words(note, before)}
        client.log_batch(self.run_id, tags=[RunTag(key, value) for key, value in tags.items()])

    def metrics(self, at: int, model_id: str | None = None) -> list[Metric]:
        """What was measured, with the time `at` in ms: for the run, or for its logged model."""
        name, digest = self.record.dataset.name, self.record.dataset.digest[:DIGEST_LENGTH]
        return [
            Metric(key, value, at, FINAL_STEP, model_id, name, digest, self.run_id)
            for key, value in self._values.items()
        ]

    @property
    def logged_at(self) -> int:
        """When this evaluation was logged, else now. In ms."""
        return self._times()[0]

    @property
    def headline(self) -> tuple[Line, ...]:
        """The few numbers that matter, as far as they were measured."""
        return *headline(self.evaluation), Line("seconds of training", self.record.seconds)

    @property
    def card(self) -> CardRecords:
        """What the generator's card is made of."""
        return CardRecords(read_generator_config(self.paths.generator), self.record, self.evaluation)

    @property
    def differences(self) -> Differences | None:
        """Which parameters differ from those of the commit that it is based on; None where that is not known."""
        return differences(self.paths.root, self.record.tags.get(BASELINE), self.record.params)

    def place(self) -> Place:
        """Where run and files are on MLflow's page."""
        files = frozenset(file.path for file in self.store.client.list_artifacts(self.run_id))
        return Place(self.store.experiment_id, self.run_id, files)

    @property
    def _values(self) -> dict[str, float]:
        """Value and floor of each metric, as MLflow names them."""
        values = {name: metric.value for name, metric in self.evaluation.items() if metric.value is not None}
        floors = {name: metric.floor for name, metric in self.evaluation.items() if metric.floor is not None}
        return {metric_name(column): value for column, value in evaluation_columns(values, floors).items()}

    def _times(self) -> tuple[int, int]:
        """When this evaluation was logged, else now, and when the latest before now was. In ms.

        All values of an evaluation have one time. So evaluations that share some values are told apart, and values that
        are logged again are the same points.
        """
        values, logged = self._values, defaultdict[int, dict[str, float]](dict)
        for key in values:
            for point in self.store.client.get_metric_history(self.run_id, key):
                logged[point.timestamp][key] = point.value
        latest, now = max(logged, default=0), time.time_ns() // 1_000_000
        return min((at for at in logged if logged[at] == values), default=max(now, latest + 1)), latest
