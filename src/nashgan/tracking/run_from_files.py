"""A training's run, found in the store or rebuilt there from what the train stage wrote."""

import io
from collections.abc import Iterable

from mlflow import MlflowClient
from PIL import Image

from nashgan.records.history import IMAGES, Row, read_history, read_scores
from nashgan.records.metrics import SPEED
from nashgan.records.paths import Paths
from nashgan.records.pictures import Frame, read_timeline
from nashgan.records.train_run import TRAINING, TrainRun, read_train_run
from nashgan.tracking.baseline import differences
from nashgan.tracking.lineage import BASELINE
from nashgan.tracking.naming import FINAL_STEP, TIMELINE
from nashgan.tracking.old_runs import renew
from nashgan.tracking.store import Store, connect, one_line
from nashgan.tracking.upload import (
    RunDescription,
    create_run,
    describe_run,
    event_tag,
    find_run,
    known_image_steps,
    known_points,
    milliseconds,
    send_image,
    send_rows,
)


def ended(record: TrainRun) -> Row:
    """What is measured once, at the end, its columns named as DVC names them."""
    kept = {f"kept.{key}": float(value) for key, value in record.kept.model_dump(exclude_none=True).items()}
    speed = {SPEED: record.images / record.seconds} if record.seconds else {}
    return {IMAGES: FINAL_STEP, "seconds": record.seconds, **speed, **kept}


def ensure_run(paths: Paths) -> str:
    """The id of the run of the training whose files lie at `paths`.

    A store that does not know it (a fresh clone with a pulled cache, a deleted database, a server that was away) gets
    it from models/train_run.json, the history and the timeline; one that knows a part gets what is missing. Doing it
    twice changes nothing. Raises UserError where a file is missing or the store cannot be reached.
    """
    record = read_train_run(paths.train_run)
    store = connect(paths)
    with one_line(store.uri):
        return ensure_run_in(store, paths, record)


def ensure_run_in(store: Store, paths: Paths, record: TrainRun) -> str:
    """`ensure_run` in a store that is open already."""
    client, baseline = store.client, differences(paths.root, record.tags.get(BASELINE), record.params)
    description = RunDescription(record.params, record.tags, record.dataset, baseline)
    curves = [*read_history(paths.history), *read_scores(paths.scores)]
    rows = [(_time_of(row, record), row) for row in curves]
    rows.append((milliseconds(record.finished), ended(record)))
    frames = read_timeline(paths.timeline)
    with store.exclusive():
        run_id = find_run(store, record.run_id, record.tags[TRAINING])
        if run_id is None:
            run_id = create_run(store, description, record.started)
        else:
            run_id = renew(store, run_id, description, {column for row in curves for column in row})
        describe_run(store, run_id, description)
        send_rows(client, run_id, rows, known_points(client, run_id))
        for event in record.events:
            client.set_tag(run_id, *event_tag(event.images, event.kind, event.detail))
        _send_pictures(client, run_id, frames)
        _send_files(client, run_id, paths)
        if client.get_run(run_id).info.status != "FINISHED":
            client.set_terminated(run_id, "FINISHED", milliseconds(record.finished))
    return run_id


def _time_of(row: Row, record: TrainRun) -> int:
    """About when a row was measured, in ms: in proportion to its images."""
    share = min(row["images"] / record.images, 1.0)
    return milliseconds(record.started + share * (record.finished - record.started))


def _send_pictures(client: MlflowClient, run_id: str, frames: Iterable[Frame]) -> None:
    present = known_image_steps(client, run_id, TIMELINE)
    for frame in frames:
        if frame.images not in present:
            with Image.open(io.BytesIO(frame.picture.content)) as image:
                send_image(client, run_id, TIMELINE, image, frame.images)


def _send_files(client: MlflowClient, run_id: str, paths: Paths) -> None:
    listed = {file.path for file in client.list_artifacts(run_id)}
    for path in (paths.train_run, paths.history, paths.scores):
        if path.is_file() and path.name not in listed:
            client.log_artifact(run_id, str(path))
