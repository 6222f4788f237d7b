"""train: the training split and the parameters in; generator, discriminator, history and timeline out.

The classifier measures the generator on the way.
"""

import hashlib
import json
import os
import shutil
import sys
import uuid
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import torch

import nashgan
from nashgan.features.classifier import load_classifier
from nashgan.games.batches import TrainingImages
from nashgan.games.creation import create_game, schedule
from nashgan.games.game import Game
from nashgan.models import KNOW_NO_CLASSES
from nashgan.models.bundle import ModelConfig, load_generator, save_generator
from nashgan.params import Params
from nashgan.records.arrays import Images, read_images, read_manifest
from nashgan.records.paths import Paths
from nashgan.records.weights import FORMAT, save_config, save_weights
from nashgan.runtime.device import Device, pick_device
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.runtime.files import atomic_path, read_json, remove_torn, sha256, write_json
from nashgan.runtime.signals import stop_request
from nashgan.spaces.grid import image_grid, save_png
from nashgan.spaces.image import ImageShape
from nashgan.tracking.lineage import EXPERIMENT
from nashgan.tracking.live_run import TrainingRun
from nashgan.tracking.upload import event_tag
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.history import FCD, History
from nashgan.training.interrupted import crowded
from nashgan.training.loop import train
from nashgan.training.scoring import Scorer
from nashgan.training.watchdog import Event

MEND = "run `dvc repro split`"
MEASURING = ("classifier", "frechet", "networks", "reference", "statistics")  # modules of evaluation
CODE = (  # what a checkpoint's content depends on
    *(f"{folder}/**/*.py" for folder in ("models", "objectives", "training")),
    *(f"evaluation/{module}.py" for module in MEASURING),
)


@dataclass(frozen=True)
class Timeline:
    """Writes the grids of the timeline as pictures, and hands MLflow everything."""

    folder: Path
    run: TrainingRun

    def history(self, row: dict[str, float]) -> None:
        self.run.history(row)

    def score(self, row: dict[str, float]) -> None:
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
    game = create_game(config, params, device, len(data))
    scorer = create_scorer(paths, params, data, config, device) if params.train.evaluate_every else None

    checkpoints = Checkpoints(paths.checkpoints / fingerprint(params, manifest["digest"], device, scorer))
    with checkpoints.held(), stop_request():
        home = checkpoints.folder
        begun = _begun(home)
        with TrainingRun.start(
            paths, _tracked(params), _dataset(manifest), resume_run_id=begun["run_id"], uid=begun["training"]
        ) as tracked:
            write_json(home / "run.json", begun | {"run_id": tracked.run_id or begun["run_id"], "pid": os.getpid()})
            if warning := crowded(paths.checkpoints, device):
                print(f"warning: train: {warning}", file=sys.stderr)
            labels = data.labels if config.classes else None
            batches = TrainingImages(
                data.images, params.train.batch, params.train.seed, device.torch, labels, config.classes
            )
            observers = [Timeline(home / "timeline", tracked)]
            try:
                history = train(game, batches, schedule(game, params.train), checkpoints, observers, scorer)
            except Interrupted as stopped:
                raise Interrupted(f"{stopped}; the same command goes on from there") from None
            _write_players(paths, params, config, game)
            history.write(paths.history, paths.scores, paths.curves)
            kept = kept_moment(history, params.train.keep)
            write_json(paths.train_metrics, {**history.rows[-1], "seconds": history.seconds, "kept": kept})
            _copy_pictures(home / "timeline", paths.timeline)
            write_json(paths.train_run, {
                "format": FORMAT,
                "run_id": tracked.run_id,
                "tracking_uri": tracked.tracking_uri,
                "experiment": tracked.tags.get(EXPERIMENT),
                "started": begun["started"],
                "finished": _now(),
                "params": _tracked(params),
                "tags": tracked.tags,
                "dataset": _dataset(manifest),
                "generator": load_generator(paths.generator).fingerprint,
                "kept": kept,
                "fcd": scorer and {"floor": scorer.floor, "protocol": scorer.reference.protocol},
                "events": [asdict(event) for event in history.events],
                "seconds": history.seconds,
                "device": f"{device.name}, {device.precision}",
            })  # fmt: skip
        checkpoints.clear()


def _write_players(paths: Paths, params: Params, config: ModelConfig, game: Game) -> None:
    for folder in (paths.generator, paths.discriminator):
        remove_torn(folder)
    save_generator(paths.generator, config, game.average.module, game.generator)
    partner = paths.discriminator / "weights.safetensors"
    if game.partner is None:
        partner.unlink(missing_ok=True)  # of a training by hand before this one
    else:
        save_weights(partner, game.partner)
    save_config(paths.discriminator, config.model_copy(update={"name": params.model.partner_name}))


def _copy_pictures(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)  # of a training by hand before this one
    for picture in source.iterdir():
        with atomic_path(target / picture.name) as temporary:
            shutil.copyfile(picture, temporary)


def model_config(data: Images, manifest: dict[str, Any], params: Params) -> ModelConfig:
    """What the players are built from. Raises UserError where the data do not allow it."""
    if len(data) < params.train.batch:
        raise UserError(f"params.yaml: train.batch: {params.train.batch} is more than the {len(data)} training images")
    if params.model.conditional is True and data.labels is None:
        raise UserError(
            f"params.yaml: model.conditional: dataset {manifest['source']['name']} has no labels; set auto or false"
        )
    able = data.labels is not None and params.model.name not in KNOW_NO_CLASSES
    return ModelConfig(
        name=params.model.name,
        image=ImageShape(channels=data.images.shape[1], size=data.images.shape[2]),
        latent=params.model.latent,
        width=params.model.width,
        classes=len(manifest["classes"]) if able and params.model.conditional else 0,
    )


def create_scorer(paths: Paths, params: Params, data: Images, config: ModelConfig, device: Device) -> Scorer:
    """Whoever measures the generator on the way. Raises UserError where classifier and data do not fit."""
    return Scorer(load_classifier(paths.classifier), data.images, config, device, params.train.seed)


def kept_moment(history: History, keep: str) -> dict[str, float]:
    """After how many images the weights were what is kept of them, and their fcd where it was measured."""
    if not history.scores:
        return {"images": history.rows[-1]["images"]}
    moment = history.best if keep == "best" else history.scores[-1]  # the last images are always measured
    return {"images": moment["images"], "fcd": moment[FCD]}


def fingerprint(params: Params, data_digest: str, device: Device, scorer: Scorer | None) -> str:
    """Names a training: the same name means that a checkpoint of one is a checkpoint of the other."""
    what = {
        "model": params.model.model_dump(),
        "objective": params.objective.model_dump(),
        "train": params.train.model_dump(),
        "data": data_digest,
        "classifier": scorer and scorer.network.sha256,  # history and choice of the best depend on it
        "device": [device.torch.type, device.precision],
        "code": _code(),
        "torch": torch.__version__,
    }
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


def _code() -> str:
    package, digest = Path(nashgan.__file__).parent, hashlib.sha256()
    for path in sorted(path for pattern in CODE for path in package.glob(pattern)):
        digest.update(f"{path.relative_to(package)} {sha256(path)}".encode())
    return digest.hexdigest()


def _tracked(params: Params) -> dict[str, Any]:
    sections = params.model_dump(by_alias=True)
    return {name: sections[name] for name in ("data", "split", "classifier", "model", "objective", "train")}


def _dataset(manifest: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": manifest["source"]["name"],
        "digest": manifest["digest"],
        "count": manifest["splits"]["train"]["count"],
    }


def _begun(home: Path) -> dict[str, Any]:
    """What stays the same when a training goes on: its name for good, when it began, and its MLflow run if known."""
    path, threads = home / "run.json", torch.get_num_threads()
    if not path.is_file():
        write_json(path, {"training": uuid.uuid4().hex, "run_id": None, "started": _now(), "threads": threads})
    begun: dict[str, Any] = read_json(path, f"run `nashgan checkpoints --prune {home.name}`")
    if begun["threads"] != threads:
        text = f"warning: train: began with {begun['threads']} CPU threads and goes on with {threads}"
        print(f"{text}: the last bits of the result will differ (OMP_NUM_THREADS sets them)", file=sys.stderr)
    return begun


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
