"""Files from mirrors, local folders and a dataset's own hosts. A file is used only if its checksum is correct."""

import hashlib
import logging
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs
import pooch
import requests
import urllib3

from nashgan.runtime.errors import UserError, no_space_is_user_error
from nashgan.runtime.progress import progress

_BLOCK = 2**17  # bytes
_TIMEOUT = 30  # seconds without an answer or a byte
_RETRIES = 2  # after a broken connection or a wrong checksum

pooch.get_logger().setLevel(logging.ERROR)  # the progress bar shows what else it would log


@dataclass(frozen=True)
class RemoteFile:
    """A published file. A download ends after `size` bytes and is used only if its checksum is `digest`."""

    name: str
    size: int
    digest: str  # in hexadecimal
    algorithm: Literal["sha256", "md5"] = "sha256"

    def is_at(self, path: Path) -> bool:
        """Whether the file at `path` has the checksum. Raises OSError where there is none."""
        with path.open("rb") as file:
            return hashlib.file_digest(file, self.algorithm).hexdigest() == self.digest


def cache_folder() -> Path:
    """Where downloads stay, outside of any repository: $NASHGAN_CACHE, else the user's cache folder."""
    return Path(os.environ.get("NASHGAN_CACHE") or platformdirs.user_cache_dir("nashgan"))


def cached_path(file: RemoteFile) -> Path:
    """Where a download of `file` stays."""
    return cache_folder() / f"{file.digest[:16]}-{file.name}"


def fetch(file: RemoteFile, mirrors: Sequence[str], hosts: Sequence[str], base: Path, mend: str) -> Path:
    """The path of `file`, from the cache or from the first of `mirrors` and `hosts` that has it.

    `mirrors` are the user's: http(s) addresses, or folders, whose files are used in place (relative ones are under
    `base`). `hosts` are https addresses. The file's name is appended to each. Raises UserError, which lists the places
    that were tried and ends with `mend`.
    """
    cached = cached_path(file)
    if cached.is_file() and file.is_at(cached):
        return cached
    failures = []
    for place in (*mirrors, *hosts):
        try:
            return _from_address(place, file, cached) if "://" in place else _from_folder(place, file, base)
        except (OSError, ValueError) as error:  # requests' errors are OSErrors, pooch's wrong checksum a ValueError
            failures.append(f"{place}: {_short(error, file)}")
    raise UserError(f"{file.name} could not be obtained ({'; '.join(failures)}); {mend}")


def _from_folder(folder: str, file: RemoteFile, base: Path) -> Path:
    path = base / Path(folder).expanduser() / file.name
    if not file.is_at(path):
        raise _WrongFileError
    return path


def _from_address(address: str, file: RemoteFile, cached: Path) -> Path:
    if not address.startswith(("https://", "http://")):
        raise ValueError("only https, http and folders are known")
    with no_space_is_user_error(cached):
        store = pooch.create(
            path=cached.parent,
            base_url="",
            registry={cached.name: f"{file.algorithm}:{file.digest}"},
            urls={cached.name: f"{address.rstrip('/')}/{file.name}"},
            retry_if_failed=_RETRIES,
        )
        return Path(store.fetch(cached.name, downloader=_Download(file)))


@dataclass(frozen=True)
class _Download:
    """A pooch downloader with this project's progress, a limit on the size, and no second try after an HTTP 4xx."""

    file: RemoteFile

    def __call__(self, url: str, output: Any, _pooch: object) -> None:
        with requests.get(url, stream=True, timeout=_TIMEOUT) as response, Path(output).open("wb") as target:
            if 400 <= response.status_code < 500:
                raise FileNotFoundError(f"{response.status_code} {response.reason}")
            response.raise_for_status()
            written = 0
            with progress(f"download {self.file.name}", self.file.size // 1000, unit="kB") as advance:
                for block in _blocks(response):
                    written += target.write(block)
                    if written > self.file.size:
                        raise _WrongFileError
                    advance(len(block) // 1000)


def _blocks(response: requests.Response) -> Iterator[bytes]:
    """The bytes as they were published. `iter_content` would unpack a .gz file that the server declares as encoding."""
    try:
        yield from response.raw.stream(_BLOCK, decode_content=False)
    except urllib3.exceptions.HTTPError as error:
        raise requests.ConnectionError(error) from error


class _WrongFileError(OSError):
    """The place has a file of this name with another content."""


def _short(error: Exception, file: RemoteFile) -> str:
    if isinstance(error, _WrongFileError) or "does not match the known hash" in str(error):  # it is a ValueError
        return f"another file of that name, {file.algorithm} is not {file.digest[:16]}…"
    if isinstance(error, requests.Timeout):
        return "no answer in time"
    if isinstance(error, requests.ConnectionError):
        return "no connection"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return " ".join(str(error).split())
