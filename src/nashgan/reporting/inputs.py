"""Everything that the report shows, read and checked once."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float

from nashgan.comparison.known_results import KnownResults
from nashgan.data_quality.quality import Quality
from nashgan.features.classifier import ClassifierConfig, read_classifier_config
from nashgan.models import MODELS
from nashgan.models.config import ModelConfig
from nashgan.models.generator import read_generator_config
from nashgan.objectives import LOSSES
from nashgan.records import samples, splits
from nashgan.records.evaluation import STAGE as EVALUATE
from nashgan.records.evaluation import Evaluation, read_evaluation
from nashgan.records.examples import Examples
from nashgan.records.history import Row, read_history, read_scores
from nashgan.records.names import SplitName
from nashgan.records.paths import Paths
from nashgan.records.pictures import Frame, Picture, read_picture, read_timeline
from nashgan.records.record import mend
from nashgan.records.samples import Correction, SamplesManifest
from nashgan.records.splits import SplitsManifest
from nashgan.records.train_run import STAGE as TRAIN
from nashgan.records.train_run import TrainRun, read_train_run
from nashgan.reporting.operations import Operations
from nashgan.runtime.errors import UserError
from nashgan.spaces import space_of
from nashgan.spaces.space import Space

Columns = dict[str, Float[np.ndarray, " _"]]


@dataclass(frozen=True)
class Inputs:
    """What the earlier stages wrote."""

    data: SplitsManifest
    space: Space
    real: tuple[SplitName, Examples]  # the split that real examples are shown from
    samples: SamplesManifest
    correction: Correction | None
    generated: Examples
    grid: Picture
    interpolation: Picture
    reconstructions: Picture | None  # of a VAE
    film: Picture | None  # of clips
    timeline: list[Frame]
    history: Columns
    scores: Columns
    evaluation: Evaluation
    run: TrainRun
    model: ModelConfig  # of the generator
    classifier: ClassifierConfig | None = None  # None where no classifier looks at such examples
    nearest: dict[str, Picture] = field(default_factory=dict)  # by metric of memorisation, where it has pairs
    questions: dict[str, Picture] = field(default_factory=dict)  # ``<question>-<picture>``
    live: Operations | str | None = None  # the generator for the page to compute, or why it cannot; None: no images
    quality: Quality = field(default_factory=dict)  # of the dataset
    others: KnownResults = field(default_factory=KnownResults)  # results to compare with


def read_inputs(paths: Paths) -> Inputs:
    """Read the whole workspace. Raises UserError for a missing or invalid file; it names the command that writes it."""
    data, evaluation = splits.read_manifest(paths.splits), read_evaluation(paths.evaluation)
    generate = samples.STAGE
    return Inputs(
        data=data,
        space=space_of(data.examples),
        real=(data.held_out, splits.read_split(paths.splits, data.held_out)),
        samples=samples.read_manifest(paths.samples),
        correction=samples.read_correction(paths.correction),
        generated=samples.read_samples(paths.samples),
        grid=read_picture(paths.grid, generate),
        interpolation=read_picture(paths.interpolation, generate),
        reconstructions=read_picture(paths.reconstructions, generate) if paths.reconstructions.exists() else None,
        film=read_picture(paths.film, generate, "gif") if paths.film.exists() else None,
        timeline=read_timeline(paths.timeline),
        history=columns(read_history(paths.history)),
        scores=columns(read_scores(paths.scores)),
        evaluation=evaluation,
        nearest={
            name: read_picture(paths.nearest / f"{name}.png", EVALUATE)
            for name, metric in evaluation.items()
            if metric.pairs
        },
        questions={path.stem: read_picture(path, EVALUATE) for path in sorted(paths.questions.glob("*.png"))},
        run=_known(read_train_run(paths.train_run), paths.train_run),
        model=read_generator_config(paths.generator),
        classifier=read_classifier_config(paths.classifier),
    )


def _known(run: TrainRun, path: Path) -> TrainRun:
    """`run` itself. Raises UserError where its model or loss is not known to this version."""
    for section, key, names in (("model", "name", MODELS), ("objective", "loss", LOSSES)):
        if (name := run.params[section][key]) not in names:
            raise UserError(f"{path}: params.{section}.{key}: {name!r} is not known here; {mend(TRAIN)}")
    return run


def columns(rows: list[Row]) -> Columns:
    """The columns of a history, from its rows; none without rows."""
    return {name: np.array([row[name] for row in rows], dtype=np.float64) for name in (rows[0] if rows else ())}
