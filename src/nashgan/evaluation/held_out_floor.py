"""Real images against real images that no training saw, beside real images of the training split against each other.

The floor of a metric is training images against other training images, because the held-out splits seldom hold as many
as there are samples. The two agree where the training split is a fair picture of the data, and where the feature
network, which for the classifier was trained on that split, sees both alike.
"""

from collections.abc import Sequence

from nashgan.data.held_out import MEND
from nashgan.evaluation.feature_metrics import measure_features
from nashgan.evaluation.sample_metrics import Entries, View
from nashgan.records.arrays import read_manifest
from nashgan.records.paths import Paths
from nashgan.records.reference import read_neighbours

KEPT = ("value", "interval", "samples", "floor", "floor_interval", "protocol")


def add_held_out_floors(paths: Paths, views: Sequence[View], entries: Entries) -> Entries:
    """`entries` with ``held_out_floor``, of the metrics that take two sets of features and have enough images for it.

    Its ``value`` compares the real images with held-out ones, its ``floor`` with as many others of the training split;
    ``samples`` is the number of images of each of the three sets, at most that of the entry.
    """
    made, splits = dict(entries), read_manifest(paths.splits, MEND)["digest"]
    for view in views:
        held_out = read_neighbours(paths.reference, view.network).held_out
        count = min(len(view.reference.real), len(held_out))
        if view.reference.split != "train" or count < 2:  # held-out images may be the real images themselves
            continue
        reference = view.reference.first(count)
        line = f"{reference.protocol} splits:{splits[:8]}"
        found = measure_features(view.network.name, reference.real, held_out[:count], reference.floor, line)
        for name, metric in found.items():
            if name in made:
                made[name] = made[name] | {"held_out_floor": {key: metric[key] for key in KEPT if key in metric}}
    return made
