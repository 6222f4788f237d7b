"""Results of a commit or of a DVC experiment, fetched from DVC's cache into a folder of their own."""

from pathlib import Path

from nashgan.records.examples import MANIFEST
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_folder


def fetch_revision(paths: Paths, revision: str) -> Paths:
    """What `revision` has of a trained pair, laid out as in a workspace, under .nashgan/models.

    These are the players, the records of training and evaluation, and what corrects the samples. A revision is a
    commit, a branch, a tag or the name of an experiment. Raises UserError where it has no generator.
    """
    from dvc.api import DVCFileSystem  # type: ignore[import-untyped]  # it takes a second
    from dvc.exceptions import DvcException  # type: ignore[import-untyped]

    here = Paths(Path())
    players, records = (here.generator, here.discriminator), (here.train_run, here.evaluation)
    wanted = *players, *records, here.samples / MANIFEST, here.correction
    try:
        files = DVCFileSystem(str(paths.home), rev=revision)
        if not files.exists(here.generator.as_posix()):
            raise FileNotFoundError("nothing of this name")
        folder = paths.home / ".nashgan" / "models" / f"commit-{files.repo.get_rev()[:12]}"
        if not folder.is_dir():
            with atomic_folder(folder) as place:
                for path in (name for name in wanted if files.exists(name.as_posix())):
                    (place / path).parent.mkdir(parents=True, exist_ok=True)
                    files.get(path.as_posix(), str(place / path), recursive=True)
    except (DvcException, OSError) as error:
        why = " ".join(str(error).split())
        raise UserError(
            f"{revision}: no folder, and no results of a commit or an experiment ({why}); "
            "`dvc exp pull` or `dvc fetch` may have them"
        ) from None
    return Paths(folder)
