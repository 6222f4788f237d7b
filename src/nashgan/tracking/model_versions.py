"""Evaluations on runs, and generators as versions of a registered model."""

import hashlib
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import LoggedModelStatus, Metric, RunTag
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model
from pydantic import BaseModel, ConfigDict, FiniteFloat, TypeAdapter, ValidationError

import nashgan
from nashgan.models.bundle import load_generator
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError, first_fault, no_space_is_user_error
from nashgan.runtime.files import read_json
from nashgan.tracking.lineage import COMMIT, DIRTY, EXPERIMENT
from nashgan.tracking.run_from_files import TrainRecord, ensure_run_in, read_record
from nashgan.tracking.serving import ARTIFACT, EXAMPLE, SIGNATURE
from nashgan.tracking.store import Store, connect, one_line
from nashgan.tracking.upload import DIGEST_LENGTH, TRAINING, find_run

CHALLENGER = "challenger"
REGISTRATION = "nashgan.registration"  # version tag: one generator with one evaluation
GENERATOR = "nashgan.generator"  # tag of logged model and version: the fingerprint
MEND = "run `dvc repro evaluate`"

# What a server of the model needs beside the package's code, which the model carries.
REQUIREMENTS = ("jaxtyping", "mlflow", "numpy", "pandas", "pillow", "pydantic", "rich", "safetensors", "torch")


class Measured(BaseModel):
    """One metric in reports/evaluation.json, as far as tracking reads it."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    value: FiniteFloat
    floor: FiniteFloat
    samples: int
    protocol: str


Evaluation = dict[str, Measured]


def read_evaluation(paths: Paths) -> Evaluation:
    """reports/evaluation.json. Raises UserError where it is missing or not written by nashgan."""
    values = read_json(paths.evaluation, MEND)
    try:
        return TypeAdapter(Evaluation).validate_python(values)
    except ValidationError as error:
        raise UserError(f"{paths.evaluation}: not an evaluation ({first_fault(error)}); {MEND}") from None


def log_evaluation(paths: Paths) -> None:
    """Put the evaluation on the training's run; a store that is away costs a warning, `register` does it again."""
    record, evaluation = read_record(paths), read_evaluation(paths)
    try:
        store = connect(paths)
        with one_line(store.uri):
            results = _Results(store, ensure_run_in(store, paths, record), paths, record, evaluation)
            with store.exclusive():
                results.log()
    except UserError as error:
        print(f"warning: {error}", file=sys.stderr)


def register(paths: Paths, name: str) -> dict[str, Any]:
    """Make the generator at `paths` a version of the registered model `name`, with the alias challenger.

    The same generator with the same evaluation is the same version, however often. Returns what reports/registry.json
    says. Raises UserError where a file is missing or the store cannot be reached.
    """
    read_evaluation(paths)  # before anything is created in a store
    _check_generator(paths)
    store = connect(paths)
    with one_line(store.uri), no_space_is_user_error(paths.mlflow_artifacts), store.as_default():
        run_id = send_evaluation(store, paths)
        version = ensure_version(store, paths, name).version
        store.client.set_registered_model_alias(name, CHALLENGER, version)
        aliases = store.client.get_model_version(name, version).aliases
    return {"name": name, "version": str(version), "run_id": run_id, "aliases": sorted(aliases)}


def send_evaluation(store: Store, paths: Paths) -> str:
    """Send run and evaluation, and the pages that are there, to an open store. Returns the run's id."""
    record, evaluation = read_record(paths), read_evaluation(paths)
    results = _Results(store, ensure_run_in(store, paths, record), paths, record, evaluation)
    with store.exclusive():
        results.log(paths.report, paths.sample_figures / "grid.png")
    return results.run_id


def ensure_version(store: Store, paths: Paths, name: str) -> ModelVersion:
    """The version of the generator at `paths` with its evaluation, found in the open store or created there."""
    record, evaluation = read_record(paths), read_evaluation(paths)
    _check_generator(paths)
    with store.exclusive():
        run_id = find_run(store, record.run_id, record.tags[TRAINING])
        if run_id is None:
            raise UserError(f"{paths.train_run}: its run was deleted in MLflow meanwhile; run the same command again")
        return _Results(store, run_id, paths, record, evaluation).version(name)


def _check_generator(paths: Paths) -> None:
    if load_generator(paths.generator).fingerprint != read_record(paths).generator:
        raise UserError(f"{paths.generator}: not the generator of {paths.train_run.name}; run `dvc repro train`")


def requirements() -> list[str]:
    """The exact packages a server needs; a local build's suffix (``+cpu``) is no version of a package registry."""
    return [f"{name}=={version(name).split('+')[0]}" for name in REQUIREMENTS]


@dataclass(frozen=True)
class _Results:
    """A training's run with what was measured on its generator. Who calls has the store for itself."""

    store: Store
    run_id: str
    paths: Paths
    record: TrainRecord
    evaluation: Evaluation

    def log(self, *pages: Path, model_id: str | None = None) -> None:
        """Metrics ``fid``, ``fid_floor``, … on the run, and on a logged model, at the training's last step.

        With them protocols, the evaluation and the `pages` that are there, unless the run shows a later evaluation.
        """
        values = {name: measured.value for name, measured in self.evaluation.items()}
        values |= {f"{name}_floor": measured.floor for name, measured in self.evaluation.items()}
        name, digest = self.record.dataset.name, self.record.dataset.digest[:DIGEST_LENGTH]
        at, latest = self._times(values)
        metrics = [
            Metric(key, value, at, self.record.images, model_id, name, digest, self.run_id)
            for key, value in values.items()
        ]
        client, protocols = self.store.client, {key: measured.protocol for key, measured in self.evaluation.items()}
        client.log_batch(self.run_id, metrics)
        if at >= latest:
            client.log_batch(self.run_id, tags=[RunTag(f"{key}_protocol", text) for key, text in protocols.items()])
            for path in (self.paths.evaluation, *(page for page in pages if page.exists())):
                client.log_artifact(self.run_id, str(path))

    def version(self, name: str) -> ModelVersion:
        """The version of this generator with this evaluation, found or created."""
        client, tags = self.store.client, self._tags()
        found = client.search_model_versions(f"tags.`{REGISTRATION}` = '{tags[REGISTRATION]}'")
        same = [registered for registered in found if registered.name == name]
        if same:
            return same[0]
        model_id = self._logged_model()
        self.log(model_id=model_id)
        try:
            client.create_registered_model(name)
        except MlflowException as error:
            if error.error_code != "RESOURCE_ALREADY_EXISTS":
                raise
        return client.create_model_version(name, f"models:/{model_id}", self.run_id, tags, model_id=model_id)

    def _times(self, values: dict[str, float]) -> tuple[int, int]:
        """When this evaluation was logged, else now, and when the latest before now was. In ms.

        One time for all its values tells evaluations apart that share some; logged again, they are the same points.
        """
        logged = defaultdict[int, dict[str, float]](dict)
        for key in values:
            for point in self.store.client.get_metric_history(self.run_id, key):
                if point.step == self.record.images:
                    logged[point.timestamp][key] = point.value
        latest, now = max(logged, default=0), time.time_ns() // 1_000_000
        return min((at for at in logged if logged[at] == values), default=max(now, latest + 1)), latest

    def _tags(self) -> dict[str, str]:
        record = self.record
        measured = {name: measured.model_dump() for name, measured in self.evaluation.items()}
        identity = json.dumps([record.generator, record.dataset.digest, measured], sort_keys=True)
        tags = {
            REGISTRATION: hashlib.sha256(identity.encode()).hexdigest()[:32],
            GENERATOR: record.generator,
            "data.digest": record.dataset.digest,
        }
        for name, metric in self.evaluation.items():
            tags |= {name: repr(metric.value), f"{name}_floor": repr(metric.floor), f"{name}_protocol": metric.protocol}
        lineage = {"git.commit": COMMIT, "git.dirty": DIRTY, "dvc.experiment": EXPERIMENT}
        return tags | {tag: record.tags[source] for tag, source in lineage.items() if source in record.tags}

    def _logged_model(self) -> str:
        """The id of the run's logged model of this generator, found or uploaded."""
        client, generator = self.store.client, self.record.generator
        query = f"source_run_id = '{self.run_id}' AND tags.`{GENERATOR}` = '{generator}'"
        for found in client.search_logged_models([self.store.experiment_id], query):
            if found.status == LoggedModelStatus.READY:
                return str(found.model_id)
        params = client.get_run(self.run_id).data.params
        model = client.create_logged_model(
            self.store.experiment_id, "generator", self.run_id, {GENERATOR: generator}, params
        )
        Model.log(
            artifact_path=None,
            name=model.name,
            model_id=model.model_id,
            run_id=self.run_id,
            flavor=mlflow.pyfunc,
            python_model=str(Path(__file__).with_name("served_model.py")),
            artifacts={ARTIFACT: str(self.paths.generator)},
            code_paths=[str(Path(nashgan.__file__).parent)],
            signature=SIGNATURE,
            input_example=EXAMPLE,
            pip_requirements=requirements(),
        )
        return str(model.model_id)
