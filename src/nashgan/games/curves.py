"""Charts of a game's history, and the numbers of a game that has only one step."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Curve:
    """A chart of columns of the history, with a sentence on what a healthy curve looks like."""

    title: str
    columns: dict[str, tuple[str, str]]  # name and colour of the line, by column
    healthy: str
    log: bool = False
    span: tuple[float, float] | None = None
    from_zero: bool = False
    guide: tuple[float, str] | None = None


@dataclass(frozen=True)
class Fact:
    """A share that a game with a single step reports, with a sentence on what a healthy value is."""

    column: str
    title: str
    healthy: str


SPEED = Curve(
    "Speed in examples per second",
    {"img_s": ("examples a second", "n")},
    "it is flat. A short fall means that another process ran on the machine, that fcd was measured or that a "
    "checkpoint was written.",
    from_zero=True,
)

MEMORY = Curve(
    "Peak memory in MB",
    {"memory_mb": ("MB", "n")},
    "it is flat after the first rows. A steady rise means that the training keeps what it no longer needs. On a GPU "
    "the curve is the GPU's memory, otherwise that of the whole process.",
    from_zero=True,
)


def gradient_norm(player: str, colour: str) -> Curve:
    """The chart of the gradient's norm, where one gradient moves all that learns."""
    return Curve(
        "Gradient norm",
        {"grad_norm": (player, colour)},
        "it stays within a factor of about ten after the first rows. A rise over several powers of ten is an "
        "explosion.",
        log=True,
    )
