"""Optical flow: that of a blob whose way is known, of nothing, and what a discriminator learns from it."""

import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import softplus

from nashgan.models.optical_flow import FlowDiscriminator, blurred, optical_flow
from nashgan.objectives.penalties import R1_R2


def blobs(ways: Tensor, frames: int = 4, size: int = 16) -> Tensor:
    """A round blob, brightness -1 … 1, that moves by `ways` (n, 2) pixels a frame from near the middle."""
    pixels, times = torch.arange(size), torch.arange(frames) - (frames - 1) / 2
    places = (size - 1) / 2 + ways[:, None] * times[:, None]
    down, right = (torch.exp(-((pixels - places[..., i, None]) ** 2) / 8) for i in (0, 1))
    return (2 * down[..., :, None] * right[..., None, :] - 1)[:, None]


@settings(deadline=None)  # the first call is slow
@given(st.floats(-1, 1), st.floats(-1, 1))
def test_the_flow_is_nearly_the_way_of_a_blob(down: float, right: float) -> None:
    flow = optical_flow(blobs(torch.tensor([[down, right]])))
    assert flow.shape == (1, 2, 3)
    torch.testing.assert_close(flow.mean(2), torch.tensor([[down, right]]), atol=0.01, rtol=0.1)


def test_nothing_that_moves_and_nothing_that_is_seen_have_no_flow() -> None:
    still = torch.rand(1, 3, 1, 8, 8).expand(1, 3, 5, 8, 8)
    assert torch.equal(optical_flow(still), torch.zeros(1, 2, 4))
    black = torch.full((1, 1, 5, 8, 8), -1.0, requires_grad=True)
    assert torch.equal(optical_flow(black), torch.zeros(1, 2, 4))
    FlowDiscriminator()(black).sum().backward()
    assert black.grad is not None and black.grad.isfinite().all()


def test_blurring_keeps_an_even_ground_and_the_sum_of_what_is_inside() -> None:
    torch.testing.assert_close(blurred(torch.full((1, 1, 2, 5, 6), 0.3)), torch.full((1, 1, 2, 5, 6), 0.3))
    point = torch.zeros(1, 1, 1, 5, 5)
    point[..., 2, 2] = 16
    expected = torch.tensor([1.0, 2.0, 1.0])
    torch.testing.assert_close(blurred(point)[0, 0, 0, 1:4, 1:4], expected[:, None] * expected)


def test_it_tells_speeds_drawn_from_a_wider_range_despite_the_penalty() -> None:
    torch.manual_seed(0)
    judge = FlowDiscriminator()

    def drawn(n: int, width: float) -> Tensor:
        speed = 0.75 + width * (torch.rand(n, 1) - 0.5)
        angle = torch.rand(n, 1) * 2 * torch.pi
        return blobs(speed * torch.cat([angle.sin(), angle.cos()], dim=1))

    optimizer = torch.optim.Adam(judge.parameters(), 0.002, betas=(0.0, 0.99))
    for _ in range(100):
        real, fake = drawn(16, 0.5), drawn(16, 1.0)
        loss = softplus(judge(fake) - judge(real)).mean() + R1_R2(judge, real, fake)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        real, fake = judge(drawn(500, 0.5)), judge(drawn(500, 1.0))
    ordered = (real[:, None] > fake).float().mean()
    assert ordered > 0.65  # at best 0.75: half of the wider range is outside, the rest is like the other
