"""``python -m nashgan COMMAND``: errors a user can cause are one line and exit status 2."""

import os
import sys
from pathlib import Path

from nashgan.runtime.allocation import keep_freed_memory
from nashgan.runtime.errors import EXIT_FAILED, EXIT_INTERRUPTED, EXIT_USER, Diverged, Interrupted, UserError
from nashgan.runtime.threads import choose_waiting


def main() -> None:
    """Run the command line."""
    debug = "--debug" in sys.argv
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    choose_waiting(os.environ, Path.cwd())
    keep_freed_memory(os.environ)
    from nashgan.cli import app

    try:
        app()
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


if __name__ == "__main__":
    main()
