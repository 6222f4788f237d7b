"""reports/registry.json: which version of the registered model the generator became; made by the stage register."""

from pathlib import Path

from nashgan.records.record import Record, read_record, write_record

STAGE = "register"


class Registration(Record):
    """A version of a registered model in MLflow."""

    name: str
    version: str
    run_id: str  # of the training
    aliases: list[str]


def read_registration(path: Path) -> Registration:
    """The version. Raises UserError where the file is missing or broken."""
    return read_record(Registration, path, STAGE)


def write_registration(path: Path, registration: Registration) -> None:
    """Write the version."""
    write_record(path, registration)
