"""Stopping on request: a signal is remembered, and the loop ends after the current step."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1)  # keyboard, scheduler, scheduler's early warning


class StopRequest:
    """True once one of the signals has come."""

    def __init__(self) -> None:
        self.received: signal.Signals | None = None

    def __bool__(self) -> bool:
        return self.received is not None

    def __call__(self, number: int, frame: FrameType | None) -> None:
        self.received = signal.Signals(number)


@contextmanager
def stop_request() -> Iterator[StopRequest]:
    """While the block runs, signals only set the request. Afterwards the former handlers are set again.

    A block inside another one uses the outer request.
    """
    outer = signal.getsignal(signal.SIGTERM)
    if isinstance(outer, StopRequest):
        yield outer
        return
    request = StopRequest()
    former = {number: signal.signal(number, request) for number in STOP}
    try:
        yield request
    finally:
        for number, handler in former.items():
            signal.signal(number, handler)
