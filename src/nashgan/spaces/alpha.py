"""Images with an alpha channel: uint8 (…, 4, height, width), the channels being red, green, blue and alpha."""

import numpy as np
import torch
from jaxtyping import UInt8
from torch import Tensor

CHANNELS = 4
PAGE = 255  # the level behind transparent pixels: white, as on paper; black would hide dark lines


def hide_unseen(images: UInt8[np.ndarray, "*n c h w"]) -> UInt8[np.ndarray, "*n c h w"]:
    """The same images. In images with alpha, the colours of fully transparent pixels become white.

    These colours are invisible and often arbitrary. With one colour for all of them, equal pictures are equal arrays.
    """
    if images.shape[-3] != CHANNELS:
        return images
    unseen = images[..., 3:, :, :] == 0
    return np.concatenate([np.where(unseen, np.uint8(PAGE), images[..., :3, :, :]), images[..., 3:, :, :]], axis=-3)


def over_page(images: UInt8[Tensor, "*n c h w"]) -> UInt8[Tensor, "*n d h w"]:
    """Images with alpha laid over white: colour · alpha + white · (1 - alpha), rounded. Others stay as they are."""
    if images.shape[-3] != CHANNELS:
        return images
    colours, alpha = images[..., :3, :, :].int(), images[..., 3:, :, :].int()
    return ((2 * (colours * alpha + PAGE * (255 - alpha)) + 255) // 510).to(torch.uint8)
