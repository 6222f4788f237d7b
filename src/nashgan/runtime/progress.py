"""Progress of work that takes longer than a moment: a live bar in a terminal, elsewhere a few lines.

With ``NASHGAN_QUIET`` in the environment, which ``--quiet`` sets, there is none.
"""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, runtime_checkable

QUIET = "NASHGAN_QUIET"  # other processes of a command have it, too
PLAIN_INTERVAL = 10.0  # seconds between two lines where there is no terminal, at least …
PLAIN_SHARE = 0.1  # … and the share of the work that is done between them
SHORT = 2.0  # seconds; what takes no longer shows nothing


@runtime_checkable
class Advance(Protocol):
    """Report `done` more units, and up to three numbers worth watching."""

    def __call__(self, done: int, /, **shown: float) -> None: ...


@contextmanager
def progress(what: str, total: int, unit: str = "img", start: int = 0) -> Iterator[Advance]:
    """Show the progress of `what` from `start` to `total` units: rate, time left and the numbers given to `Advance`.

    Of several processes that compute parts of the same, only the first shows its progress.
    """
    shown_as = _nothing if quiet() or not speaks() else _bar if sys.stderr.isatty() else _lines
    with shown_as(what, total, unit, start) as advance:
        yield advance


def speaks() -> bool:
    """Whether this process is alone, or the first of several that do the same: one of them says what all could say."""
    return os.environ.get("RANK", "0") == "0"


def quiet() -> bool:
    """Whether only warnings, errors and what was asked for are to be shown."""
    return bool(os.environ.get(QUIET))


def note(text: str) -> None:
    """Tell on standard error what is neither a result nor a warning."""
    if not quiet():
        print(text, file=sys.stderr, flush=True)


@contextmanager
def _nothing(what: str, total: int, unit: str, start: int) -> Iterator[Advance]:
    def advance(done: int, /, **shown: float) -> None:
        pass

    yield advance


@contextmanager
def _bar(what: str, total: int, unit: str, start: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("[bold]{task.description}"),
        BarColumn(bar_width=None),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
        TextColumn("{task.fields[shown]}"),
    )
    bar = Progress(*columns, console=Console(stderr=True), transient=False)
    task = bar.add_task(what, total=total, completed=start, rate="", shown="")
    began, count = time.monotonic(), 0

    def advance(done: int, /, **shown: float) -> None:
        nonlocal count
        count += done
        seconds = time.monotonic() - began
        bar.update(task, advance=done, rate=f"{_rate(count / max(seconds, 1e-9))} {unit}/s", shown=_join(shown))
        if seconds >= SHORT:
            bar.start()  # this does nothing if the bar is shown already

    try:
        yield advance
    finally:
        if bar.live.is_started:
            bar.stop()


@contextmanager
def _lines(what: str, total: int, unit: str, start: int) -> Iterator[Advance]:
    began = last = time.monotonic()
    count = told = 0

    def advance(done: int, /, **shown: float) -> None:
        nonlocal count, last, told
        count += done
        now = time.monotonic()
        if now - last >= PLAIN_INTERVAL and abs(count - told) >= PLAIN_SHARE * (total - start):
            last, told = now, count
            text = f"{what}: {start + count:,}/{total:,} {unit}"
            if count > 0:  # after a rollback to a checkpoint it can be negative
                rate = count / (now - began)
                text += f", {_rate(rate)} {unit}/s, {(total - start - count) / rate:.0f} s left"
            print(f"{text} {_join(shown)}".rstrip(), file=sys.stderr, flush=True)

    yield advance
    seconds = time.monotonic() - began
    if seconds >= SHORT:
        print(f"{what}: {start + count:,}/{total:,} {unit} in {seconds:.1f} s", file=sys.stderr, flush=True)


def _join(shown: dict[str, float]) -> str:
    return "  ".join(f"{name} {value:.3f}" for name, value in shown.items())


def _rate(rate: float) -> str:
    return f"{rate:,.{0 if rate >= 10 else 1}f}"
