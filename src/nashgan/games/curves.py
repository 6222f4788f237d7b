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

# of two players
LOSS_CURVE, ORDER_CURVE, LOGIT_CURVE, PROBABILITY_CURVE, GRADIENT_CURVE = (
    Curve(
        "Losses",
        {"d_loss": ("discriminator", "d"), "g_loss": ("generator", "g")},
        "both stay within a band. If the discriminator's loss falls to zero, it has won, and the generator stops "
        "learning. The level of a loss says little about the quality of the samples.",
    ),
    Curve(
        "Pairs in the right order",
        {"d_ordered": ("real above generated", "d")},
        "it stays below 1 and approaches the dashed line. It is the share of pairs of a real and a generated example "
        "in which the discriminator gives the real one the higher logit. At 1 it tells all of them apart.",
        span=(0, 1),
        guide=(0.5, "equilibrium ½"),
    ),
    Curve(
        "Mean logits",
        {"logit_real": ("real", "d"), "logit_fake": ("generated", "g")},
        "the two curves stay close to each other. At equilibrium they meet. A distance that grows all the time means "
        "that the discriminator wins.",
    ),
    Curve(
        "D(x) and D(G(z))",
        {"d_real": ("real", "d"), "d_fake": ("generated", "g")},
        "the two curves stay away from 1 and 0 and approach the dashed line. There the discriminator can no longer "
        "tell real examples from generated ones.",
        span=(0, 1),
        guide=(0.5, "equilibrium ½"),
    ),
    Curve(
        "Gradient norms",
        {"grad_norm_d": ("discriminator", "d"), "grad_norm_g": ("generator", "g")},
        "they stay within a factor of about ten. A rise over several powers of ten is an explosion. A fall towards "
        "zero means that the player no longer learns.",
        log=True,
    ),
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
