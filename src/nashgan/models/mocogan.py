"""Players for video with content and motion apart: Tulyakov et al., 2018, "MoCoGAN: Decomposing motion and content".

The generator's latent vector has two halves. From the first one, and the label where classes are learned, feature maps
are drawn once for the whole clip: what is seen. From the second one a recurrent network makes a code for each frame:
what happens. A code moves half of the maps by some pixels; the other half stays where it is, as a background does. A
small convolutional decoder draws the frame from the maps and the code. The discriminator has a network that looks at
single frames, and one that looks at whole clips; their logits are added.

What differs from the paper's networks, so that a CPU can train them:

- the recurrent network gets the same latent vector at each frame, where the paper draws new noise for each one; so a
  sample is a function of one latent vector;
- a frame's decoder starts from maps that are the same for all frames, and that the code moves, where the paper's draws
  each frame from nothing;
- frames and clips are judged by the discriminators of R3GAN (Huang et al., 2024); a clip's frames are its channels, so
  the first layer is a 3-D convolution as long as the clip.
"""

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import avg_pool2d

from nashgan.models.r3gan import SLOPE, Clip
from nashgan.models.r3gan import Discriminator as ImageDiscriminator
from nashgan.models.r3gan import Generator as ImageGenerator
from nashgan.models.spatial_transformer import bilinear
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.video import VideoSpace

MAPS = 2  # feature maps that move, and as many that stay
CONTENT = 3  # maps of the content at the highest resolution for each unit of model.width
HIDDEN = 8  # units of the recurrent network for each unit of model.width
FEATURES = 8  # of the convolution that draws a frame
CODE = 8  # numbers that tell a frame's decoder what happens
LOOKS = 2  # frames of a clip that are judged by themselves
REACH = 8.0  # pixels: the spread of the first movements is of this order


class Motion(nn.Module):
    """A latent vector to a displacement (down, right) in pixels and a code, for each frame."""

    def __init__(self, latent: int, hidden: int, frames: int) -> None:
        super().__init__()
        self.frames = frames
        self.first = nn.Linear(latent, hidden)
        self.cell = nn.GRUCell(latent, hidden)
        self.last = nn.Linear(hidden, 2 + CODE)
        self.scale = REACH

    def forward(
        self, z: Float[Tensor, "n latent"]
    ) -> tuple[Float[Tensor, "n frames 2"], Float[Tensor, "n frames code"]]:
        states = [torch.tanh(self.first(z))]
        while len(states) < self.frames:
            states.append(self.cell(z, states[-1]))
        out = self.last(torch.stack(states, dim=1)).float()
        return self.scale * out[..., :2], out[..., 2:]


def displaced(maps: Float[Tensor, "n m h w"], by: Float[Tensor, "n frames 2"]) -> Float[Tensor, "n frames m h w"]:
    """The maps moved by each displacement; the border's pixels are repeated."""
    size = maps.shape[-1]
    places = torch.arange(size, device=maps.device, dtype=by.dtype)
    return bilinear(maps, (places - by[..., None]).clamp(0, size - 1))


class Generator(nn.Module):
    """Latents to clips."""

    def __init__(self, space: VideoSpace, latent: int, width: int, classes: int = 0) -> None:
        super().__init__()
        self.latents = [latent - latent // 2, latent // 2]  # of content and of motion
        maps = ImageSpace(2 * MAPS, space.size, space.size)
        self.content = ImageGenerator(maps, self.latents[0], CONTENT * width, classes)
        self.motion = Motion(self.latents[1], HIDDEN * width, space.frames)
        self.first = nn.Conv2d(2 * MAPS, FEATURES, 3, padding=1)
        self.code = nn.Linear(CODE, FEATURES)
        self.last = nn.Sequential(nn.LeakyReLU(SLOPE, inplace=True), nn.Conv2d(FEATURES, space.channels, 1), Clip())

    def forward(
        self, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "n c t h w"]:
        content, motion = torch.split(z, self.latents, dim=1)
        moving, still = self.content(content, labels).chunk(2, dim=1)
        by, code = self.motion(motion)
        moved = displaced(moving, by)
        maps = torch.cat([moved, still[:, None].expand_as(moved).to(moved.dtype)], dim=2).flatten(0, 1)
        drawn = self.first(maps.contiguous(memory_format=torch.channels_last))
        frames: Tensor = self.last(drawn + self.code(code).flatten(0, 1)[..., None, None])
        return frames.reshape(*moved.shape[:2], *frames.shape[1:]).transpose(1, 2)


class FramesAndClips(nn.Module):
    """Clips to logits: that of the clip, and the mean of those of `looks` frames, evenly spread.

    `of_clip` sees the frames as channels, averaged over squares of `shrink` pixels a side. A single look is in the
    clip's middle.
    """

    def __init__(
        self, space: VideoSpace, of_clip: nn.Module, of_frame: nn.Module, looks: int = LOOKS, shrink: int = 1
    ) -> None:
        super().__init__()
        last, looks = space.frames - 1, min(looks, space.frames)
        self.frames = [round(step * last / (looks - 1)) for step in range(looks)] if looks > 1 else [last // 2]
        self.of_clip = of_clip
        self.of_frame = of_frame
        self.shrink = shrink

    def forward(
        self, clips: Float[Tensor, "n c t h w"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, " n"]:
        frames = clips[:, :, self.frames].transpose(1, 2)
        each = None if labels is None else labels.repeat_interleave(len(self.frames))
        of_frames: Tensor = self.of_frame(_last(frames.flatten(0, 1)), each)
        small = clips.flatten(1, 2) if self.shrink == 1 else avg_pool2d(clips.flatten(1, 2), self.shrink)
        of_clips: Tensor = self.of_clip(_last(small), labels)
        return of_clips + of_frames.reshape(len(clips), -1).mean(1)


class Discriminator(FramesAndClips):
    """Clips to logits, by discriminators of R3GAN."""

    def __init__(self, space: VideoSpace, width: int, classes: int = 0) -> None:
        whole = ImageSpace(space.channels * space.frames, space.size, space.size)
        of_clip = ImageDiscriminator(whole, 2 * width, classes)
        super().__init__(space, of_clip, ImageDiscriminator(space.of_image, 2 * width, classes))


def _last(images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
    return images.contiguous(memory_format=torch.channels_last)
