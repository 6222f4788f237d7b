"""A private PostgreSQL server, made from the system's packages."""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tracked import free_port

PROGRAMS = ("initdb", "pg_ctl", "createdb")


def missing() -> str | None:
    """Why there can be no server here, None where there can."""
    if importlib.util.find_spec("psycopg2") is None:
        return "psycopg2 is not installed"
    if _programs() is None:
        return "PostgreSQL's initdb is not installed"
    if os.geteuid() == 0 and (shutil.which("runuser") is None or not _has_user()):
        return "PostgreSQL does not run as root, and there is no user postgres to run it as"
    return None


@contextmanager
def postgres() -> Iterator[str]:
    """The URI of an empty database, on a socket in a temporary folder and on a port of its own."""
    programs, port = _programs(), free_port()
    assert programs is not None
    with tempfile.TemporaryDirectory(prefix="postgres-") as folder:
        as_user: list[str] = []
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
            as_user = ["runuser", "-u", "postgres", "--"]
        data, options = f"{folder}/data", f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"

        def run(program: str, *arguments: str) -> None:
            command = [*as_user, str(programs / program), *arguments]
            subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL, timeout=60)

        run("initdb", "-D", data, "-U", "postgres", "-A", "trust", "-N")
        run("pg_ctl", "-D", data, "-w", "-l", f"{folder}/log", "-o", options, "start")
        try:
            run("createdb", "-h", folder, "-p", str(port), "-U", "postgres", "mlflow")
            yield f"postgresql+psycopg2://postgres@127.0.0.1:{port}/mlflow"
        finally:
            run("pg_ctl", "-D", data, "-m", "immediate", "stop")


def _programs() -> Path | None:
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((place for place in places if all((place / name).is_file() for name in PROGRAMS)), None)


def _has_user() -> bool:
    return any(user.pw_name == "postgres" for user in pwd.getpwall())
