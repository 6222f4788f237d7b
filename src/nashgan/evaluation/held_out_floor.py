"""The held-out floor: a metric of real training examples against held-out ones, beside its floor.

The floor compares training examples with other training examples, because the held-out splits are often too small. The
two values agree if the training split is a fair picture of the data, and if the feature network treats both sets alike.
The classifier may not, because it was trained on the training split.
"""

from collections.abc import Sequence

from nashgan.evaluation.feature_metrics import Metrics, measure_features
from nashgan.evaluation.view import View
from nashgan.records import splits
from nashgan.records.evaluation import HeldOutFloor
from nashgan.records.paths import Paths
from nashgan.records.reference import Neighbours


def add_held_out_floors(
    paths: Paths, views: Sequence[View], neighbours: Sequence[Neighbours], metrics: Metrics
) -> Metrics:
    """Add ``held_out_floor`` to those `metrics` that need only two sets of features and for which examples suffice.

    Its ``value`` compares the real examples with held-out ones, its ``floor`` with equally many others of the training
    split. ``samples`` is the number of examples in each of the three sets, at most that of the metric.
    """
    made, digest = dict(metrics), splits.read_manifest(paths.splits).digest
    for view, known in zip(views, neighbours, strict=True):
        held_out = known.held_out
        count = min(len(view.samples), len(held_out))
        if view.reference.split != "train" or count < 2:  # held-out examples may be the real ones themselves
            continue
        reference = view.reference.beside(count)
        line = f"{reference.protocol(count)} splits:{digest[:8]}"
        found = measure_features(view.network, reference.real, held_out[:count], reference.others, line)
        for name, metric in found.items():
            if name in made:
                floor = HeldOutFloor.model_validate(metric.model_dump(exclude_unset=True))
                made[name] = made[name].model_copy(update={"held_out_floor": floor})
    return made
