"""nashgan: experiments with generative adversarial networks that can be repeated and compared.

In Python:

    generator = nashgan.load("models/generator")  # or models:/nashgan@champion, a commit, a DVC experiment
    images = generator.sample(seed=0, count=100)
    nashgan.fid("real-images", images).value

Nothing heavy is imported before a function is called.
"""

from typing import TYPE_CHECKING

from nashgan.runtime.errors import UserError

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np

    from nashgan.models.generator import LoadedGenerator
    from nashgan.records.evaluation import Metric

__all__ = ["UserError", "fid", "load"]


def load(model: "str | Path" = "models/generator") -> "LoadedGenerator":
    """A generator that draws as the samples of its evaluation were drawn.

    `model` is the folder of a generator, ``models:/nashgan@champion``, ``models:/nashgan/3``, a commit, or the name of
    a DVC experiment. The last three are looked up in the workspace around the working directory. Raises UserError where
    there is none.
    """
    from nashgan.commands.sample import as_evaluated
    from nashgan.tracking.promotion import resolve_generator

    return as_evaluated(resolve_generator(str(model)))


def fid(real: "str | Path | np.ndarray", images: "str | Path | np.ndarray") -> "Metric":
    """The Fréchet Inception distance of two sets of images, with its 95 % interval and its protocol.

    A set is a folder, a zip, a .npy file, or an array of bytes: (N, C, H, W), (N, H, W, C) or (N, H, W). It is the
    value of ``nashgan evaluate-images``. Raises UserError for a set that is none.
    """
    from nashgan.commands.image_sets import Networks, compare_images

    return compare_images(real, images, None, None, Networks(), ["frechet"])["fid"]
