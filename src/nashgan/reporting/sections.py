"""The sections of the report. Each is a function that picks from the inputs what its template shows.

A new section is one function in `SECTIONS` and one file ``templates/sections/<slug>.html.j2``.
"""

import math
import shlex
from collections.abc import Callable
from typing import Any

import numpy as np

from nashgan.games import game_of_run
from nashgan.pages.text import moment, shown
from nashgan.records.evaluation import Metric
from nashgan.records.headline import DISTANCES
from nashgan.records.train_run import TrainRun
from nashgan.reporting.classes import class_by_class
from nashgan.reporting.comparison import side_by_side
from nashgan.reporting.curves import charts, score_charts, shares
from nashgan.reporting.inputs import Inputs
from nashgan.reporting.live import live
from nashgan.reporting.question_sections import advice, classify, encode, restored, translated
from nashgan.reporting.section import COLUMN, Figure, Section, figure
from nashgan.runtime.randomness import derive_seed
from nashgan.tracking.lineage import COMMIT, DIRTY
from nashgan.tracking.model_card import CardRecords, model_card

TOGETHER = 1000  # examples of each kind, where one picture shows all
ROWS = 8  # examples of each kind, where each is a row
LISTED = 100  # classes that are listed one by one
WRITTEN = 40  # lines of text of each kind
NAMED = 5  # unreadable files, and equal images of two splits, that are named


def metrics(inputs: Inputs) -> Section:
    """Each metric with its floor."""
    headlines = {key: name for key, name in DISTANCES.items() if key in inputs.evaluation}
    rows = [
        {"key": key, "name": name, "metric": inputs.evaluation[key], **_gauge(inputs.evaluation[key])}
        for key, name in headlines.items()
    ]
    others = {key.replace("_", " "): metric for key, metric in inputs.evaluation.items() if key not in headlines}
    context = {
        "metrics": rows,
        "others": others,
        "raw": any(metric.raw for metric in others.values()),
        "baseline": next((metric.baseline.name for metric in others.values() if metric.baseline), None),
        "plural": inputs.space.plural,
        "classifier": inputs.classifier,
        "floors": {
            key.replace("_", " "): metric.held_out_floor
            for key, metric in inputs.evaluation.items()
            if metric.held_out_floor
        },
    }
    return Section("metrics", f"Distance from the real {inputs.space.plural}", context)


def _gauge(metric: Metric) -> dict[str, Any]:
    """Where value and floor lie on a bar of 100 units, and how many times the floor the value is."""
    value, floor = (
        number if number is not None and math.isfinite(number) and number >= 0 else None
        for number in (metric.value, metric.floor)
    )
    full = max(value or 0.0, floor or 0.0) * 1.1 or 1.0
    at = {"value_at": round(100 * (value or 0.0) / full, 2), "floor_at": round(100 * (floor or 0.0) / full, 2)}
    return {**at, "ratio": value / floor if value is not None and floor else None}


def samples(inputs: Inputs) -> Section:
    """Generated images beside equally many real ones, in the same layout. A seed picks both."""
    split, real = inputs.real
    space = inputs.space
    columns = space.columns
    shown = TOGETHER if space.together else columns**2 if columns > 1 else ROWS
    count = min(shown, len(real), len(inputs.generated))
    seed = inputs.samples.seed

    def pick(values: np.ndarray, purpose: str) -> Figure:
        order = np.random.default_rng(derive_seed(seed, "report", purpose)).permutation(len(values))[:count]
        return figure(space.grid(values[order], columns), COLUMN)

    context = {
        "generated": pick(inputs.generated.values, "generated"),
        "real": pick(real.values, "real"),
        "count": count,
        "plural": space.plural,
        "together": space.together,
        "coordinates": space.shape[0] if space.together else 0,
        "each_a_row": space.columns == 1,
        "split": split,
        "card": inputs.samples,
        "correction": inputs.correction,
        "grid": figure(inputs.grid, COLUMN),
        "interpolation": figure(inputs.interpolation, COLUMN),
        "film": figure(inputs.film, COLUMN) if inputs.film else None,
        "reconstructions": figure(inputs.reconstructions, COLUMN) if inputs.reconstructions else None,
    }
    return Section("samples", f"Samples beside real {space.plural}", context)


def lines(inputs: Inputs) -> Section | None:
    """Samples of text written out, beside equally many real lines. A seed picks both. None for other examples."""
    if inputs.space.media != "text/plain":
        return None
    split, real = inputs.real
    count, seed = min(WRITTEN, len(real), len(inputs.generated)), inputs.samples.seed

    def pick(values: np.ndarray, purpose: str) -> list[str]:
        order = np.random.default_rng(derive_seed(seed, "report", purpose)).permutation(len(values))[:count]
        return [inputs.space.encode(values[index]).decode() for index in order]

    context = {
        "generated": pick(inputs.generated.values, "generated lines"),
        "real": pick(real.values, "real lines"),
        "count": count,
        "split": split,
    }
    return Section("lines", "Samples written out", context)


def nearest(inputs: Inputs) -> Section | None:
    """The samples closest to training images, which may be copies. None where this was not measured."""
    names = {
        "memorisation": "classifier features",
        "memorisation_inception": "Inception features",
        "memorisation_dinov2": "DINOv2 features",
    }
    views = [
        {"name": names.get(key, "pixels"), "metric": inputs.evaluation[key], "figure": figure(picture, COLUMN)}
        for key, picture in inputs.nearest.items()
    ]
    plural, rows = inputs.space.plural, "rows" if inputs.space.columns == 1 else "row"
    context = {"views": views, "rows": rows}
    return Section("nearest", f"Closest to training {plural}", context) if views else None


def classes(inputs: Inputs) -> Section | None:
    """Accuracy and distance of each class. None where the samples were not drawn for given classes."""
    context = class_by_class(inputs.evaluation)
    return Section("classes", "Class by class", context) if context else None


def comparison(inputs: Inputs) -> Section | None:
    """The results of the same protocol that are known, where there are any."""
    context = side_by_side(inputs)
    return Section("comparison", "Comparison with other results", context) if context else None


def timeline(inputs: Inputs) -> Section:
    """Samples of the same latent vectors at several moments of the training."""
    frames = [{"images": frame.images, "figure": figure(frame.picture, COLUMN)} for frame in inputs.timeline]
    return Section("timeline", "Samples during the training", {"frames": frames})


def curves(inputs: Inputs) -> Section:
    """The history of the training, with a sentence on what a healthy one looks like."""
    params = inputs.run.params
    game, score = game_of_run(params), inputs.run.score
    context = {
        "charts": [
            *score_charts(inputs.scores, score),
            *charts(inputs.history, game.curves(params["objective"]["loss"])),
        ],
        "facts": shares(inputs.history, game.facts),
        "rows": len(inputs.history.get("images", ())),
        "adversarial": "d_loss" in inputs.history,
    }
    return Section("curves", "The course of the training", context)


def watchdog(inputs: Inputs) -> Section:
    """What the watchdog reported in the training, in words."""
    meanings = {
        "non_finite": "A loss or gradient was infinite or not a number. The training went back to a checkpoint.",
        "explosion": "The norm of a gradient was far above its median. The training went back to a checkpoint.",
        "collapse": "Different latent vectors gave almost the same sample.",
        "few_classes": "The samples showed far fewer classes than real examples do.",
        "d_won": "The discriminator always told real from generated examples, so the generator learned little from it.",
        "patience": "The score did not fall for train.patience images, so the training ended. The result is complete.",
    }
    events = [{"event": event, "meaning": meanings.get(event.kind, "")} for event in inputs.run.events]
    return Section("watchdog", "Watchdog", {"events": events, "classes": inputs.classifier is not None})


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
    context = {
        "card": card,
        "space": inputs.space,
        "source": source,
        "columns": list(histograms),
        "classes": classes,
        "unlisted": None,
        "unreadable": card.unreadable[:NAMED],
        "in_both": card.in_both[:NAMED],
        "quality": inputs.quality,
    }
    if length > LISTED:
        sums = list(map(sum, counts))
        context |= {"classes": [], "unlisted": f"{length:,} classes of {min(sums):,} to {max(sums):,} images."}
    return Section("data", "Data card", context)


def lineage(inputs: Inputs) -> Section:
    """The code, data, experiment and MLflow run that the numbers come from."""
    run = inputs.run
    rows = {
        "DVC experiment": run.experiment,
        "MLflow run": run.run_id,
        "MLflow store": run.tracking_uri,
        "Generator": run.generator,
        "Weights kept": f"those after {run.kept.images:,} {inputs.space.plural} seen{_selected(run)}",
        "Dataset": run.dataset.name,
        "Dataset digest": run.dataset.digest,
        "Device": run.device,
        "Started": moment(run.started),
        "Finished": moment(run.finished),
    }
    known = {label: shown(value) for label, value in rows.items() if value is not None}
    tags = {key: shown(value) for key, value in run.tags.items()}
    return Section("lineage", "Lineage", {"rows": known, "tags": tags})


def _selected(run: TrainRun) -> str:
    """How the weights were selected, where they are not the last ones."""
    if run.params["train"].get("keep") != "best" or run.score is None:
        return ""
    return f", which had the lowest {run.score.name} beside the {run.score.split} split"


def card(inputs: Inputs) -> Section:
    """The model card, to be copied."""
    text = model_card(CardRecords(inputs.model, inputs.run, inputs.evaluation))
    return Section("card", "Model card", {"text": text})


def reproduce(inputs: Inputs) -> Section:
    """The commands that compute this page again."""
    run, steps = inputs.run, []
    if commit := run.tags.get(COMMIT):
        unsaved = not run.experiment and run.tags.get(DIRTY) == "true"
        why = "the code of this run" + (", without the changes that were not committed" if unsaved else "")
        steps.append((f"git checkout {shlex.quote(shown(commit))}", why))
    if run.experiment:
        steps.append((f"dvc exp apply {shlex.quote(run.experiment)}", "its parameters and results"))
    steps.append(("make repro", "the environment, then every stage that is not up to date"))
    return Section("reproduce", "How to reproduce it", {"steps": steps})


SECTIONS: tuple[Callable[[Inputs], Section | None], ...] = (  # a section that has nothing to show is left out
    metrics,
    samples,
    live,
    lines,
    nearest,
    advice,
    classes,
    restored,
    encode,
    classify,
    translated,
    comparison,
    timeline,
    curves,
    watchdog,
    parameters,
    data,
    lineage,
    card,
    reproduce,
)
