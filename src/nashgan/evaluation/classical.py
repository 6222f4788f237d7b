"""Classical methods of restoring images, which learn nothing: what a trained generator has to be better than."""

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from scipy.stats import norm
from skimage.restoration import denoise_nl_means, inpaint_biharmonic

from nashgan.records.degradation import Degradation
from nashgan.runtime.progress import progress

Picture = UInt8[np.ndarray, "c h w"]
# Of non-local means, in units of σ: how unlike patches may be, and the deviation of noise that was cut off at black. On
# the embedded digits these give a higher PSNR than the values that are usual for noise that is not cut off (0.8 and 1).
ALIKE, DEVIATION = 0.3, 0.7


def classical_name(how: Degradation) -> str | None:
    """The methods, in the order in which they are applied; None where there is none."""
    names = {"masked": "biharmonic", "noisy": "non-local means", "small": "bicubic"}
    return " + ".join(name for kind, name in names.items() if kind in how.kinds) or None


def restore_classically(
    given: UInt8[np.ndarray, "n c h w"], masks: torch.Tensor | None, how: Degradation
) -> UInt8[np.ndarray, "n c h w"]:
    """Undo the degradations in the reverse order; colours do not come back. `masks` are true where pixels are hidden.

    Hidden pixels follow from those around them (biharmonic equation), noise is averaged over similar patches (Buades et
    al., 2005, non-local means), small images are enlarged by bicubic interpolation.
    """
    made = []
    with progress("classical methods", len(given)) as advance:
        for index, image in enumerate(given):
            made.append(_restore(image, None if masks is None else masks[index, 0].numpy(), how))
            advance(1)
    return np.stack(made)


def _restore(image: Picture, mask: np.ndarray | None, how: Degradation) -> Picture:
    values = image.astype(np.float64) / 255
    if mask is not None:
        values = inpaint_biharmonic(values, mask, channel_axis=0)
    if how.shrink:
        values = values[:, :: how.shrink, :: how.shrink]
    if how.noise:
        strength = {"h": ALIKE * how.noise, "sigma": DEVIATION * how.noise}
        channels_last = np.ascontiguousarray(values.transpose(1, 2, 0))
        values = denoise_nl_means(channels_last, patch_size=5, patch_distance=6, channel_axis=-1, **strength)
        values = _brightness(values.reshape(channels_last.shape).transpose(2, 0, 1), how.noise)
    bytes_: Picture = np.rint(values.clip(0, 1) * 255).astype(np.uint8)
    if how.shrink:
        size = image.shape[2], image.shape[1]
        bytes_ = np.stack([np.asarray(Image.fromarray(one).resize(size, Image.Resampling.BICUBIC)) for one in bytes_])
    return bytes_


def _brightness(means: Float[np.ndarray, "c h w"], sigma: float) -> Float[np.ndarray, "c h w"]:
    """The brightness whose noisy pixels have these means: noise that is cut off at black makes black grey."""
    brightness = np.linspace(0, 1, 256)
    below, above = -brightness / sigma, (1 - brightness) / sigma
    kept = brightness * (norm.cdf(above) - norm.cdf(below)) + sigma * (norm.pdf(below) - norm.pdf(above))
    found: Float[np.ndarray, "c h w"] = np.interp(means, kept + norm.sf(above), brightness)
    return found
