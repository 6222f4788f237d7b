"""Freed memory is kept, so that the same arrays again cost no page faults; a user's choice is kept."""

import os
import subprocess
import sys

import pytest

from nashgan.runtime.allocation import CHOICES, keep_freed_memory

FAULTS = """
import resource
from nashgan.runtime.allocation import keep_freed_memory
assert keep_freed_memory({environment})
def step():
    arrays = [bytearray(9 << 20) for _ in range(6)]
step()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
step()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="GNU's C library")
def test_the_same_arrays_again_cost_no_page_faults() -> None:
    kept = {name: value for name, value in os.environ.items() if name not in CHOICES}
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(environment={})], capture_output=True, text=True, env=kept, timeout=60
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 100  # 54 MiB are 13,824 pages


@pytest.mark.parametrize("name", CHOICES)
def test_a_users_word_stands(name: str) -> None:
    assert not keep_freed_memory({name: "1"})
