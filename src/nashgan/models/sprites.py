"""Video as sprites over a background: what a clip shows is drawn once, and moves on a path with bounces.

From the first half of the latent vector, and the label where classes are learned, one network draws a background that
stays (Vondrick et al., 2016, "Generating videos with scene dynamics"), and another one draws sprites: small pictures
with transparency. The second half of the latent vector is split among the sprites; from its part a network draws the
path of each: a first place, a constant velocity, and reflections at learned borders. A spatial transformer (Jaderberg
et al., 2015) puts the sprites into each frame, one over the other, as layers (Wang and Adelson, 1994, "Representing
moving images with layers"). So content and motion are apart by construction, where MoCoGAN (Tulyakov et al., 2018) has
to learn it: a sprite looks the same in all frames. It cannot turn, grow or change its shape, and it moves straight on.

The discriminator has a network that looks at single frames, and two for the motion: one looks at whole clips of half
the resolution (Clark et al., 2019, "Adversarial video generation on complex datasets", section 3.2), one at their
optical flow. A frame's logit is a mean of logits of patches, as in MoCoGAN: a thing is judged alike wherever it is.
"""

import math

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d, normalize

from nashgan.models.mocogan import FramesAndClips
from nashgan.models.optical_flow import FlowDiscriminator
from nashgan.models.pyramid import SMALLEST
from nashgan.models.r3gan import GAIN, SLOPE, scaled
from nashgan.models.r3gan import Discriminator as ImageDiscriminator
from nashgan.models.r3gan import Generator as ImageGenerator
from nashgan.models.spatial_transformer import bilinear
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.video import VideoSpace

SPRITES = 2  # in a clip; one that is not needed becomes transparent
CONTENT = 3  # maps of the sprites at the highest resolution for each unit of model.width
HIDDEN = 8  # units of the network that draws a path for each unit of model.width
REACH = 1 / 4  # the spread of the first places is of this order, as a share of the frame's side
SLOWNESS = 5  # frames that take this way at the middle one of the first speeds
SPEEDS = (1 / 2, 3 / 2)  # limits of the first speeds, as shares of the middle one
LOOKS = 1  # frames of a clip that are judged by themselves; a sprite looks the same in all of them
SHRINK = 2  # a side of the frames that motion is judged by is shorter by this factor


class Motion(nn.Module):
    """A latent vector to a path: the displacement (down, right) from the frame's middle in each frame.

    The unit is the frame's side. The first latent number draws the speed, evenly between two limits; a network of two
    layers draws the first place and the direction from the others. Speed and direction stay the same. The path is
    reflected at borders to both sides of the middle. The limits and the borders are learned, and the same for all
    sprites; where things leave the frame, the borders are learned far outside, and nothing bounces. At first they are
    where a sprite of half the frame's side touches the frame's border.
    """

    times: Tensor  # (frames, 1), of the frames

    def __init__(self, latent: int, hidden: int, frames: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            scaled(nn.Linear(latent - 1, hidden), GAIN),
            nn.LeakyReLU(SLOPE),
            scaled(nn.Linear(hidden, 4)),
        )
        self.speeds = nn.Parameter(torch.tensor(SPEEDS).log())  # logarithms of the limits
        self.borders = nn.Parameter(torch.zeros(2, 2))  # logarithms of the ways to the near and to the far ones
        self.register_buffer("times", torch.arange(frames)[:, None], persistent=False)

    def forward(self, z: Float[Tensor, "n latent"]) -> Float[Tensor, "n frames 2"]:
        first, direction = self.layers(z[:, 1:]).float()[:, None].chunk(2, dim=2)
        lowest, highest = self.speeds.float().exp() / SLOWNESS
        share = (1 + torch.erf(z[:, :1].float() / math.sqrt(2))) / 2  # even in 0 … 1, for a normal z
        speed = torch.lerp(lowest, highest, share)
        velocity = speed[:, None] * normalize(direction, dim=2)
        near, far = self.borders.float().exp()
        return REACH * reflected(first + self.times * velocity, -near, far)


def reflected(
    places: Float[Tensor, "*n 2"], low: Float[Tensor, "2"], high: Float[Tensor, "2"]
) -> Float[Tensor, "*n 2"]:
    """Places on a line without borders, folded into `low` … `high`: the way of a ball between two walls.

    It is differentiable in all three, but for the moment of a bounce.
    """
    room = high - low
    return high - (torch.remainder(places - low, 2 * room) - room).abs()


def placed(
    sprites: Float[Tensor, "n m s s"], by: Float[Tensor, "n frames 2"], size: int
) -> Float[Tensor, "n frames m size size"]:
    """The sprites in the middle of frames of `size` pixels a side, moved by (down, right) pixels; zeros around them."""
    pixels = torch.arange(size, device=by.device, dtype=by.dtype)
    return bilinear(sprites, pixels - (size - sprites.shape[-1]) / 2 - by[..., None])


class Generator(nn.Module):
    """Latents to clips. Raises UserError for latent vectors that are too short for all sprites' speeds and places."""

    def __init__(self, space: VideoSpace, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        self.size, self.channels = space.size, space.channels
        path = latent // (2 * SPRITES)
        if path < 2:
            raise UserError(f"params.yaml: model.latent: sprites need {4 * SPRITES} or more, got {latent}")
        self.latents = [latent - SPRITES * path, SPRITES * path]  # of content and of motion
        side = max(SMALLEST, space.size // 2)
        drawn = ImageSpace(SPRITES * (space.channels + 1), side, side)
        self.sprites = ImageGenerator(drawn, self.latents[0], CONTENT * width, classes)
        self.background = ImageGenerator(space.of_image, self.latents[0], width, classes)
        self.motion = Motion(path, HIDDEN * width, space.frames)
        self._begin_transparent()

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c t h w"]:
        content, motion = torch.split(z, self.latents, dim=1)
        drawn = brightness(self.sprites(content, labels))
        drawn = drawn.reshape(z.shape[0], SPRITES, self.channels + 1, *drawn.shape[2:])
        colour, alpha = torch.split(drawn, [self.channels, 1], dim=2)
        by = self.size * self.motion(motion.reshape(z.shape[0] * SPRITES, -1))
        layers = placed(torch.cat([alpha * colour, alpha], dim=2).flatten(0, 1), by, self.size)
        clips = brightness(self.background(content, labels))[:, None]
        for layer in reversed(layers.reshape(z.shape[0], SPRITES, *layers.shape[1:]).unbind(1)):  # the first is on top
            colour, alpha = torch.split(layer, [self.channels, 1], dim=2)
            clips = colour + (1 - alpha) * clips  # "over" (Porter and Duff, 1984)
        return (2 * clips - 1).transpose(1, 2)

    @torch.no_grad()
    def _begin_transparent(self) -> None:
        """Make each sprite but the first more transparent at the start: it is used where those above do not suffice."""
        last = [layer for layer in self.sprites.layers if isinstance(layer, nn.ConvTranspose2d)][-1]
        assert last.bias is not None
        last.bias.view(SPRITES, -1)[:, -1] -= torch.arange(SPRITES)


def brightness(images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    """From the players' [-1, 1] to 0 … 1."""
    return (images.float() + 1) / 2


class Discriminator(FramesAndClips):
    """Clips to logits: those of the clip and of its optical flow, and that of the frame in its middle."""

    def __init__(self, space: VideoSpace, width: int, classes: int = 0) -> None:
        shrink = SHRINK if space.size >= SHRINK * SMALLEST else 1
        whole = ImageSpace(space.channels * space.frames, space.size // shrink, space.size // shrink)
        of_clip = ImageDiscriminator(whole, 2 * width, classes)
        of_frame = ImageDiscriminator(space.of_image, 2 * width, classes, patches=True)
        super().__init__(space, of_clip, of_frame, LOOKS, shrink)
        self.of_flow = FlowDiscriminator()

    def forward(
        self, clips: Float[Tensor, "n c t h w"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, " n"]:
        judged: Tensor = super().forward(clips, labels)
        small = avg_pool2d(clips.flatten(1, 2), self.shrink)
        small = small.reshape(*clips.shape[:3], *small.shape[2:])
        of_flow: Tensor = self.of_flow(small)
        return judged + of_flow
