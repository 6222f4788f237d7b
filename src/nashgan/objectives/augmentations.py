"""Random transformations of what D sees, differentiable in the image, after two papers.

DiffAugment: Zhao et al., "Differentiable augmentation for data-efficient GAN training", 2020, and the authors' program.
ADA: Karras et al., "Training generative adversarial networks with limited data", 2020, appendix B.

A transformation is a function of images in [-1, 1], of the probability p that it changes an image, and of a generator
of random numbers. Each image has its own numbers. What is filled in is 0, a middle grey, as in DiffAugment's program:
D can see how far an image was moved, so G has no reason to draw moved images. ADA fills in by reflection.
"""

import math

import torch
from jaxtyping import Bool, Float, Int64
from torch import Tensor

Images = Float[Tensor, "n c h w"]
Chance = Float[Tensor, ""] | float
EIGHTH, HALF = 0.125, 0.5  # shares of a side: of the largest shift, and of the box that is cut out (both papers)
SCALE = 0.2  # standard deviation of log2 of the scale, and of the proportion of the sides (ADA)
TURNS = 4  # quarter turns in a whole one


def flip(images: Images, p: Chance, random: torch.Generator) -> Images:
    """Half of the chosen images are mirrored left to right (ADA's x-flip)."""
    mirrored = _chosen(images, p, random) & _chosen(images, 0.5, random)
    return torch.where(_of_images(mirrored), images.flip(3), images)


def rotate90(images: Images, p: Chance, random: torch.Generator) -> Images:
    """The chosen images are turned by 0 to 3 quarter turns (ADA). Raises ValueError for images that are not square."""
    if images.shape[2] != images.shape[3]:
        raise ValueError(f"rotate90 needs square images, these are {images.shape[2]} × {images.shape[3]}")
    turns = torch.randint(TURNS, (len(images),), generator=random, device=images.device)
    turns = torch.where(_chosen(images, p, random), turns, 0)
    for turn in range(1, TURNS):
        images = torch.where(_of_images(turns == turn), images.rot90(turn, (2, 3)), images)
    return images


def colour(images: Images, p: Chance, random: torch.Generator) -> Images:
    """Brightness plus -0.5 to 0.5, saturation times 0 to 2, contrast times 0.5 to 1.5 (DiffAugment).

    Saturation is the distance of a pixel's colours from their mean; contrast is that of the
    pixels from the image's mean. Alpha is not changed.
    """
    colours, alpha = images[:, :3], images[:, 3:]
    colours = colours + _number(colours, p, random, -0.5, 0.5, 0.0)
    grey = colours.mean(1, keepdim=True)
    colours = (colours - grey) * _number(colours, p, random, 0.0, 2.0, 1.0) + grey
    mean = colours.mean((1, 2, 3), keepdim=True)
    colours = (colours - mean) * _number(colours, p, random, 0.5, 1.5, 1.0) + mean
    return torch.cat([colours, alpha], 1) if alpha.shape[1] else colours


def translation(images: Images, p: Chance, random: torch.Generator) -> Images:
    """The chosen images are moved by whole pixels, up to an eighth of each side (DiffAugment, ADA)."""
    chosen = _chosen(images, p, random)
    down, right = (_shift(images, side, chosen, random) for side in images.shape[2:])
    y, x = (torch.arange(side, device=images.device) for side in images.shape[2:])
    n, _, height, width = images.shape
    from_y = (y[:, None] - down[:, None, None]).expand(n, height, width)
    from_x = (x - right[:, None, None]).expand(n, height, width)
    return _taken(images, from_y, from_x)


def geometry(images: Images, p: Chance, random: torch.Generator) -> Images:
    """Images are scaled, rotated, stretched, rotated again and moved, with a single bilinear interpolation.

    As ADA's geometric transformations, but without its filter against aliasing.
    """
    n, _, height, width = images.shape
    like = images.new_zeros(n, 2)

    def uniform() -> Float[Tensor, " n"]:
        return torch.empty_like(like[:, 0]).uniform_(-1, 1, generator=random)

    def normal(chance: Chance) -> Float[Tensor, "n 2"]:
        drawn = torch.empty_like(like).normal_(generator=random)
        return torch.where(_chosen(images, chance, random)[:, None], drawn, 0.0)

    def turn() -> Float[Tensor, "n 2 2"]:
        chosen = _chosen(images, 1 - (1 - p) ** 0.5, random)  # with two turns, p is the chance of any
        angle = torch.where(chosen, uniform() * math.pi, 0.0)
        return torch.stack([angle.cos(), -angle.sin(), angle.sin(), angle.cos()], 1).view(n, 2, 2)

    scale = (SCALE * normal(p)[:, :1]).exp2().expand(-1, 2)
    stretch = (SCALE * normal(p)[:, :1] * images.new_tensor([1, -1])).exp2()
    back = turn() @ (scale * stretch).diag_embed() @ turn()  # from a pixel to where it comes from
    sides = images.new_tensor([height, width])
    moved = normal(p) * EIGHTH * sides
    places = torch.cartesian_prod(*(torch.arange(side, device=images.device) for side in (height, width))).T
    middle = (sides[:, None] - 1) / 2
    y, x = (back @ (places - middle) + middle + moved[:, :, None]).view(n, 2, height, width).unbind(1)
    return _between(images, y, x)


def cutout(images: Images, p: Chance, random: torch.Generator) -> Images:
    """A box of half of each side becomes 0; its middle is anywhere in the image (DiffAugment)."""
    chosen = _chosen(images, p, random)
    down, across = (_covered(images, side, random) for side in images.shape[2:])
    hidden = chosen[:, None, None] & down[:, :, None] & across[:, None, :]
    return images.masked_fill(hidden[:, None], 0.0)


def _of_images(chosen: Bool[Tensor, " n"]) -> Bool[Tensor, "n 1 1 1"]:
    return chosen[:, None, None, None]


def _chosen(images: Images, p: Chance, random: torch.Generator) -> Bool[Tensor, " n"]:
    return torch.rand(len(images), generator=random, device=images.device) < p


def _number(
    images: Images, p: Chance, random: torch.Generator, low: float, high: float, otherwise: float
) -> Float[Tensor, "n 1 1 1"]:
    """Uniform in low … high for the chosen images, `otherwise` for the others."""
    drawn = torch.rand(len(images), generator=random, device=images.device) * (high - low) + low
    return torch.where(_chosen(images, p, random), drawn, otherwise)[:, None, None, None]


def _shift(images: Images, side: int, chosen: Bool[Tensor, " n"], random: torch.Generator) -> Int64[Tensor, " n"]:
    most = round(side * EIGHTH)
    drawn = torch.randint(-most, most + 1, (len(images),), generator=random, device=images.device)
    return torch.where(chosen, drawn, 0)


def _covered(images: Images, side: int, random: torch.Generator) -> Bool[Tensor, "n side"]:
    """Which places of a side the box covers: those up to a quarter of the side around its middle."""
    box = round(side * HALF)
    middle = torch.randint(side + 1 - box % 2, (len(images), 1), generator=random, device=images.device)
    place = torch.arange(side, device=images.device)[None]
    first = middle - box // 2
    return (place >= first) & (place < first + box)


def _taken(images: Images, y: Int64[Tensor, "n h w"], x: Int64[Tensor, "n h w"]) -> Images:
    """The pixels at (y, x); 0 outside.

    `gather` is used because its gradient has a deterministic algorithm on a GPU; that of `grid_sample` has none.
    """
    channels, height, width = images.shape[1:]
    inside = (y >= 0) & (y < height) & (x >= 0) & (x < width)
    place = y.clamp(0, height - 1) * width + x.clamp(0, width - 1)
    taken = images.flatten(2).gather(2, place.flatten(1)[:, None].expand(-1, channels, -1))
    return taken.view_as(images) * inside[:, None]


def _between(images: Images, y: Float[Tensor, "n h w"], x: Float[Tensor, "n h w"]) -> Images:
    """The images at (y, x), in pixels, by linear interpolation between the four nearest pixels; 0 outside."""
    top, left = y.floor(), x.floor()
    out = torch.zeros_like(images)
    for row, column in ((top, left), (top, left + 1), (top + 1, left), (top + 1, left + 1)):
        weight = (1 - (y - row).abs()) * (1 - (x - column).abs())
        out = out + _taken(images, row.long(), column.long()) * weight[:, None]
    return out
