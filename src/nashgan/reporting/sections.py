"""The blocks of the report: a function each, which picks from the inputs what its template shows.

A new block is one function in `SECTIONS` and one file ``templates/sections/<slug>.html.j2``.
"""

import io
import math
import shlex
from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from nashgan.randomness import derive_seed
from nashgan.reporting.charts import Series, line_chart
from nashgan.reporting.grid import image_grid
from nashgan.reporting.inputs import Inputs, Metric, Picture
from nashgan.reporting.text import moment, shown
from nashgan.tracking.lineage import COMMIT, DIRTY

COLUMN = 544  # pixels of half the page, what one of two pictures side by side may take
PAGE = 1120  # pixels of the whole page


@dataclass(frozen=True)
class Section:
    slug: str  # the anchor, and the name of the template
    title: str
    context: dict[str, Any]


@dataclass(frozen=True)
class Figure:
    """A picture on the page: a data: address, its size there, and whether its pixels are to stay visible."""

    source: str
    width: int
    height: int
    crisp: bool


def figure(picture: Picture | Image.Image, room: int) -> Figure:
    """Enlarge by the largest whole factor that fits into `room` pixels; a picture wider than that is left to shrink."""
    if isinstance(picture, Image.Image):
        buffer = io.BytesIO()
        picture.save(buffer, format="PNG", optimize=True)
        picture = Picture(buffer.getvalue(), *picture.size)
    zoom = max(1, room // picture.width)
    source = "data:image/png;base64," + b64encode(picture.png).decode()
    return Figure(source, picture.width * zoom, picture.height * zoom, picture.width <= room)


def metrics(inputs: Inputs) -> Section:
    """Each metric with the floor it has to be read against."""
    words = {"fid": "Fréchet Inception distance", "fcd": "Fréchet classifier distance"}  # first, in this order
    keys = sorted(inputs.evaluation, key=lambda key: list(words).index(key) if key in words else len(words))
    rows = [
        {"key": key, "name": words.get(key, ""), "metric": inputs.evaluation[key], **_gauge(inputs.evaluation[key])}
        for key in keys
    ]
    return Section("metrics", "Distance from the real images", {"metrics": rows})


def _gauge(metric: Metric) -> dict[str, Any]:
    """Where value and floor lie on a bar of 100 units, and how many floors the value is."""
    value, floor = (
        number if number is not None and math.isfinite(number) and number >= 0 else None
        for number in (metric.value, metric.floor)
    )
    full = max(value or 0.0, floor or 0.0) * 1.1 or 1.0
    at = {"value_at": round(100 * (value or 0.0) / full, 2), "floor_at": round(100 * (floor or 0.0) / full, 2)}
    return {**at, "ratio": value / floor if value is not None and floor else None}


def samples(inputs: Inputs) -> Section:
    """Generated images beside real ones, as many, laid out alike; both picked by a seed, not by hand."""
    split, real = inputs.real
    size = inputs.data.image.size
    columns = 8 if size <= 64 else 4 if size <= 256 else 2
    count = min(columns**2, len(real), len(inputs.generated))
    seed = inputs.samples.seed

    def pick(images: np.ndarray, purpose: str) -> Figure:
        order = np.random.default_rng(derive_seed(seed, "report", purpose)).permutation(len(images))[:count]
        return figure(image_grid(images[order], columns), COLUMN)

    context = {
        "generated": pick(inputs.generated.images, "generated"),
        "real": pick(real.images, "real"),
        "count": count,
        "split": split,
        "card": inputs.samples,
        "grid": figure(inputs.grid, COLUMN),
        "interpolation": figure(inputs.interpolation, COLUMN),
    }
    return Section("samples", "Samples beside real images", context)


def timeline(inputs: Inputs) -> Section:
    """How the same latent vectors looked as training went on."""
    frames = [{"images": frame.images, "figure": figure(frame.picture, COLUMN)} for frame in inputs.timeline]
    return Section("timeline", "How the samples came about", {"frames": frames})


def curves(inputs: Inputs) -> Section:
    """The history of the game, with a sentence on what a healthy one looks like."""
    history = inputs.history

    def both(d: str, g: str, d_name: str = "D", g_name: str = "G") -> list[Series]:
        x = history["images"]
        return [Series(d_name, "d", x, history[d]), Series(g_name, "g", x, history[g])]

    speed = [Series("img/s", "n", history["images"], history["img_s"])]
    probabilities = both("d_real", "d_fake", "real", "generated")
    charts = [
        (
            line_chart("Losses", both("d_loss", "g_loss", "discriminator", "generator")),
            "both settle into a band. A discriminator loss that falls to nothing has won, and the generator stops "
            "learning. The level itself says little about the quality of images.",
        ),
        (
            line_chart("D(x) and D(G(z))", probabilities, span=(0, 1), guide=(0.5, "equilibrium ½")),
            "the two stay apart without touching 1 and 0, and draw nearer to the dashed line, where the discriminator "
            "can no longer tell real images from generated ones.",
        ),
        (
            line_chart("Gradient norms", both("grad_norm_d", "grad_norm_g", "discriminator", "generator"), log=True),
            "within a factor of ten or so. A climb over several powers of ten is an explosion, a fall towards zero a "
            "player that no longer learns.",
        ),
        (
            line_chart("Speed in images per second", speed, from_zero=True),
            "flat. A dent is another process on the machine, or pictures and checkpoints being written.",
        ),
    ]
    context = {"charts": charts, "rows": len(history["images"])}
    return Section("curves", "The course of the game", context)


def parameters(inputs: Inputs) -> Section:
    """All settings of the run, a table for each section of params.yaml."""
    tables = {
        section: {key: shown(value) for key, value in values.items()} for section, values in inputs.run.params.items()
    }
    return Section("parameters", "Parameters", {"tables": tables})


def data(inputs: Inputs) -> Section:
    """The data card: where the images come from and what is in each split."""
    card = inputs.data
    histograms = {name: split.histogram for name, split in card.splits.items() if split.histogram}
    length = max((len(histogram) for histogram in histograms.values()), default=0)
    names = [*(card.classes or []), *(str(index) for index in range(len(card.classes or []), length))][:length]
    counts = [[h[index] if index < len(h) else 0 for h in histograms.values()] for index in range(length)]
    most = max(map(sum, counts), default=0) or 1
    classes = [
        {"name": name, "counts": row, "share": round(100 * sum(row) / most, 2)}
        for name, row in zip(names, counts, strict=True)
    ]
    source = {key.replace("_", " "): shown(value) for key, value in card.source.items()}
    context = {"card": card, "source": source, "columns": list(histograms), "classes": classes}
    return Section("data", "Data card", context)


def lineage(inputs: Inputs) -> Section:
    """What ties the numbers to code, data, experiment and MLflow run, which leads to the model version."""
    run = inputs.run
    rows = {
        "DVC experiment": run.experiment,
        "MLflow run": run.run_id,
        "MLflow store": run.tracking_uri,
        "Generator": run.generator,
        "Dataset": run.dataset.name,
        "Dataset digest": run.dataset.digest,
        "Device": run.device,
        "Started": moment(run.started),
        "Finished": moment(run.finished),
    }
    known = {label: shown(value) for label, value in rows.items() if value is not None}
    tags = {key: shown(value) for key, value in run.tags.items()}
    return Section("lineage", "Lineage", {"rows": known, "tags": tags})


def reproduce(inputs: Inputs) -> Section:
    """The commands that make this page again."""
    run, steps = inputs.run, []
    if commit := run.tags.get(COMMIT):
        unsaved = not run.experiment and run.tags.get(DIRTY) == "true"
        why = "the code of this run" + (", but for changes that were not committed" if unsaved else "")
        steps.append((f"git checkout {shlex.quote(shown(commit))}", why))
    if run.experiment:
        steps.append((f"dvc exp apply {shlex.quote(run.experiment)}", "its parameters and results"))
    steps.append(("make repro", "the environment, then every stage that is not up to date"))
    return Section("reproduce", "Make it again", {"steps": steps})


SECTIONS: tuple[Callable[[Inputs], Section], ...] = (
    metrics,
    samples,
    timeline,
    curves,
    parameters,
    data,
    lineage,
    reproduce,
)
