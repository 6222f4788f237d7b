"""How freed memory is kept. A training frees and needs the same large arrays again in every step.

GNU's C library gives them back to the system each time. The system then clears every page of the next ones, which
takes a sixth of a step of the default training. Where memory is taken from changes no result.
"""

import ctypes
from collections.abc import Mapping

CHOICES = ("MALLOC_MMAP_THRESHOLD_", "MALLOC_TRIM_THRESHOLD_", "GLIBC_TUNABLES", "LD_PRELOAD")  # a user's choice stays
OPTIONS = {-3: 64 << 20, -1: 512 << 20}  # M_MMAP_THRESHOLD, M_TRIM_THRESHOLD of mallopt(3): bytes


def keep_freed_memory(environment: Mapping[str, str]) -> bool:
    """Take arrays of less than 64 MiB from the heap, and keep up to 512 MiB that are freed at its end.

    Returns whether this was set. It is not set where the user has chosen, and not in another C library than GNU's.
    """
    if any(name in environment for name in CHOICES):
        return False
    try:
        set_option = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # macOS, musl; Windows
        return False
    return all(set_option(option, value) for option, value in OPTIONS.items())
