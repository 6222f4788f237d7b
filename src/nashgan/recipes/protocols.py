"""Protocols of the literature: how many samples are compared with which real images. A name is written into results.

A value is comparable with a published one only where the images have the same size, too.
"""

from dataclasses import dataclass
from typing import Any

from nashgan.records.names import SplitName


@dataclass(frozen=True)
class Protocol:
    """So many samples against a whole split: the published test set, or all training images."""

    samples: int
    split: SplitName
    real: int | None = None  # images of the split; None: as many as the dataset has for training

    @property
    def parameters(self) -> dict[str, Any]:
        """What it states, by the full names of the parameters."""
        return {"reference.split": self.split, "reference.images": "all", "generate.samples": self.samples}


PROTOCOLS = {
    "10k-test": Protocol(10_000, "test", 10_000),  # Lucic et al., 2018, "Are GANs Created Equal?"
    "5k-test": Protocol(5_000, "test", 10_000),  # Miyato et al., 2018: 10,000 real and 5,000 generated images
    "50k-train": Protocol(50_000, "train"),  # StyleGAN (Karras et al., 2019), R3GAN (Huang et al., 2024)
    "10k-train": Protocol(10_000, "train"),  # the same with fewer samples, which are drawn sooner
}
