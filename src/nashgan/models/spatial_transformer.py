"""Pictures sampled at other places: the spatial transformer of Jaderberg et al., 2015, with bilinear interpolation."""

import torch
from jaxtyping import Float
from torch import Tensor


def bilinear(
    maps: Float[Tensor, "n m s s"], places: Float[Tensor, "n frames 2 size"]
) -> Float[Tensor, "n frames m size size"]:
    """The values of `maps` at (`places[…, 0, i]`, `places[…, 1, j]`) for each pixel (i, j) of each frame.

    Places are rows and columns of the maps, in pixels from 0 to s - 1; outside of the maps there are zeros (equation 5,
    where rows and columns do not depend on each other). It is two matrix products. Their gradients need no atomic
    additions on a GPU, so that a training can be repeated bit by bit.
    """
    n, m, side, _ = maps.shape
    _, frames, _, size = places.shape
    weights = (1 - (places[..., None] - torch.arange(side, device=maps.device, dtype=places.dtype)).abs()).clamp(min=0)
    down, right = weights.unbind(2)  # n frames size s
    rows = down.reshape(n, frames * size, side) @ maps.permute(0, 2, 1, 3).reshape(n, side, m * side).to(down.dtype)
    rows = rows.reshape(n * frames, size * m, side)
    moved = rows @ right.reshape(n * frames, size, side).transpose(1, 2).to(rows.dtype)
    return moved.reshape(n, frames, size, m, size).transpose(2, 3)
