"""Where the players of ``train.from`` lie: in a folder, in MLflow's registry, or in a commit or experiment of DVC."""

from pathlib import Path

from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.tracking.promotion import resolve_generator
from nashgan.training.warm_start import FILES, GENERATOR, RAW, Start


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
    if missing := [name for name in (GENERATOR, RAW) if name not in start.files]:
        raise UserError(f"params.yaml: train.from: {source}: has no {missing[0]}; name the folder of a generator")
    return start
