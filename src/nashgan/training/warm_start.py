"""A training that begins with the players of another one: ``train.from``."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import safetensors.torch
from safetensors import SafetensorError
from torch import Tensor, nn

from nashgan.games.game import Game
from nashgan.models.config import ModelConfig
from nashgan.records.weights import CONFIG
from nashgan.runtime.errors import UserError

GENERATOR, RAW, DISCRIMINATOR = (
    "generator/weights.safetensors",  # averaged
    "generator/raw.safetensors",
    "discriminator/weights.safetensors",
)
GENERATOR_CONFIG = f"generator/{CONFIG}"
FILES = GENERATOR_CONFIG, GENERATOR, RAW, DISCRIMINATOR
PARAMETRISED = re.compile(r"\.parametrizations\.(\w+)\.original$")  # a weight under spectral normalisation


@dataclass(frozen=True)
class Start:
    """The weights that a training begins with: the contents of files. Without a discriminator, D begins anew."""

    source: str  # as params.yaml names it
    files: Mapping[str, bytes]

    @cached_property
    def sha256(self) -> str:
        """The sha256 of all weights."""
        weights = sorted(name for name in self.files if name != GENERATOR_CONFIG)
        return hashlib.sha256(b"".join(self.files[name] for name in weights)).hexdigest()

    def check(self, config: ModelConfig) -> None:
        """Raise UserError where the players are of another space, width or latent than those of `config`."""
        where = f"params.yaml: train.from: {self.source}"
        try:
            values = json.loads(self.files[GENERATOR_CONFIG])
            found = ModelConfig.model_validate({name: value for name, value in values.items() if name != "format"})
        except (ValueError, AttributeError) as error:
            raise UserError(
                f"{where}: {GENERATOR_CONFIG}: not a generator's ({' '.join(str(error).split())})"
            ) from None
        if found.space.name != config.space.name:
            raise UserError(f"{where}: it draws {found.space.plural}, this training {config.space.plural}")
        for name in ("width", "latent"):
            if (theirs := getattr(found, name)) != (ours := getattr(config, name)):
                raise UserError(f"{where}: it was trained with model.{name}: {theirs}, not {ours}; set model.{name}")

    def tensors(self, name: str) -> dict[str, Tensor]:
        """The tensors in a file; none where the file is missing. Raises UserError where it is broken."""
        if name not in self.files:
            return {}
        try:
            return safetensors.torch.load(self.files[name])
        except SafetensorError as error:
            raise UserError(f"params.yaml: train.from: {self.source}: {name}: not safetensors ({error})") from error


def begin_with(game: Game, start: Start) -> list[str]:
    """Give the players the weights of `start` that have the same name and shape. Returns the names of the others.

    Where classes or channels differ, so do some layers; these begin anew. Raises UserError where nothing fits a player,
    and as `Start.check`.
    """
    start.check(game.config)
    players = {GENERATOR: game.average.module, RAW: game.generator}
    if game.partner is not None and DISCRIMINATOR in start.files:
        players[DISCRIMINATOR] = game.partner
    new = []
    for name, module in players.items():
        player = name.partition("/")[0]
        left = _fill(module, start.tensors(name))
        if len(left) == len(list(module.parameters())):
            raise UserError(
                f"params.yaml: train.from: {start.source}: nothing of its {player} fits this one; set the model.name, "
                "model.width and model.latent that it was trained with"
            )
        new += [f"{player}: {one}" for one in left if name != RAW]
    return new


def _fill(module: nn.Module, tensors: Mapping[str, Tensor]) -> list[str]:
    """Fill what fits. Returns the names of the parameters that do not."""
    known = module.state_dict()
    source = {name: PARAMETRISED.sub(r".\1", name) for name in known}
    fitting = {
        name: tensors[plain]
        for name, plain in source.items()
        if plain in tensors and tensors[plain].shape == known[name].shape
    }
    module.load_state_dict(fitting, strict=False)
    return [source[name] for name, _ in module.named_parameters() if name not in fitting]
