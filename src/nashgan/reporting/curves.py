"""What the history of a training shows, by family: charts of what has a course, numbers where there is one step."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from nashgan.pages.charts import Chart, Series, line_chart
from nashgan.pages.text import number

History = dict[str, Float[np.ndarray, " n"]]


@dataclass(frozen=True)
class Curve:
    """A chart that is drawn where the history has its columns, and what a healthy one looks like."""

    title: str
    columns: dict[str, tuple[str, str]]  # name and colour of the line, by column
    healthy: str
    log: bool = False
    span: tuple[float, float] | None = None
    from_zero: bool = False
    guide: tuple[float, str] | None = None


PROBABILITIES = frozenset({"non_saturating", "minimax", "bce_mse"})  # losses whose D says how likely an image is real

CRITIC = Curve(
    "Sigmoid of D’s scores",
    {"d_real": ("real", "d"), "d_fake": ("generated", "g")},
    "the two do not stay at 1 and 0. With this loss D gives scores, not probabilities: their height says nothing, and "
    "equilibrium is where the two meet, wherever that is.",
    span=(0, 1),
)

SCORE = Curve(
    "fcd of the averaged generator",
    {"training_fcd": ("samples", "g"), "floor": ("real images", "n")},
    "falls towards the line of real images, ever slower. A rise while the losses look well is the moment to keep an "
    "earlier generator: with train.keep: best.",
    log=True,
)

CURVES = (
    Curve(
        "Losses",
        {"d_loss": ("discriminator", "d"), "g_loss": ("generator", "g")},
        "both settle into a band. A discriminator loss that falls to nothing has won, and the generator stops "
        "learning. The level itself says little about the quality of images.",
    ),
    Curve(
        "D(x) and D(G(z))",
        {"d_real": ("real", "d"), "d_fake": ("generated", "g")},
        "the two stay apart without touching 1 and 0, and draw nearer to the dashed line, where the discriminator "
        "can no longer tell real images from generated ones.",
        span=(0, 1),
        guide=(0.5, "equilibrium ½"),
    ),
    Curve(
        "Gradient norms",
        {"grad_norm_d": ("discriminator", "d"), "grad_norm_g": ("generator", "g")},
        "within a factor of ten or so. A climb over several powers of ten is an explosion, a fall towards zero a "
        "player that no longer learns.",
        log=True,
    ),
    Curve(
        "Loss",
        {"loss": ("loss", "g")},
        "falls steeply, then slowly, in nats an image: it is an upper bound of what the images cost under the model.",
    ),
    Curve(
        "Reconstruction",
        {"reconstruction": ("reconstruction", "d")},
        "falls with the loss. Flat from the start, with a KL near zero, means that the decoder ignores its latents.",
    ),
    Curve(
        "KL divergence",
        {"kl": ("KL", "n")},
        "rises from zero and settles: the nats an image that the latents carry. Near zero they carry nothing; the more "
        "there are, the sharper are reconstructions and the more samples can fall between them.",
        from_zero=True,
    ),
    Curve(
        "Gradient norm",
        {"grad_norm": ("encoder and decoder", "n")},
        "within a factor of ten or so after the first rows. A climb over several powers of ten is an explosion.",
        log=True,
    ),
    Curve(
        "Speed in images per second",
        {"img_s": ("img/s", "n")},
        "flat. A dent is another process on the machine, or fcd being measured, or checkpoints being written.",
        from_zero=True,
    ),
)

FACTS = {  # of a fit in one step: what the column is called, and what is healthy
    "explained": (
        "Variance of the images that the fit has",
        "close to 100 %: what is missing are details that no sample can show; more latents have more.",
    ),
    "met_before": (
        "Samples in pixel range before the random walk",
        "well above 0 %: the further below, the less the images are like a normal distribution.",
    ),
    "met": (
        "Samples in pixel range after it",
        "100 %: otherwise the walk was stopped at its largest number of steps; fewer latents make it shorter.",
    ),
    "acceptance": (
        "Steps of the walk that were accepted",
        "5 to 40 %: nearer to 0 % the walkers are stuck, nearer to 100 % they hardly move.",
    ),
}


def charts(history: History, loss: str) -> list[tuple[Chart, str]]:
    """The charts whose columns the history has, each with its sentence; none for a fit in one step."""
    if FACTS.keys() <= history.keys():
        return []
    curves = [curve if loss in PROBABILITIES or "d_real" not in curve.columns else CRITIC for curve in CURVES]
    return [(_chart(curve, history), curve.healthy) for curve in curves if curve.columns.keys() <= history.keys()]


def score_charts(scores: History, floor: float | None) -> list[tuple[Chart, str]]:
    """The chart of what was measured on the way beside `floor`, the score of real images; none without two points."""
    if floor is None or len(scores.get("images", ())) < 2:
        return []
    return [(_chart(SCORE, {**scores, "floor": np.full(len(scores["images"]), floor)}), SCORE.healthy)]


def _chart(curve: Curve, history: History) -> Chart:
    series = [Series(name, slot, history["images"], history[key]) for key, (name, slot) in curve.columns.items()]
    return line_chart(curve.title, series, log=curve.log, span=curve.span, from_zero=curve.from_zero, guide=curve.guide)


def facts(history: History) -> list[tuple[str, str, str]]:
    """Name, share in percent and healthy sentence of each number of a fit in one step."""
    return [
        (name, f"{number(100 * history[key][-1])} %", healthy)
        for key, (name, healthy) in FACTS.items()
        if len(history.get(key, ()))
    ]
