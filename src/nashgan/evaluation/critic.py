"""Whether the discriminator prefers what it was trained on: the critic gap, of any kind of examples."""

import torch

from nashgan.evaluation.feature_metrics import Metrics, measured
from nashgan.features.discriminator import discriminator_logits
from nashgan.metrics.critic_gap import critic_gap
from nashgan.records import splits
from nashgan.records.paths import Paths

CRITIC_EXAMPLES = 10_000  # in each set, at most
INDIFFERENT = 0.5  # the floor of memorisation and critic gap: neither of two unseen real examples is preferred


def measure_critic_gap(paths: Paths, device: torch.device, samples: int | None = None) -> Metrics:
    """The critic gap. Nothing where there is no discriminator, or fewer than two held-out examples.

    `samples` is the number that the metric's record names; None: that of the examples in each set.
    """
    held_out = splits.read_held_out(paths.splits, CRITIC_EXAMPLES)
    if len(held_out) < 2 or not paths.discriminator.exists():
        return {}
    train = splits.read_split(paths.splits, "train")
    count = min(len(train), len(held_out))
    logits = []
    for part in (train.first(count), held_out.first(count)):
        found = discriminator_logits(paths.discriminator, part, device)
        if found is None:  # this generator was trained without a discriminator
            return {}
        logits.append(found)
    line = f"critic n={count} splits:{splits.read_manifest(paths.splits).digest[:8]}"
    return {"critic_gap": measured(critic_gap(*logits), INDIFFERENT, count if samples is None else samples, line)}
