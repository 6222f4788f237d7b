"""The evaluation of examples that no feature network looks at: the examples themselves are compared.

Each metric of a space is a function of a set of examples. It is applied to the samples, to as many real examples (the
floor), to samples of other seeds and of the raw generator, and to those of a baseline that is no GAN. So all of these
numbers have one protocol.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Shaped

from nashgan.evaluation.critic import measure_critic_gap
from nashgan.evaluation.feature_metrics import Metrics, measured
from nashgan.evaluation.params import EvaluateParams
from nashgan.features.correction import corrected_sampler
from nashgan.features.reference import content_digest
from nashgan.metrics.interval import Estimate
from nashgan.records import samples as sample_files
from nashgan.records import splits
from nashgan.records.evaluation import Baseline, Measured
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.reference import read_reference_sets

Values = Shaped[np.ndarray, "n ..."]
Measure = Callable[[Values], Mapping[str, Estimate]]


@dataclass(frozen=True)
class ExampleSets:
    """What is compared: real examples, as many others, and as many samples; and where they come from."""

    paths: Paths
    manifest: splits.SplitsManifest
    real: Values
    floor: Values
    train: Examples
    samples: Values
    protocol: str

    @property
    def seed(self) -> int:
        """The seed that the samples were drawn from."""
        return sample_files.read_manifest(self.paths.samples).seed


def read_sets(paths: Paths) -> ExampleSets:
    """Read the sets. Raises UserError where a file is missing, broken or does not fit the others."""
    manifest, drawn = splits.read_manifest(paths.splits), sample_files.read_samples(paths.samples).values
    reference = read_reference_sets(paths.reference)
    count = min(len(drawn), len(reference.real))
    real, floor = (np.array(part[:count]) for part in (reference.real, reference.floor))
    source = f"{manifest.examples.space} n={count} real={reference.split}:{content_digest(real)[:8]}"
    train = splits.read_split(paths.splits, "train")
    return ExampleSets(paths, manifest, real, floor, train, np.array(drawn[:count]), source)


def measure_examples(
    sets: ExampleSets,
    measure: Measure,
    evaluate: EvaluateParams,
    device: torch.device,
    baseline: tuple[str, Values] | None = None,
    protocols: Mapping[str, str] | None = None,
) -> Metrics:
    """Every metric of `measure` with its floor, its values for other samples, and the named baseline's.

    `protocols` say what a metric depends on besides the examples. For a GAN the critic gap is added.
    """
    count = len(sets.samples)
    averaged, raw = corrected_sampler(sets.paths, "weights", device), corrected_sampler(sets.paths, "raw", device)
    value, floor = measure(sets.samples), measure(sets.floor)
    others = [measure(averaged.sample(sets.seed + step, count)) for step in range(1, evaluate.seeds + 1)]
    of_raw = measure(raw.sample(sets.seed, count)) if raw.sha256 != averaged.sha256 else {}
    of_baseline = measure(baseline[1]) if baseline else {}
    made: Metrics = {}
    for name, estimate in value.items():
        line = f"{sets.protocol} {(protocols or {}).get(name, '')}".rstrip()
        more: dict[str, Any] = {}
        if others:
            more["other_seeds"] = [other[name].value for other in others]
        if of_raw:
            more["raw"] = Measured(value=of_raw[name].value, interval=of_raw[name].interval)
        if baseline:
            found = of_baseline[name]
            more["baseline"] = Baseline(name=baseline[0], value=found.value, interval=found.interval)
        made[name] = measured(estimate, floor[name], count, line).model_copy(update=more)
    return made | measure_critic_gap(sets.paths, device)
