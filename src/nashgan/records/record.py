"""What all records have in common: a schema, JSON written whole, and the stage that makes the file again."""

import json
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from nashgan.runtime.errors import UserError, first_fault
from nashgan.runtime.files import read_json, write_json

T = TypeVar("T")


class Record(BaseModel):
    """A part of a record. Fields that only another version knows are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


def mend(stage: str) -> str:
    """The command that makes the files of `stage` again, as the end of an error message."""
    return f"run `dvc repro {stage}`"


def read_record(kind: type[T], path: Path, stage: str) -> T:
    """The file at `path` as a `kind`. A missing, broken or foreign one is a UserError that names `stage`."""
    return validated(kind, read_json(path, mend(stage)), str(path), mend(stage))


def parse_json(content: bytes, where: str, stage: str) -> Any:
    """The JSON in the bytes of a file at another revision. Raises UserError where they are not JSON.

    `where` names the file in messages.
    """
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise UserError(f"{where}: not readable as JSON ({error}); {mend(stage)} there") from error


def validated(kind: type[T], values: Any, where: str, advice: str) -> T:
    """`values`, found at `where`, as a `kind`. Raises UserError with the first fault and `advice`."""
    try:
        return TypeAdapter(kind).validate_python(values)
    except ValidationError as error:
        raise UserError(f"{where}: {first_fault(error)}; {advice}".replace("\n", " ")) from None


def write_record(path: Path, record: BaseModel, exclude_unset: bool = False) -> None:
    """Write `record` as JSON, whole or not at all; with `exclude_unset` without the fields that were not set."""
    write_json(path, record.model_dump(mode="json", exclude_unset=exclude_unset))
