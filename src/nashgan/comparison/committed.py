"""Files as the last commit has them: in Git itself, or in DVC's cache under the digests of its dvc.lock."""

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from nashgan.records.dvc_lock import FILE, DvcLock, NotFinished
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.git import ask_git


@contextmanager
def committed(paths: Paths, files: Iterable[Path]) -> Iterator[Paths]:
    """Those of the `files` of the workspace that HEAD has, as another workspace, which is removed at the end.

    A file that is neither in Git nor in this repository's DVC cache is left out.
    """
    with TemporaryDirectory() as folder:
        there = Paths(Path(folder))
        outputs = _outputs(paths)
        for name in map(paths.name, files):
            content = _from_git(paths, name)
            if content is None:
                content = _from_cache(paths.home, outputs, name)
            if content is not None:
                (there.root / name).parent.mkdir(parents=True, exist_ok=True)
                (there.root / name).write_bytes(content)
        yield there


def _outputs(paths: Paths) -> dict[str, str]:
    try:
        return DvcLock.parse(_from_git(paths, FILE) or b"").outputs
    except NotFinished:
        return {}


def _from_git(paths: Paths, name: str) -> bytes | None:
    try:
        return ask_git(paths.root, "show", f"HEAD:{name}")
    except UserError:  # Git is not installed
        return None


def _from_cache(home: Path, outputs: dict[str, str], name: str) -> bytes | None:
    """The content of the output `name`, or of a file in an output that is a folder."""
    output = next((path for path in outputs if name == path or name.startswith(f"{path}/")), None)
    if output is None:
        return None
    content = _cached(home, outputs[output])
    if name == output or content is None:
        return content
    inside = name.removeprefix(f"{output}/")
    digests = {entry["relpath"]: entry["md5"] for entry in json.loads(content)}
    return _cached(home, digests[inside]) if inside in digests else None


def _cached(home: Path, digest: str) -> bytes | None:
    file = home / ".dvc" / "cache" / "files" / "md5" / digest[:2] / digest[2:]
    return file.read_bytes() if file.is_file() else None
