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

from nashgan.pages.text import moment, shown
from nashgan.records.pictures import Picture
from nashgan.reporting.classes import class_by_class
from nashgan.reporting.comparison import side_by_side
from nashgan.reporting.curves import charts, facts, score_charts
from nashgan.reporting.inputs import Inputs, Metric
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.grid import image_grid
from nashgan.tracking.lineage import COMMIT, DIRTY

COLUMN = 544  # pixels of half the page, what one of two pictures side by side may take
PAGE = 1120  # pixels of the whole page
LISTED = 100  # classes that are listed one by one


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
    headlines = {"fid": "Fréchet Inception distance", "fcd": "Fréchet classifier distance"}  # in this order
    rows = [
        {"key": key, "name": name, "metric": inputs.evaluation[key], **_gauge(inputs.evaluation[key])}
        for key, name in headlines.items()
        if key in inputs.evaluation
    ]
    others = {key.replace("_", " "): metric for key, metric in inputs.evaluation.items() if key not in headlines}
    context = {
        "metrics": rows,
        "others": others,
        "raw": any(metric.raw for metric in others.values()),
        "floors": {
            key.replace("_", " "): metric.held_out_floor
            for key, metric in inputs.evaluation.items()
            if metric.held_out_floor
        },
    }
    return Section("metrics", "Distance from the real images", context)


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
        "reconstructions": figure(inputs.reconstructions, COLUMN) if inputs.reconstructions else None,
    }
    return Section("samples", "Samples beside real images", context)


def nearest(inputs: Inputs) -> Section | None:
    """The samples closest to training images, where that was looked for: are they copies?"""
    names = {"memorisation": "classifier features", "memorisation_inception": "Inception features"}
    views = [
        {"name": names.get(key, "pixels"), "metric": inputs.evaluation[key], "figure": figure(picture, COLUMN)}
        for key, picture in inputs.nearest.items()
    ]
    return Section("nearest", "Closest to training images", {"views": views}) if views else None


def classes(inputs: Inputs) -> Section | None:
    """Accuracy and distance of each class, where the samples were drawn for given ones."""
    context = class_by_class(inputs.evaluation)
    return Section("classes", "Class by class", context) if context else None


def comparison(inputs: Inputs) -> Section | None:
    """The results of the same protocol that are known, where there are any."""
    context = side_by_side(inputs)
    return Section("comparison", "Beside other results", context) if context else None


def timeline(inputs: Inputs) -> Section:
    """How the same latent vectors looked as training went on."""
    frames = [{"images": frame.images, "figure": figure(frame.picture, COLUMN)} for frame in inputs.timeline]
    return Section("timeline", "How the samples came about", {"frames": frames})


def curves(inputs: Inputs) -> Section:
    """The history of the training, with a sentence on what a healthy one looks like."""
    floor = inputs.run.fcd.floor if inputs.run.fcd else None
    context = {
        "charts": [
            *score_charts(inputs.scores, floor),
            *charts(inputs.history, inputs.run.params["objective"]["loss"]),
        ],
        "facts": facts(inputs.history),
        "rows": len(inputs.history["images"]),
        "adversarial": "d_loss" in inputs.history,
    }
    return Section("curves", "The course of the training", context)


def watchdog(inputs: Inputs) -> Section:
    """What went wrong in training, in words."""
    meanings = {
        "non_finite": "A loss or gradient was no number any more; training went back to a checkpoint.",
        "explosion": "A gradient was far above its median; training went back to a checkpoint.",
        "collapse": "Different latent vectors gave almost the same image.",
        "few_classes": "The samples showed far fewer classes than real images do: modes of the data are missing.",
        "d_won": "The discriminator told real from generated without fail, which leaves little to learn from it.",
    }
    events = [{"event": event, "meaning": meanings.get(event.kind, "")} for event in inputs.run.events]
    return Section("watchdog", "Watchdog", {"events": events})


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
    context = {"card": card, "source": source, "columns": list(histograms), "classes": classes, "unlisted": None}
    if length > LISTED:
        sums = list(map(sum, counts))
        context |= {"classes": [], "unlisted": f"{length:,} classes of {min(sums):,} to {max(sums):,} images."}
    return Section("data", "Data card", context)


def lineage(inputs: Inputs) -> Section:
    """What ties the numbers to code, data, experiment and MLflow run, which leads to the model version."""
    run = inputs.run
    rows = {
        "DVC experiment": run.experiment,
        "MLflow run": run.run_id,
        "MLflow store": run.tracking_uri,
        "Generator": run.generator,
        "Weights kept": run.kept and f"of the moment after {run.kept.images:,} images",
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


SECTIONS: tuple[Callable[[Inputs], Section | None], ...] = (  # a block that has nothing to show is left out
    metrics,
    samples,
    nearest,
    classes,
    comparison,
    timeline,
    curves,
    watchdog,
    parameters,
    data,
    lineage,
    reproduce,
)
