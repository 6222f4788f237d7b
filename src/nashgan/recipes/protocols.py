"""Named protocols: how many samples are compared with which real images. The name is written into results.

A value is comparable with a published one only where the images have the same size, too.
"""

from dataclasses import dataclass
from typing import Any

from nashgan.records.names import SplitName


@dataclass(frozen=True)
class Protocol:
    """How many samples are compared with which whole split: the published test set, or all training images."""

    samples: int
    split: SplitName
    real: int | None = None  # images of the split; None: as many as the dataset has for training

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that it sets, by their full names."""
        return {"reference.split": self.split, "reference.images": "all", "generate.samples": self.samples}


PROTOCOLS = {
    # Lucic et al., 2018, "Are GANs Created Equal?": their program takes 10,000 test images and as many samples
    "10k-test": Protocol(10_000, "test", 10_000),
    # Miyato et al., 2018, "Spectral Normalization for GANs", appendix B.1: 10,000 real images and 5,000 samples. The
    # paper does not say which real images; here they are the test set
    "5k-test": Protocol(5_000, "test", 10_000),
    # fid50k_full in the programs of StyleGAN2-ADA (Karras et al., 2020) and R3GAN (Huang et al., 2024)
    "50k-train": Protocol(50_000, "train"),
    # not from a paper: 50k-train with fewer samples, which take less time
    "10k-train": Protocol(10_000, "train"),
}
