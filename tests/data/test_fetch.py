"""Files are fetched from a real server on this machine, and used only when their checksum fits."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from loopback import Site, served

from nashgan.data import fetch as module
from nashgan.data.fetch import RemoteFile, cache_folder, fetch
from nashgan.runtime.errors import UserError

CONTENT = bytes(range(256)) * 1500
FILE = RemoteFile("digits.gz", len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
MEND = "name a place in data.mirror, or put it into data.root"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("NASHGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(module, "_RETRIES", 0)
    files = {"/good/digits.gz": CONTENT, "/other/digits.gz": CONTENT[::-1], "/long/digits.gz": CONTENT * 2}
    with served(files) as server:
        yield server


def test_a_file_is_fetched_once(site: Site, tmp_path: Path) -> None:
    for address in (f"{site.address}/good", f"{site.address}/good/"):
        path = fetch(FILE, [address], [], tmp_path, MEND)
        assert path.read_bytes() == CONTENT
        assert path.parent == cache_folder() == tmp_path / "cache"
    assert site.requests == ["/good/digits.gz"]
    assert list(cache_folder().iterdir()) == [path]


def test_a_spoilt_cache_is_not_used(site: Site, tmp_path: Path) -> None:
    path = fetch(FILE, [f"{site.address}/good"], [], tmp_path, MEND)
    path.write_bytes(b"spoilt")
    assert fetch(FILE, [f"{site.address}/good"], [], tmp_path, MEND).read_bytes() == CONTENT


@pytest.mark.parametrize("first", ["other", "long", "missing"])
def test_the_second_place_is_tried(site: Site, tmp_path: Path, first: str) -> None:
    path = fetch(FILE, [f"{site.address}/{first}"], [f"{site.address}/good"], tmp_path, MEND)
    assert path.read_bytes() == CONTENT
    assert site.requests == [f"/{first}/digits.gz", "/good/digits.gz"]
    assert list(cache_folder().iterdir()) == [path]


def test_a_broken_connection_is_tried_again(site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_RETRIES", 1)
    site.torn.add("/good/digits.gz")
    assert fetch(FILE, [f"{site.address}/good"], [], tmp_path, MEND).read_bytes() == CONTENT
    assert site.requests == ["/good/digits.gz"] * 2


def test_when_all_fail_each_place_is_named(site: Site, tmp_path: Path) -> None:
    closed = "http://127.0.0.1:1"
    places = [*(f"{site.address}/{name}" for name in ("other", "long", "missing")), closed, "ftp://x", "nowhere"]
    with pytest.raises(UserError) as caught:
        fetch(FILE, places, [], tmp_path, MEND)
    message = str(caught.value)
    assert message.startswith("digits.gz could not be obtained (")
    assert message.endswith(f"; {MEND}")
    assert "\n" not in message
    reasons = [
        "another file of that name",
        "another file of that name",
        "404 ",
        "no connection",
        "only https",
        "No such",
    ]
    for place, reason in zip(places, reasons, strict=True):
        assert f"{place}: {reason}" in message
    assert not cache_folder().exists() or list(cache_folder().iterdir()) == []


@pytest.mark.parametrize("absolute", [True, False])
def test_a_folder_is_used_in_place(site: Site, tmp_path: Path, absolute: bool) -> None:
    (tmp_path / "usb").mkdir()
    (tmp_path / "usb" / "digits.gz").write_bytes(CONTENT)
    place = str(tmp_path / "usb") if absolute else "usb"
    assert fetch(FILE, [place], [], tmp_path, MEND) == tmp_path / "usb" / "digits.gz"
    (tmp_path / "usb" / "digits.gz").write_bytes(CONTENT[:-1])
    with pytest.raises(UserError, match="usb: another file of that name, sha256 is not"):
        fetch(FILE, [place], [], tmp_path, MEND)
