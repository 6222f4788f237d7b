"""Files are written whole or not at all."""

import json
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_path, read_json, sha256, write_json, write_text


@contextmanager
def file_size_limit(size: int) -> Iterator[None]:
    """Writing beyond `size` bytes fails in this process, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_failed_write_leaves_the_former_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "value.json"
    write_json(path, {"kept": True})
    with pytest.raises(RuntimeError, match="halfway"), atomic_path(path) as temporary:
        temporary.write_text("torn")
        raise RuntimeError("halfway")
    assert json.loads(path.read_text()) == {"kept": True}
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_size_limit_is_one_clear_line(tmp_path: Path) -> None:
    path = tmp_path / "big.txt"
    write_text(path, "former")
    with file_size_limit(1000), pytest.raises(UserError, match=r"big\.txt: the file-size limit is reached; free"):
        write_text(path, "x" * 10_000)
    assert path.read_text() == "former"
    assert list(tmp_path.iterdir()) == [path]


def test_numbers_that_are_not_json_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(tmp_path / "x.json", {"fid": float("nan")})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe"])
def test_broken_json_names_the_file_and_the_mending_command(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"x\.json: not readable as JSON .*; run `dvc repro`"):
        read_json(path, "run `dvc repro`")
    path.unlink()
    with pytest.raises(UserError, match=r"x\.json: not found; run `dvc repro`"):
        read_json(path, "run `dvc repro`")


def test_sha256_of_the_empty_file(tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    assert sha256(tmp_path / "empty").startswith("e3b0c44298fc1c14")
