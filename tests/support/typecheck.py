"""The decorator that checks annotations while testing."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from beartype import BeartypeConf, beartype

_beartype = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int is a float, as for mypy


def check(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function with its annotations checked; the checks are written when it is called for the first time.

    A function inside of another one is not checked: it is made anew in each call, which takes longer than the call.
    """
    if "<locals>" in function.__qualname__:
        return function
    checked: Callable[..., Any] | None = None

    @wraps(function)
    def first_checked(*args: Any, **kwargs: Any) -> Any:
        nonlocal checked
        if checked is None:
            checked = _beartype(function)
        return checked(*args, **kwargs)

    return first_checked
