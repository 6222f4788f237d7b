"""Clips to logits by how what they show moves: optical flow after Lucas and Kanade (1981).

A discriminator of convolutions hardly sees how fast things move: it has to compare places in many frames, and the
penalty on its gradient in the pixels makes that dear. Sprites whose speeds were spread over 0.8 … 2.4 pixels a frame
stayed so, where the data had 1 … 2. The flow of a pair of frames is a ratio of sums over pixels. It is precise, and its
gradient in the pixels is small.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn.functional import pad

from nashgan.models.r3gan import GAIN, SLOPE, scaled

HIDDEN = 64  # features of the network that judges a clip's flow
NOISE = 0.1  # added to the sums of squared slopes; so frames without edges have no flow
STILL = 1e-3  # added to squared speeds, whose logarithm is taken


class FlowDiscriminator(nn.Module):
    """Clips to logits: convolutions over time see the flow and the logarithm of its speed; their mean is judged."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            scaled(nn.Conv1d(3, HIDDEN, 1), GAIN),
            nn.LeakyReLU(SLOPE),
            scaled(nn.Conv1d(HIDDEN, HIDDEN, 3, padding=1), GAIN),
            nn.LeakyReLU(SLOPE),
            scaled(nn.Conv1d(HIDDEN, HIDDEN, 1), GAIN),
            nn.LeakyReLU(SLOPE),
        )
        self.last = scaled(nn.Linear(HIDDEN, 1))

    def forward(self, clips: Float[Tensor, "n c t h w"]) -> Float[Tensor, " n"]:
        flow = optical_flow(clips)
        speed = (flow.square().sum(1, keepdim=True) + STILL).log() / 2
        logits: Tensor = self.last(self.layers(torch.cat([flow, speed], dim=1)).mean(2))
        return logits.flatten()


def optical_flow(clips: Float[Tensor, "n c t h w"]) -> Float[Tensor, "n 2 t-1"]:
    """The way (down, right) in pixels of what the frames show, from each to the next: one for the whole frame.

    It is the least-squares solution of: brightness changes by minus the slope times the way, over all pixels. Frames
    are blurred before. The solution is good for ways of up to a pixel, of one thing before a ground that stays. Frames
    that are black have the flow 0.
    """
    frames = blurred(clips.float())
    between, changed = (frames[:, :, 1:] + frames[:, :, :-1]) / 2, frames[:, :, 1:] - frames[:, :, :-1]
    down = (between[..., 2:, 1:-1] - between[..., :-2, 1:-1]) / 2
    right = (between[..., 1:-1, 2:] - between[..., 1:-1, :-2]) / 2
    faded = -changed[..., 1:-1, 1:-1]
    pixels = (1, 3, 4)  # all but those of one clip and one pair of frames
    dd, rr = (slope.square().sum(pixels) + NOISE for slope in (down, right))
    dr, df, rf = (down * right).sum(pixels), (down * faded).sum(pixels), (right * faded).sum(pixels)
    return torch.stack([rr * df - dr * rf, dd * rf - dr * df], dim=1) / (dd * rr - dr.square())[:, None]


def blurred(frames: Float[Tensor, "*n h w"]) -> Float[Tensor, "*n h w"]:
    """Each pixel's mean with its neighbours, with weights 1, 2, 1 in both directions; the border is repeated."""
    wider = pad(frames, (1, 1, 1, 1, 0, 0), mode="replicate")
    rows = (wider[..., :-2, :] + 2 * wider[..., 1:-1, :] + wider[..., 2:, :]) / 4
    return (rows[..., :-2] + 2 * rows[..., 1:-1] + rows[..., 2:]) / 4
