"""The services of compose.yaml without containers: the same commands, on a private PostgreSQL and a local S3."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import postgres
import psycopg2
import yaml
from sqlalchemy.engine import make_url
from tracked import free_port, running
from workspaces import REPOSITORY

SECRETS = {"POSTGRES_PASSWORD": "secret", "AWS_ACCESS_KEY_ID": "team", "AWS_SECRET_ACCESS_KEY": "secret"}  # .env
FILLED_IN = {**SECRETS, "WORKERS": "1"}  # one process starts faster than two
REGION = {"AWS_DEFAULT_REGION": "us-east-1"}


class Team(NamedTuple):
    """Where clients find the servers."""

    mlflow: str
    storage: str
    log: Path  # of MLflow

    def environment(self) -> dict[str, str]:
        """What a member of the team sets."""
        keys = {name: SECRETS[name] for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")}
        return {"MLFLOW_TRACKING_URI": self.mlflow, "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false", **keys}


def services() -> dict[str, Any]:
    """The services of compose.yaml, with the variables of .env filled in."""
    text = (REPOSITORY / "compose.yaml").read_text()
    filled = re.sub(r"\$\{(\w+):[?-]([^}]*)\}", lambda found: FILLED_IN.get(found[1], found[2]), text)
    found: dict[str, Any] = yaml.safe_load(filled)["services"]
    return found


@contextmanager
def team_server(folder: Path) -> Iterator[Team]:
    """Run the services; files of the servers lie in `folder`."""
    storage, mlflow = free_port(), free_port()
    s3 = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(storage)]
    with (
        postgres.postgres() as uri,
        running(s3, f"http://127.0.0.1:{storage}/moto-api/", folder / "storage.log", SECRETS),
    ):
        database = make_url(uri)
        places = {"database:5432": f"127.0.0.1:{database.port}", "storage:7070": f"127.0.0.1:{storage}"}
        _create_user(uri)
        command, environment = _service("bucket", places)
        subprocess.run(command, env=os.environ | environment, check=True, timeout=60)
        command, environment = _service("mlflow", places | {"0.0.0.0": "127.0.0.1", "5000": str(mlflow)})
        address = f"http://127.0.0.1:{mlflow}"
        with running(command, f"{address}/health", folder / "mlflow.log", environment):
            yield Team(address, f"http://127.0.0.1:{storage}", folder / "mlflow.log")


def _service(name: str, places: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """Command and environment of a service, with addresses of this machine in the place of the containers'."""

    def here(text: str) -> str:
        for there, address in places.items():
            text = text.replace(there, address)
        return text

    service = services()[name]
    command = [here(part) for part in service["command"]]
    programs = {"python": [sys.executable], "mlflow": [sys.executable, "-m", "mlflow"]}
    return programs[command[0]] + command[1:], {key: here(value) for key, value in service["environment"].items()}


def _create_user(uri: str) -> None:
    """The owner of the database, whom the container of PostgreSQL creates from its environment."""
    environment = services()["database"]["environment"]
    connection = psycopg2.connect(uri.replace("+psycopg2", ""))
    with connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE ROLE {environment['POSTGRES_USER']} LOGIN PASSWORD %s", [SECRETS["POSTGRES_PASSWORD"]])
        cursor.execute(f"ALTER DATABASE {environment['POSTGRES_DB']} OWNER TO {environment['POSTGRES_USER']}")
    connection.close()
