"""Text datasets: the embedded names, and files of the user's own, which are read or refused in a line."""

from pathlib import Path

import numpy as np
import pytest
from dataset_cases import source as opened

from nashgan.data import DATASETS
from nashgan.data.names import COUNT
from nashgan.data.source import Source
from nashgan.runtime.errors import UserError
from nashgan.spaces import space_of
from nashgan.spaces.text import END, LONGEST, MOST_CHARACTERS, TextSpace


def load(name: str, base: Path, path: str = "data/own") -> Source:
    return opened(name, base, path=path)


def written(source: Source) -> list[str]:
    space = space_of(source.format)
    return [space.encode(example).decode() for example in source.examples if isinstance(example, np.ndarray)]


def test_the_names_are_the_most_frequent_ones_in_lower_case(tmp_path: Path) -> None:
    source = load("names", tmp_path)
    assert DATASETS["names"].space == source.format.space == "text"
    assert source.format.alphabet == END + "abcdefghijklmnopqrstuvwxyz" and source.format.shape == (13,)
    names = written(source)
    assert names[:3] == ["smith", "johnson", "williams"]
    assert len(names) == len(set(names)) == source.count == COUNT
    assert source.origin["files"][0]["name"] == "dist.all.last"


def test_a_file_has_one_example_a_line(tmp_path: Path) -> None:
    (tmp_path / "lines.txt").write_bytes("\ufeffein Öl\r\nzwei\n drei".encode())
    source = load("lines", tmp_path, "lines.txt")
    assert written(source) == ["ein Öl", "zwei", " drei"] and source.count == 3
    assert isinstance(space_of(source.format), TextSpace) and source.format.shape == (6,)


def test_the_limits_are_reached(tmp_path: Path) -> None:
    characters = "".join(map(chr, range(0x4E00, 0x4E00 + MOST_CHARACTERS)))
    (tmp_path / "lines.txt").write_text(f"{characters}\n{'一' * LONGEST}\n", encoding="utf-8")
    assert written(load("lines", tmp_path, "lines.txt")) == [characters, "一" * LONGEST]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (None, "data.path: .* is no file; name a text file"),
        (b"", "line 1 is empty"),
        (b"one\n\nthree\n", "line 2 is empty; remove it"),
        (b"one\n\r\nthree\n", "line 2 is empty; remove it"),
        (b"one\ntwo\xff\n", "line 2 is not UTF-8 .*; save the file as UTF-8"),
        (b"one\n" + b"a" * (LONGEST + 1), f"line 2 has {LONGEST + 1} characters, at most {LONGEST} are possible"),
        (
            "".join(f"{chr(0x4E00 + index)}\n" for index in range(MOST_CHARACTERS + 1)).encode(),
            f"{MOST_CHARACTERS + 1} distinct characters, at most {MOST_CHARACTERS} are possible",
        ),
    ],
)
def test_a_file_that_cannot_be_used_is_refused(tmp_path: Path, content: bytes | None, says: str) -> None:
    if content is not None:
        (tmp_path / "lines.txt").write_bytes(content)
    with pytest.raises(UserError, match=says) as caught:
        load("lines", tmp_path, "lines.txt")
    assert "\n" not in str(caught.value)
