"""Reading from Git, by its command line."""

import subprocess
from pathlib import Path

from nashgan.runtime.errors import UserError

TIMEOUT = 60  # seconds


def ask_git(root: Path, *command: str) -> bytes | None:
    """What Git prints for the work tree at `root`. None where Git fails, for example at an unknown revision.

    Raises UserError where Git is not installed or does not answer in time.
    """
    try:
        done = subprocess.run(("git", *command), cwd=root, capture_output=True, check=False, timeout=TIMEOUT)
    except subprocess.TimeoutExpired:
        raise UserError(f"{root}: git {command[0]} does not answer; run `git status` there") from None
    except FileNotFoundError:
        raise UserError("git: not found; install it, DVC keeps experiments there") from None
    except OSError as error:
        raise UserError(
            f"git: cannot be run in {root} ({error.strerror}); install it, DVC keeps experiments there"
        ) from error
    return done.stdout if done.returncode == 0 else None


def git_lines(root: Path, *command: str) -> list[str]:
    """The lines that Git prints. Raises UserError where Git fails, too."""
    answer = ask_git(root, *command)
    if answer is None:
        raise UserError(f"{root}: git {' '.join(command[:2])} has no answer; this needs a Git repository with a commit")
    return answer.decode(errors="replace").splitlines()
