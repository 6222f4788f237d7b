"""``python -m nashgan COMMAND``: errors a user can cause are one line and exit status 2."""

import os
import sys
from pathlib import Path

from nashgan.runtime.allocation import keep_freed_memory
from nashgan.runtime.errors import EXIT_FAILED, Lost, ends_with_status
from nashgan.runtime.progress import speaks
from nashgan.runtime.threads import choose_waiting

EVERYWHERE = ("--debug", "--quiet")  # options of every command: they may stand before its name or after it


def main() -> None:
    """Run the command line."""
    sys.argv[1:] = sorted(sys.argv[1:], key=lambda word: word not in EVERYWHERE)
    debug = "--debug" in sys.argv
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    choose_waiting(os.environ, Path.cwd())
    keep_freed_memory(os.environ)
    from nashgan.cli import app

    try:
        with ends_with_status(debug):
            app()
    except Lost as error:
        if speaks():
            print(f"error: {error}", file=sys.stderr)
        sys.exit(EXIT_FAILED)


if __name__ == "__main__":
    main()
