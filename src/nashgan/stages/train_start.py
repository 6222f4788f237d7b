"""Where the players of ``train.from`` lie: in a folder, in MLflow's registry, or in a commit or experiment of DVC."""

from pathlib import Path

import torch

from nashgan.games import create_game
from nashgan.games.game import GameParams
from nashgan.params import Params
from nashgan.records.paths import Paths
from nashgan.records.splits import read_manifest, read_split
from nashgan.runtime.device import Device
from nashgan.runtime.errors import UserError
from nashgan.stages.train_inputs import model_config
from nashgan.tracking.promotion import resolve_generator
from nashgan.training.warm_start import FILES, GENERATOR, GENERATOR_CONFIG, RAW, Start, begin_with


def find_start(paths: Paths, source: str) -> Start:
    """The players that `source` names: a folder of a generator, ``models:/nashgan@champion``, or a revision of Git.

    A revision is a commit, a branch, a tag or the name of an experiment. The discriminator lies beside the folder of
    the generator. A registered model has none, so that D begins anew. Raises UserError where there is no generator.
    """
    folder = paths.home / source
    try:
        generator = folder if folder.is_dir() else resolve_generator(source, paths)
    except UserError as error:
        raise UserError(f"params.yaml: train.from: {error}") from None
    places = {name: generator.parent / "discriminator" if "discriminator" in name else generator for name in FILES}
    found = {name: place / Path(name).name for name, place in places.items()}
    start = Start(source, {name: path.read_bytes() for name, path in found.items() if path.is_file()})
    if missing := [name for name in (GENERATOR_CONFIG, GENERATOR, RAW) if name not in start.files]:
        raise UserError(f"params.yaml: train.from: {source}: has no {missing[0]}; name the folder of a generator")
    return start


def try_start(paths: Paths, params: Params) -> None:
    """Build the players that the splits and the parameters ask for, and let them begin with ``train.from``.

    Only the players know which weights fit. Raises UserError as `find_start` and `begin_with`.
    """
    start = find_start(paths, params.train.from_ or "")
    manifest, data = read_manifest(paths.splits), read_split(paths.splits, "train")
    config = model_config(paths, data, manifest, params)
    settings = GameParams(params.model, params.objective, params.train)
    begin_with(create_game(config, settings, Device(torch.device("cpu"), bf16=False), len(data)), start)
