"""What the stage train is made of: the players' configuration, batches, and what measures the generator meanwhile."""

import numpy as np

from nashgan.data import DATASETS
from nashgan.data.few_labels import draw_labelled
from nashgan.features.classifier import load_classifier
from nashgan.features.reference import draw_selection
from nashgan.games.batches import Batches, PartlyLabelled
from nashgan.models import MODELS
from nashgan.models.config import ModelConfig
from nashgan.params import Params
from nashgan.records.degradation import Degradation
from nashgan.records.examples import Examples
from nashgan.records.given import Given, Translation
from nashgan.records.names import UNSEEN
from nashgan.records.paths import Paths
from nashgan.records.splits import SplitsManifest, read_manifest, read_split
from nashgan.runtime.device import Device
from nashgan.runtime.errors import UserError
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces import SPACES, family
from nashgan.stages.data_checks import check_format
from nashgan.training.scoring import SAMPLES, SCORES, ExampleScorer, FeatureScorer

Scorer = FeatureScorer | ExampleScorer


def model_config(paths: Paths, data: Examples, manifest: SplitsManifest, params: Params) -> ModelConfig:
    """What the players are built from. Raises UserError where the data do not allow it."""
    check_format(params, manifest.source["name"], manifest.examples, manifest.classes)
    name, conditional = params.model.name, params.model.conditional
    blind = params.model.encoder != "none" or UNSEEN in manifest.splits  # with `auto`, no classes are told then
    classes = manifest.classes or []
    able = data.labels is not None and MODELS[name].knows_classes and not params.labelled
    given: Given | None = params.data.degradation
    if params.data.other:
        other = read_manifest(paths.other_splits)
        small_side = DATASETS[params.data.other].load().small_side
        given = Translation(other=other.source["name"], digest=other.digest, small_side=small_side)
    if given and (other if params.data.other else manifest).held_out == "train":
        raise UserError(
            "params.yaml: split: restoring and translating are measured on held-out images; set split.test above 0"
        )
    told = len(classes) if able and conditional and not blind else 0
    drawn = np.bincount(data.labels, minlength=told).tolist() if told and data.labels is not None else None
    return ModelConfig(
        name=name,
        examples=manifest.examples,
        latent=params.model.latent,
        width=params.model.width,
        classes=told,
        given=given,
        answers=len(classes) if params.labelled else 0,
        histogram=None if drawn is None else tuple(drawn),
    )


def create_batches(
    data: Examples,
    other: Examples | None,
    manifest: SplitsManifest,
    config: ModelConfig,
    params: Params,
    device: Device,
) -> Batches:
    """The batches of a training, with what its generator is given and the labels that its players may see.

    `other` are the images that are translated. Raises UserError as `draw_labelled`.
    """
    size, seed, few = params.train.batch, params.train.seed, params.objective.labelled
    if config.answers and few and data.labels is not None:
        index = draw_labelled(data.labels, manifest.classes or [], few, seed)
        labelled = Examples(data.values[index], data.labels[index])
        return PartlyLabelled(data, labelled, config.space, size, seed, device.torch)
    examples = data if config.classes else Examples(data.values)
    if other is None:
        degradation = config.given if isinstance(config.given, Degradation) else None
        return Batches(examples, config.space, size, seed, device.torch, config.classes, degradation)
    beside = Batches(Examples(other.values), config.space, size, derive_seed(seed, "other"), device.torch)
    return Batches(examples, config.space, size, seed, device.torch, other=beside)


def create_scorer(
    paths: Paths,
    params: Params,
    data: Examples,
    config: ModelConfig,
    device: Device,
    other: Examples | None = None,
) -> Scorer:
    """What measures the generator during the training, beside real examples that the evaluation does not report on.

    Raises UserError where classifier and data do not fit.
    """
    space, seed = config.space.name, params.train.seed
    validation = read_split(paths.splits, "validation")
    selection = draw_selection(SAMPLES, data, validation)
    if "classifier" in SPACES[space].networks:
        classifier, given = load_classifier(paths.classifier, device.torch), None if other is None else other.values
        return FeatureScorer(classifier, selection, config, device, seed, given)
    return ExampleScorer(SCORES[family(space)], selection, config, device, seed)
