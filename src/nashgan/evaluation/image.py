"""The evaluation of images: in the features of several networks, and in pixels."""

import torch

from nashgan.evaluation.critic import measure_critic_gap
from nashgan.evaluation.feature_metrics import Metrics
from nashgan.evaluation.held_out_floor import add_held_out_floors
from nashgan.evaluation.other_samples import load_generators, measure_other_samples
from nashgan.evaluation.params import EvaluateParams
from nashgan.evaluation.sample_metrics import SampleMetrics
from nashgan.evaluation.view import View
from nashgan.features.classifier import load_classifier
from nashgan.features.inception import load_inception
from nashgan.features.network import load_networks
from nashgan.recipes.protocols import PROTOCOLS
from nashgan.records.paths import Paths
from nashgan.records.record import mend
from nashgan.records.reference import read_reference
from nashgan.records.samples import STAGE as GENERATE
from nashgan.records.samples import read_samples
from nashgan.records.train_run import read_train_run
from nashgan.runtime.errors import UserError


def measure(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Metrics:
    """Compare the samples with as many real images, or with a whole split, and other real images with the same.

    Inception takes minutes on a CPU; it does not look at samples of a training that `train.until` ended.

    Raises UserError where samples, classifier or reference are missing, broken or do not fit each other.
    """
    samples = read_samples(paths.samples)
    classifier = load_classifier(paths.classifier, device)
    classifier.check(samples.values)
    networks, views = [classifier.network], []
    if not (paths.train_run.is_file() and read_train_run(paths.train_run).unfinished):
        networks.append(load_inception(paths.home, evaluate.inception_weights, device, evaluate.resizer))
        networks.extend(load_networks(paths.home, evaluate.weights, device))
    for network in networks:
        reference = read_reference(paths.reference, network).beside(len(samples))
        if reference.preset and len(samples) != (wanted := PROTOCOLS[reference.preset].samples):
            raise UserError(
                f"{paths.samples}: {len(samples):,} samples, {reference.preset} needs {wanted:,}; {mend(GENERATE)}"
            )
        views.append(View(network, reference, samples.values[: None if reference.whole else len(reference.real)]))
    by_classifier = views[0]
    of_samples = SampleMetrics(paths, classifier, by_classifier, samples.labels)
    neighbours, generators = of_samples.opened(views), load_generators(paths, device)
    of_discriminator = measure_critic_gap(paths, device, len(by_classifier.samples)) | of_samples.out_of_range()
    result: Metrics = {}  # by now every file is open: a damaged one is found before features take minutes
    for view in views:
        result |= view.distances()
    result |= of_samples.classes() | of_samples.memory(views, neighbours) | of_discriminator
    if generators:
        others = views if evaluate.inception_again else [by_classifier]
        result = measure_other_samples(of_samples, others, generators, evaluate.seeds, result)
    return add_held_out_floors(paths, views, neighbours, result)
