"""Errors a user can cause, and the exit statuses of the command line."""

import errno
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydantic import ValidationError

EXIT_FAILED = 1  # the work itself failed, for example a training diverged
EXIT_USER = 2  # the user can correct it: a parameter, a file, a command
EXIT_LOST = 3  # of a process of a training; the command line ends with EXIT_FAILED
EXIT_INTERRUPTED = 75  # asked to stop; the same command continues from the last checkpoint (sysexits' EX_TEMPFAIL)


class UserError(Exception):
    """One line: what is wrong, where, and how to correct it. The command line prints it and exits with status 2."""


class Diverged(Exception):
    """The training failed and cannot be continued; its files are kept. The command line exits with status 1."""


class Lost(Exception):
    """Another process of the same training died. The checkpoints are kept. The command line exits with status 1."""


class Interrupted(Exception):
    """The work stopped because it was asked to, and can be continued. The command line exits with status 75."""


@contextmanager
def ends_with_status(debug: bool = False) -> Iterator[None]:
    """Turn an error that the block raises into a line on stderr and an exit status. With `debug`, a fault is raised."""
    try:
        yield
    except UserError as error:
        if debug:
            raise
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EXIT_USER)
    except Diverged as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(EXIT_FAILED)
    except Interrupted as stopped:
        print(stopped, file=sys.stderr)
        sys.exit(EXIT_INTERRUPTED)


def first_fault(error: "ValidationError") -> str:
    """The place of the first fault in a file's content, and the fault: ``fid.value: Field required``."""
    fault = error.errors(include_url=False)[0]
    where = ".".join(str(part) for part in fault["loc"])
    return f"{where}: {fault['msg']}" if where else fault["msg"]


@contextmanager
def no_space_is_user_error(path: Path) -> Iterator[None]:
    """Turn a full disk, a quota or a file-size limit met while writing `path` into a `UserError`."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            reason = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}.get(
                error.errno, "the file-size limit is reached"
            )
            raise UserError(f"{path}: {reason}; free some space and run the same command again") from error
        raise


@contextmanager
def unwritable_is_user_error(path: Path) -> Iterator[None]:
    """Turn every reason why `path` cannot be written, which is met while writing it, into a `UserError`."""
    try:
        with no_space_is_user_error(path):
            yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path}: cannot be written ({reason}); name another place, or make it writable") from error
