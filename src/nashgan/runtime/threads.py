"""How the threads of a process wait for one another. OpenMP reads these settings once, when torch is loaded.

A thread without work spins for a while before it sleeps, because waking up takes longer than spinning. Where several
processes share the cores, spinning threads take time from those that compute, and all become many times slower. How
long a thread spins changes no result.
"""

from collections.abc import MutableMapping
from pathlib import Path

CHOICES = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")  # a user's own choice is kept
SPINS = 3000  # for GNU's OpenMP, which torch brings for Linux; its own default is 300,000


def choose_waiting(environment: MutableMapping[str, str], folder: Path) -> None:
    """Set in `environment` how threads wait, unless the user has set it. To be called before torch is imported.

    The threads of a queue's worker do not spin at all, because other workers share the cores. Such a worker's working
    directory `folder` is a temporary workspace of the repository. The threads of any other process spin `SPINS` times
    at most.
    """
    if any(name in environment for name in CHOICES):
        return
    repository = Path(environment.get("DVC_ROOT", folder))
    if "DVC_EXP_NAME" in environment and repository.resolve() != folder.resolve():
        environment["OMP_WAIT_POLICY"] = "PASSIVE"
    else:
        environment["GOMP_SPINCOUNT"] = str(SPINS)
