"""Where the players of ``train.from`` lie: in a folder, in MLflow's registry, or in a commit or experiment of DVC."""

from pathlib import Path

from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.tracking.promotion import resolve_generator
from nashgan.training.warm_start import FILES, GENERATOR, RAW, Start


def find_start(paths: Paths, source: str) -> Start:
    """The players that `source` names: a folder of a generator, ``models:/nashgan@champion``, or a revision of Git.

    A revision is a commit, a branch, a tag or the name of an experiment. The discriminator of a folder lies beside it.
    A registered model has none, so that D begins anew. Raises UserError where there is no generator.
    """
    folder = paths.home / source
    if source.startswith("models:") or folder.is_dir():
        generator = resolve_generator(source, paths) if source.startswith("models:") else folder
        places = {name: generator.parent / "discriminator" if "discriminator" in name else generator for name in FILES}
        found = {name: place / Path(name).name for name, place in places.items()}
        start = Start(source, {name: path.read_bytes() for name, path in found.items() if path.is_file()})
    else:
        start = Start(source, _of_revision(paths, source))
    if missing := [name for name in (GENERATOR, RAW) if name not in start.files]:
        raise UserError(f"params.yaml: train.from: {source}: has no {missing[0]}; name the folder of a generator")
    return start


def _of_revision(paths: Paths, revision: str) -> dict[str, bytes]:
    from dvc.api import DVCFileSystem  # type: ignore[import-untyped]  # it takes a second
    from dvc.exceptions import DvcException  # type: ignore[import-untyped]

    found, why = {}, "nothing of this name"
    try:
        files = DVCFileSystem(str(paths.home), rev=revision)
        for name in FILES:
            if files.exists(f"models/{name}"):
                found[name] = files.read_bytes(f"models/{name}")
    except (DvcException, OSError) as error:
        why = " ".join(str(error).split())
    if not found:
        raise UserError(
            f"params.yaml: train.from: {revision}: no folder, and no results of a commit or an experiment ({why}); "
            "`dvc exp pull` or `dvc fetch` may have them"
        )
    return found
