"""The same metrics of more samples: of other generation seeds, and of the generator that was not averaged."""

from collections.abc import Sequence
from dataclasses import replace

from nashgan.evaluation.sample_metrics import Entries, Judged, View
from nashgan.models.bundle import LoadedGenerator, load_generator
from nashgan.records.arrays import read_manifest
from nashgan.runtime.device import pick_device


def measure_again(judged: Judged, views: Sequence[View], seeds: int, entries: Entries) -> Entries:
    """`entries` with what else the generator makes of each metric of `views`; unchanged where there is no generator.

    ``other_seeds`` has the values of the next `seeds` generation seeds; ``raw`` value and interval of the generator
    that was not averaged, by the same seed, where it is another one.
    """
    paths = judged.paths
    if not paths.generator.exists():
        return entries
    seed, device = read_manifest(paths.samples, "run `dvc repro generate`")["seed"], pick_device().torch
    averaged, raw = (load_generator(paths.generator, weights, device) for weights in ("weights", "raw"))
    others = [_measured(judged, views, averaged, seed + step) for step in range(1, seeds + 1)]
    unlike = raw.fingerprint != averaged.fingerprint
    of_raw = _measured(judged, views, raw, seed) if unlike else {}
    made = dict(entries)
    for name in entries:
        if found := [other[name]["value"] for other in others if name in other]:
            made[name] = made[name] | {"other_seeds": found}
        if name in of_raw:
            made[name] = made[name] | {"raw": {key: of_raw[name][key] for key in ("value", "interval")}}
    return made


def _measured(judged: Judged, views: Sequence[View], generator: LoadedGenerator, seed: int) -> Entries:
    images = generator.sample(seed, len(judged.features))
    made: Entries = {}
    for view in (view.of(images) for view in views):
        made |= view.distances(images, floors=False)
        if view.network is judged.classifier.network:
            made |= replace(judged, features=view.features).classes()
    return made
