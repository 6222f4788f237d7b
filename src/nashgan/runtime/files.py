"""Files written whole or not at all, and their digests."""

import hashlib
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nashgan.runtime.errors import UserError, no_space_is_user_error, unwritable_is_user_error


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is fsynced and renamed to `path`, on failure removed.

    Raises UserError when the disk is full, and where no file can be written.
    """
    check_file(path)
    with unwritable_is_user_error(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".tmp")
        os.close(descriptor)
    temporary = Path(name)
    temporary.chmod(0o666 & ~_umask())  # mkstemp makes it private; an output is an ordinary file
    try:
        with no_space_is_user_error(path):
            yield temporary
            with temporary.open("rb+") as file:
                os.fsync(file.fileno())
            temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def atomic_folder(folder: Path) -> Iterator[Path]:
    """Yield an empty folder; on success it becomes `folder`, unless another process was faster. Else it is removed."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as temporary:
        filled = Path(temporary) / folder.name
        filled.mkdir()
        yield filled
        try:
            filled.replace(folder)
        except OSError:
            if not folder.is_dir():
                raise


def check_file(path: Path) -> None:
    """Raise UserError where `path` cannot become a file, so that a command can say so before it computes."""
    with unwritable_is_user_error(path):
        if path.is_dir():
            raise UserError(f"{path}: is a folder; name a file")
    check_folder(path.parent)


def check_folder(path: Path) -> None:
    """Raise UserError where `path` is no folder that can be written into, and cannot become one."""
    with unwritable_is_user_error(path):  # of a name that is too long, it cannot be said whether it is there
        there = next(one for one in (path, *path.absolute().parents) if one.exists())
    if not there.is_dir():
        raise UserError(f"{there}: is a file; name a folder")
    if not os.access(there, os.W_OK):
        raise UserError(f"{there}: is not writable; name another folder, or make it writable")


def remove_torn(folder: Path) -> None:
    """Remove half-written files in `folder`, left by processes that were killed."""
    for torn in folder.rglob(".*.tmp"):
        torn.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def write_text(path: Path, text: str) -> None:
    """Write `text` as UTF-8, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_json(path: Path, value: Any) -> None:
    """Write `value` as indented JSON, whole or not at all. NaN and infinity are refused: they are not JSON."""
    write_text(path, json.dumps(value, indent=2, allow_nan=False) + "\n")


def read_json(path: Path, mend: str) -> Any:
    """Read JSON; a missing or broken file is a UserError that ends with `mend`, e.g. "run `dvc repro train`"."""
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UserError(f"{path}: not found; {mend}") from None
    except (OSError, ValueError, RecursionError) as error:  # ValueError: not UTF-8, or not JSON
        raise UserError(f"{path}: not readable as JSON ({error}); {mend}") from error


def sha256(path: Path) -> str:
    """The file's sha256 in hexadecimal, read in pieces."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
