"""The same metrics for other samples: of other generation seeds, and of the raw generator, which was not averaged."""

from collections.abc import Sequence
from dataclasses import replace

import torch

from nashgan.evaluation.feature_metrics import Metrics
from nashgan.evaluation.sample_metrics import SampleMetrics
from nashgan.evaluation.view import View
from nashgan.features.correction import corrected_sampler
from nashgan.models.generator import LoadedGenerator
from nashgan.records import samples
from nashgan.records.evaluation import Measured
from nashgan.records.paths import Paths

Generators = tuple[LoadedGenerator, LoadedGenerator]  # averaged, and raw


def load_generators(paths: Paths, device: torch.device) -> Generators | None:
    """The generator of the samples and the raw one, corrected as the samples are; None where there is no generator.

    Raises UserError where a file is missing or broken.
    """
    if not paths.generator.exists():
        return None
    return corrected_sampler(paths, "weights", device), corrected_sampler(paths, "raw", device)


def measure_other_samples(
    of_samples: SampleMetrics, views: Sequence[View], generators: Generators, seeds: int, metrics: Metrics
) -> Metrics:
    """Add the values of other samples to each metric of `views`.

    ``other_seeds`` has the values of the next `seeds` generation seeds. ``raw`` has value and interval of the raw
    generator with the same seed, if its weights differ from the averaged ones.
    """
    seed, (averaged, raw) = samples.read_manifest(of_samples.paths.samples).seed, generators
    others = [_measured(of_samples, views, averaged, seed + step) for step in range(1, seeds + 1)]
    of_raw = _measured(of_samples, views, raw, seed) if raw.sha256 != averaged.sha256 else {}
    made = dict(metrics)
    for name in metrics:
        if found := [other[name].value for other in others if name in other]:
            made[name] = made[name].model_copy(update={"other_seeds": found})
        if name in of_raw:
            unaveraged = Measured(value=of_raw[name].value, interval=of_raw[name].interval)
            made[name] = made[name].model_copy(update={"raw": unaveraged})
    return made


def _measured(of_samples: SampleMetrics, views: Sequence[View], generator: LoadedGenerator, seed: int) -> Metrics:
    count = len(of_samples.view.samples)
    values = generator.sample(seed, count)
    asked = None if of_samples.labels is None else generator.labels(seed, count)
    made: Metrics = {}
    for view in (view.of(values) for view in views):
        made |= view.distances(floors=False)
        if view.network is of_samples.view.network:
            made |= replace(of_samples, view=view, labels=asked).classes()
    return made
