"""train: the training split and the parameters in; generator, discriminator, history and timeline out."""

import hashlib
import json
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from nashgan.data.store import Images, read_images, read_manifest
from nashgan.errors import Interrupted, UserError
from nashgan.files import write_json
from nashgan.models.bundle import ModelConfig, load_generator, save_generator
from nashgan.models.shape import ImageShape
from nashgan.models.weights import FORMAT, save_config, save_weights
from nashgan.params import Params
from nashgan.paths import Paths
from nashgan.reporting.grid import image_grid, save_png
from nashgan.tracking.delivery import event_tag
from nashgan.tracking.lineage import EXPERIMENT
from nashgan.tracking.run import TrainingRun
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.device import Device, pick_device
from nashgan.training.images import TrainingImages
from nashgan.training.loop import train
from nashgan.training.players import Players
from nashgan.training.watchdog import Event

MEND = "run `dvc repro split`"


@dataclass(frozen=True)
class Timeline:
    """Writes the grids of the timeline as pictures and hands them to MLflow."""

    folder: Path
    run: TrainingRun

    def history(self, row: dict[str, float]) -> None:
        self.run.history(row)

    def timeline(self, images: np.ndarray, seen: int) -> None:
        grid = image_grid(images, columns=8)
        save_png(self.folder / f"{seen:09d}.png", grid)
        self.run.image("samples", np.asarray(grid.convert("RGB")), seen)

    def event(self, event: Event) -> None:
        self.run.tag(*event_tag(event.images, event.kind, event.detail))


def run(paths: Paths, params: Params) -> None:
    """Train, or go on where an interrupted training of the same data and parameters stopped."""
    manifest = read_manifest(paths.splits, MEND)
    data = read_images(paths.splits, "train")
    config = model_config(data, manifest, params)
    device = pick_device(params.train.device, params.train.precision)
    players = Players.create(config, params.model.discriminator_name, params.objective, params.train, device)

    home = paths.checkpoints / fingerprint(params, manifest["digest"], device)
    resumed = _read_run(home)
    started = resumed["started"] if resumed else _now()
    with TrainingRun.start(
        paths, _tracked(params), _dataset(manifest), resume_run_id=resumed["run_id"] if resumed else None
    ) as tracked:
        write_json(home / "run.json", {"run_id": tracked.run_id, "started": started})
        labels = data.labels if config.classes else None
        batches = TrainingImages(
            data.images, params.train.batch, params.train.seed, device.torch, labels, config.classes
        )
        observers = [Timeline(home / "timeline", tracked)]
        try:
            history = train(players, batches, params.train, Checkpoints(home), observers)
        except Interrupted as stopped:
            raise Interrupted(f"{stopped}; the same command goes on from there") from None

        save_generator(paths.generator, config, players.average.module, players.generator)
        save_weights(paths.discriminator / "weights.safetensors", players.discriminator)
        save_config(paths.discriminator, config.model_copy(update={"name": params.model.discriminator_name}))
        history.write(paths.history)
        write_json(paths.train_metrics, history.rows[-1])
        shutil.copytree(home / "timeline", paths.timeline, dirs_exist_ok=True)
        write_json(paths.train_run, {
            "format": FORMAT,
            "run_id": tracked.run_id,
            "tracking_uri": tracked.tracking_uri,
            "experiment": tracked.tags.get(EXPERIMENT),
            "started": started,
            "finished": _now(),
            "params": _tracked(params),
            "tags": tracked.tags,
            "dataset": _dataset(manifest),
            "generator": load_generator(paths.generator).fingerprint,
            "events": [asdict(event) for event in history.events],
            "seconds": history.seconds,
            "device": f"{device.name}, {device.precision}",
        })  # fmt: skip
    Checkpoints(home).clear()


def model_config(data: Images, manifest: dict[str, Any], params: Params) -> ModelConfig:
    """What the players are built from. Raises UserError where the data do not allow it."""
    if len(data) < params.train.batch:
        raise UserError(f"params.yaml: train.batch: {params.train.batch} is more than the {len(data)} training images")
    if params.model.conditional and data.labels is None:
        raise UserError(
            f"params.yaml: model.conditional: dataset {manifest['source']['name']} has no labels; set false"
        )
    return ModelConfig(
        name=params.model.name,
        image=ImageShape(channels=data.images.shape[1], size=data.images.shape[2]),
        latent=params.model.latent,
        width=params.model.width,
        classes=len(manifest["classes"]) if params.model.conditional else 0,
    )


def fingerprint(params: Params, data_digest: str, device: Device) -> str:
    """Names a training: the same name means that a checkpoint of one is a checkpoint of the other."""
    what = {
        "model": params.model.model_dump(),
        "objective": params.objective.model_dump(),
        "train": params.train.model_dump(),
        "data": data_digest,
        "device": [device.torch.type, device.precision],
    }
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


def _tracked(params: Params) -> dict[str, Any]:
    sections = params.model_dump(by_alias=True)
    return {name: sections[name] for name in ("data", "split", "model", "objective", "train")}


def _dataset(manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": manifest["source"]["name"],
        "digest": manifest["digest"],
        "count": manifest["splits"]["train"]["count"],
    }


def _read_run(home: Path) -> dict[str, Any] | None:
    path = home / "run.json"
    return json.loads(path.read_text()) if path.is_file() else None


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
