"""Generators as versions of a registered model."""

import hashlib
import json
import shutil
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import mlflow
from mlflow.entities import LoggedModel, LoggedModelStatus
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import Model

import nashgan
from nashgan.models.generator import load_generator
from nashgan.records.evaluation import corrected, read_evaluation
from nashgan.records.headline import DISTANCES
from nashgan.records.paths import Paths
from nashgan.records.registration import Registration
from nashgan.records.samples import CORRECTION, HOW
from nashgan.records.train_run import TRAINING, read_train_run
from nashgan.runtime.errors import UserError, no_space_is_user_error
from nashgan.runtime.files import sha256
from nashgan.tracking import serving_classes
from nashgan.tracking.lineage import COMMIT, EXPERIMENT
from nashgan.tracking.markdown import MAX_NOTE, MODEL_NOTE, NOTE, with_own_words
from nashgan.tracking.model_card import version_note
from nashgan.tracking.run_results import RunResults, send_evaluation
from nashgan.tracking.serving import ARTIFACT, example, signature
from nashgan.tracking.store import Store, connect, one_line
from nashgan.tracking.upload import find_run

CHALLENGER = "challenger"
READY = LoggedModelStatus.READY
MODEL = "models:/"  # begins the source of a version: what follows is the id of the logged model
VERSIONS = "mlflow.modelVersions"  # tag of a logged model, by which its page links to its versions
RECORDS = "registered"  # folder among a run's artifacts: the records that a version was registered with
REGISTRATION = "nashgan.registration"  # version tag: one generator with one evaluation
GENERATOR = "nashgan.generator"  # tag of logged model and version: the sha256 of its weights
CORRECTED_BY = "nashgan.correction"  # tag of a logged model that corrects what it draws: which correction it is
IDENTITY = {"value", "floor", "samples", "protocol"}  # fields of a metric by which evaluations are told apart
FORMER_TAGS = {"data.digest", "git.dirty"}  # of versions that an earlier nashgan registered, beside each metric's

# What a server of the model needs beside the package's code, which the model carries.
REQUIREMENTS = ("jaxtyping", "mlflow", "numpy", "pandas", "pillow", "pydantic", "rich", "safetensors", "torch")


def register(paths: Paths, name: str) -> Registration:
    """Make the generator at `paths` a version of the registered model `name`, with the alias challenger.

    The same generator with the same evaluation is the same version, however often. Raises UserError where a file is
    missing or the store cannot be reached.
    """
    read_evaluation(paths.evaluation)  # before anything is created in a store
    _check_generator(paths)
    store = connect(paths)
    with one_line(store.uri), no_space_is_user_error(paths.mlflow_artifacts), store.as_default():
        run_id = send_evaluation(store, paths)
        version = ensure_version(store, paths, name).version
        store.client.set_registered_model_alias(name, CHALLENGER, version)
        aliases = store.client.get_model_version(name, version).aliases
    return Registration(name=name, version=str(version), run_id=run_id, aliases=sorted(aliases))


def ensure_version(store: Store, paths: Paths, name: str) -> ModelVersion:
    """The version of the generator at `paths` with its evaluation, found in the open store or created there.

    Raises UserError where a file is missing or damaged, files do not belong together, or the run was deleted.
    """
    record, evaluation = read_train_run(paths.train_run), read_evaluation(paths.evaluation)
    _check_generator(paths)
    with store.exclusive():
        run_id = find_run(store, record.run_id, record.tags[TRAINING])
        if run_id is None:
            raise UserError(f"{paths.train_run}: its run was deleted in MLflow meanwhile; run the same command again")
        results = RunResults(store, run_id, paths, record, evaluation)
        version = _find(results, name) or _create(results, name)
        _describe(results, version)
    return version


def requirements() -> list[str]:
    """The exact packages a server needs; a local build's suffix (``+cpu``) is no version of a package registry."""
    return [f"{name}=={version(name).split('+')[0]}" for name in REQUIREMENTS]


def _check_generator(paths: Paths) -> None:
    if corrected(read_evaluation(paths.evaluation)) and not (paths.correction / HOW).exists():
        raise UserError(
            f"{paths.correction}: not found, and the evaluated samples were corrected; run `dvc pull` or "
            "`dvc repro generate`"
        )
    if load_generator(paths.generator).sha256 != read_train_run(paths.train_run).generator:
        raise UserError(f"{paths.generator}: not the generator of {paths.train_run.name}; run `dvc repro train`")


def _find(results: RunResults, name: str) -> ModelVersion | None:
    """The version of this generator with this evaluation."""
    tagged = f"tags.`{REGISTRATION}` = '{_tags(results)[REGISTRATION]}'"
    found = results.store.client.search_model_versions(tagged)
    return next((registered for registered in found if registered.name == name), None)


def _create(results: RunResults, name: str) -> ModelVersion:
    client, model_id = results.store.client, _logged_model(results)
    try:
        client.create_registered_model(name, description=MODEL_NOTE.format(name=name))
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    tags = _tags(results)
    for record in (results.paths.train_run, results.paths.evaluation):
        client.log_artifact(results.run_id, str(record), f"{RECORDS}/{tags[REGISTRATION]}")
    return client.create_model_version(name, f"{MODEL}{model_id}", results.run_id, tags, model_id=model_id)


def records(version: ModelVersion) -> str:
    """Where the run of a version has the records of its training and of its evaluation: a folder of its artifacts."""
    return f"{RECORDS}/{version.tags.get(REGISTRATION)}"


def _tags(results: RunResults) -> dict[str, str]:
    """A version's few tags: what tells versions apart, and what `promote` compares."""
    record, evaluation = results.record, results.evaluation
    measured = {name: metric.model_dump(include=IDENTITY) for name, metric in evaluation.items()}
    identity = json.dumps([record.generator, record.dataset.digest, measured], sort_keys=True)
    tags = {REGISTRATION: hashlib.sha256(identity.encode()).hexdigest()[:32], GENERATOR: record.generator}
    selected = next((name for name in DISTANCES if name in evaluation), None)  # what `promote` compares
    if selected and (value := evaluation[selected].value) is not None:
        tags |= {selected: repr(value), protocol_tag(selected): evaluation[selected].protocol}
    lineage = {"git.commit": COMMIT, "dvc.experiment": EXPERIMENT}
    return tags | {tag: record.tags[source] for tag, source in lineage.items() if source in record.tags}


def protocol_tag(metric: str) -> str:
    """The tag of a version that holds the protocol of the metric that `promote` compares."""
    return f"{metric}_protocol"


def _describe(results: RunResults, version: ModelVersion) -> None:
    """Give model, logged model and version their descriptions, and remove tags that only earlier versions wrote."""
    client, name = results.store.client, version.name
    if not client.get_registered_model(name).description:
        client.update_registered_model(name, MODEL_NOTE.format(name=name))
    text = version_note(results.card, results.differences, results.place())
    note = with_own_words(text, version.description or "")[:MAX_NOTE]
    if note != version.description:
        client.update_model_version(name, version.version, note)
    model = client.get_logged_model(str(version.source).removeprefix(MODEL))
    versions = json.loads(model.tags.get(VERSIONS, "[]"))
    if (link := {"name": name, "version": str(version.version)}) not in versions:
        versions.append(link)
    client.set_logged_model_tags(model.model_id, {VERSIONS: json.dumps(versions), NOTE: text})
    metrics = {f"{metric}{end}" for metric in results.evaluation for end in ("", "_floor", "_protocol")}
    for key in version.tags.keys() & (metrics | FORMER_TAGS) - _tags(results).keys():
        client.delete_model_version_tag(name, version.version, key)


def _logged_model(results: RunResults) -> str:
    """The id of the run's logged model of this generator, found or uploaded, with what was measured on it.

    One that is corrected in another way is another model.
    """
    client, generator, experiment = results.store.client, results.record.generator, results.store.experiment_id
    tags, how = {GENERATOR: generator}, results.paths.correction / HOW
    if how.exists():
        tags[CORRECTED_BY] = sha256(how)[:32]
    query = f"source_run_id = '{results.run_id}' AND tags.`{GENERATOR}` = '{generator}'"
    same = (found for found in client.search_logged_models([experiment], query) if found.status == READY)
    model = next((found for found in same if found.tags.get(CORRECTED_BY) == tags.get(CORRECTED_BY)), None)
    if model is None:
        params = client.get_run(results.run_id).data.params
        model = client.create_logged_model(experiment, "generator", results.run_id, tags, params)
    client.log_batch(results.run_id, results.metrics(results.logged_at, model.model_id))
    if model.status != READY:
        _upload(results, model)
    return str(model.model_id)


def _upload(results: RunResults, model: LoggedModel) -> None:
    """Files of a logged model: weights, the code that reads them, signature, an example of a request."""
    with tempfile.TemporaryDirectory() as place:
        generator = shutil.copytree(results.paths.generator, Path(place) / ARTIFACT)
        if results.paths.correction.exists():
            shutil.copytree(results.paths.correction, generator / CORRECTION)
        Model.log(
            artifact_path=None,
            name=model.name,
            model_id=model.model_id,
            run_id=results.run_id,
            flavor=mlflow.pyfunc,
            **served(results.paths, generator),
            code_paths=[str(Path(nashgan.__file__).parent)],
            pip_requirements=requirements(),
            step=results.record.images,  # MLflow copies the run's metrics of this step: the last row of the history
        )


def served(paths: Paths, generator: Path) -> dict[str, Any]:
    """What MLflow logs as the model: the discriminator, where it learned to name classes, and else the generator.

    `generator` is the folder of the generator with what corrects its samples.
    """
    config = load_generator(generator).config
    artifacts = {ARTIFACT: str(generator)}
    if not config.answers:
        code, form, request = "served_model.py", signature(config), example(config)
    else:
        code, form, request = "served_classifier.py", serving_classes.signature(), serving_classes.example(config)
        artifacts[serving_classes.ARTIFACT] = str(paths.discriminator)
    return {
        "python_model": str(Path(__file__).with_name(code)),
        "artifacts": artifacts,
        "signature": form,
        "input_example": request,
    }
