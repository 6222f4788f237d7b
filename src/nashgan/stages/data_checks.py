"""What the parameters ask of the data. The first stage that knows the data refuses it, before others take their time.

A stage that DVC restores from its cache does not run. So the stage that uses a parameter checks it again.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Int64

from nashgan.data import DATASETS
from nashgan.data.few_labels import draw_labelled
from nashgan.objectives.compatibility import check_sides
from nashgan.objectives.params import augmentations
from nashgan.params import Params
from nashgan.recipes.protocols import PROTOCOLS
from nashgan.records.degradation import check_fits
from nashgan.records.examples import ExampleFormat
from nashgan.records.names import SplitName
from nashgan.records.splits import FEWEST
from nashgan.runtime.errors import UserError
from nashgan.spaces import SPACES

if TYPE_CHECKING:
    from nashgan.records.paths import Paths

Counts = Mapping[SplitName, int]  # examples of the splits; one without examples may be missing


def check_format(params: Params, dataset: str, examples: ExampleFormat, classes: Sequence[str] | None) -> None:
    """Raise UserError where the examples of `dataset` have no classes, or a form, that the parameters need."""
    if params.model.conditional is True and classes is None:
        raise UserError(f"params.yaml: model.conditional: dataset {dataset} has no labels; set auto or false")
    if params.labelled and classes is None:
        raise UserError(f"params.yaml: objective.labelled: dataset {dataset} has no labels; set it to null")
    if SPACES[examples.space].layout not in ("image", "video"):
        return
    channels, height, width = examples.shape[-3:]
    if "rotate90" in augmentations(params.objective.augment) and height != width:
        raise UserError(f"params.yaml: objective.augment: rotate90 needs square images, these are {height} × {width}")
    if how := params.data.degradation:
        check_fits(how, channels, height, width)
    try:
        check_sides(height, width, params.model.name, params.model.discriminator_name)
    except ValueError as error:
        raise UserError(f"params.yaml: data.{error}") from None


def check_counts(params: Params, dataset: str, counts: Counts, of_other: Counts | None = None) -> None:
    """Raise UserError where a split of `dataset` has too few examples for what the parameters do with them.

    `of_other` are the counts of the images that are translated.
    """
    train, batch = params.train, params.train.batch
    if batch > counts["train"]:
        raise UserError(f"params.yaml: train.batch: {batch} is more than the {counts['train']} training examples")
    if of_other and batch > of_other["train"]:
        raise UserError(
            f"params.yaml: train.batch: {batch} is more than the {of_other['train']} training images of data.other"
        )
    held_out = counts.get("validation", 0)
    selects = train.keep == "best" or train.patience
    if selects and not params.labelled and held_out < FEWEST:
        name, instead = ("keep: best", "keep: last") if train.keep == "best" else ("patience", "patience: null")
        raise UserError(
            f"params.yaml: train.{name} selects by the validation split, which has {held_out} examples; "
            f"{FEWEST} are needed: raise split.validation, or set {instead}"
        )
    if params.generate.correct != "none" and held_out < 2:
        raise UserError(
            f"params.yaml: generate.correct: {params.generate.correct!r} needs held-out examples; set split.validation"
        )
    check_reference(params, dataset, counts)


def check_reference(params: Params, dataset: str, counts: Counts) -> None:
    """Raise UserError where the real examples that samples are compared with are too few, or not the protocol's."""
    reference = params.reference
    found, preset = counts.get(reference.split, 0), reference.protocol
    if preset and (wanted := PROTOCOLS[preset].real) not in (None, found):
        raise UserError(
            f"params.yaml: reference.protocol: {preset} compares with {wanted:,} test images, {dataset} has "
            f"{found:,}; set null"
        )
    needed = 4 if reference.split == "train" and reference.images is not None else 2  # the floor is of train, too
    if found < needed:
        raise UserError(f"params.yaml: reference.split: {reference.split} has {found} examples; {needed} are needed")


def check_labels(params: Params, labels: Int64[np.ndarray, " n"] | None, classes: Sequence[str] | None) -> None:
    """Raise UserError where the training examples have fewer `labels` than are to be told."""
    if (few := params.labelled) and labels is not None and classes is not None:
        draw_labelled(labels, list(classes), few, params.train.seed)


def check_start(paths: "Paths", params: Params) -> None:
    """Raise UserError where ``train.from`` names no players, or those of another kind than these splits are for."""
    if params.train.from_:
        from nashgan.stages.train_start import try_start  # it imports torch and MLflow, which take seconds

        try_start(paths, params)


def check_files(params: Params, dataset: str, home: Path) -> None:
    """Raise UserError where a file that a later stage reads is missing; relative names are those under `home`."""
    looks = SPACES[DATASETS[dataset].space].networks
    paths = {"inception": params.evaluate.inception_weights, **params.evaluate.weights}
    for name, path in paths.items() if "inception" in looks else ():
        if path and not (home / path).is_file():
            raise UserError(f"params.yaml: evaluate.{name}_weights: {path} is no file; correct it or set null")
