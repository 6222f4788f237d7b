"""Text of the user's own: a file in UTF-8 with one example a line."""

from pathlib import Path

from nashgan.data.params import DataParams
from nashgan.data.source import Dataset, Source, anchored, file_origin
from nashgan.runtime.errors import UserError
from nashgan.spaces.text import LONGEST, MOST_CHARACTERS, TextSpace


def read_lines(path: Path) -> list[str]:
    """The lines of a text file, without their ends.

    Raises UserError where the file is missing or is not UTF-8, and where a line is empty or has more than LONGEST
    characters; it names the line.
    """
    if not path.is_file():
        raise UserError(f"params.yaml: data.path: {path} is no file; name a text file with one example a line")
    content = path.read_bytes()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        number = content[: error.start].count(b"\n") + 1
        raise UserError(f"{path}: line {number} is not UTF-8 ({error.reason}); save the file as UTF-8") from error
    lines = [line.removesuffix("\r") for line in text.removesuffix("\n").split("\n")]
    for number, line in enumerate(lines, 1):
        if not line:
            raise UserError(f"{path}: line {number} is empty; remove it, because each line is an example")
        if len(line) > LONGEST:
            raise UserError(
                f"{path}: line {number} has {len(line)} characters, at most {LONGEST} are possible; shorten it"
            )
    return lines


def text_source(path: Path, lines: list[str]) -> Source:
    """`lines`, which come from the file `path`. Raises UserError where they have more than MOST_CHARACTERS characters.

    The alphabet is made of the characters that occur.
    """
    space = TextSpace.around(lines)
    if (found := len(space.alphabet) - 1) > MOST_CHARACTERS:
        raise UserError(
            f"{path}: {found} distinct characters, at most {MOST_CHARACTERS} are possible; "
            "replace or remove the rare ones"
        )
    return Source(
        count=len(lines),
        format=space.format,
        examples=iter(space.indices(lines)),
        origin={"files": [file_origin(path)]},
    )


def load(data: DataParams, base: Path) -> Source:
    """The lines of the file `data.path`."""
    path = anchored(data.path, base)
    return text_source(path, read_lines(path))


DATASET = Dataset(load, needs_no_download=lambda data: True)
