"""The name of a training: the same name means that a checkpoint of one is a checkpoint of the other."""

import hashlib
import json
from collections.abc import Collection

import torch

from nashgan.games import GAMES, game_name
from nashgan.games.game import GameParams
from nashgan.models import DISCRIMINATORS, MODELS
from nashgan.models.config import ModelConfig
from nashgan.objectives import AUGMENTATIONS, LOSSES, PENALTIES
from nashgan.objectives.params import augmentations
from nashgan.runtime.code import digest, import_closure
from nashgan.runtime.device import Device
from nashgan.runtime.registered import Registered
from nashgan.spaces import SPACES, family
from nashgan.training.params import TrainParams
from nashgan.training.scoring import SCORES

LOOP, SCORING = "nashgan.training.loop", "nashgan.training.scoring"
FEW_LABELS = "nashgan.data.few_labels"  # which examples D is told the classes of


def fingerprint(
    config: ModelConfig,
    game_params: GameParams,
    train: TrainParams,
    data: str,
    device: Device,
    classifier: str | None,
    start: str | None = None,
    *,
    without: Collection[str] = (),
) -> str:
    """16 hexadecimal digits of a digest of all that the weights, the history and the pictures depend on.

    `data` is the digest of the splits, `classifier` the sha256 of the weights of the classifier that measures
    during the training, None where none does. `start` is that of the weights that the training begins with.
    `without` are keys of the section train that are left out, those of the length. Only code that is used counts: the
    file of another loss does not.
    """
    entries = entries_of(config, game_params)
    score = SCORES.get(family(config.examples.space)) if train.evaluate_every else None
    scoring = [SCORING] if classifier or score else []
    few = [FEW_LABELS] if config.answers else []
    roots = [LOOP, *scoring, *few, *(entry.module for entry in [*entries, *([score] if score else [])])]
    what = {
        "config": config.model_dump(mode="json"),
        "game_params": [game_params.model.model_dump(), game_params.objective.model_dump()],
        "train": train.model_dump(exclude=set(without)),
        "data": data,
        "classifier": classifier,
        "start": start,
        "device": [device.torch.type, device.precision, device.deterministic],
        "entries": [repr(entry) for entry in entries],
        "code": digest(import_closure(*roots)),
        "torch": torch.__version__,
    }
    return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()[:16]


def entries_of(config: ModelConfig, game_params: GameParams) -> list[Registered]:
    """The registry entries that a training uses."""
    model, discriminator = MODELS[config.name], game_params.model.discriminator_name
    game = game_name(config.name, game_params.model.encoder, game_params.objective.labelled)
    entries: list[Registered] = [SPACES[config.examples.space], model, GAMES[game]]
    if discriminator is not None:
        entries += [DISCRIMINATORS[discriminator], LOSSES[game_params.objective.loss]]
        entries += [PENALTIES[game_params.objective.penalty]] if game_params.objective.penalty in PENALTIES else []
        entries += [AUGMENTATIONS[name] for name in augmentations(game_params.objective.augment)]
    return entries
