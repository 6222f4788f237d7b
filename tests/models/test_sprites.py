"""The players of sprites over a background: what is placed where, what moves, and what a clip depends on."""

import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.r3gan import Everywhere
from nashgan.models.sprites import REACH, SLOWNESS, SPRITES, Generator, Motion, placed, reflected
from nashgan.objectives.penalties import R1_R2
from nashgan.runtime.errors import UserError
from nashgan.spaces.video import VideoSpace


def config(frames: int = 6, channels: int = 1, size: int = 32, classes: int = 0) -> ModelConfig:
    space = VideoSpace(frames, channels, size)
    return ModelConfig(name="sprites", examples=space.format, latent=9, width=2, classes=classes)


def test_whole_pixels_move_a_sprite_exactly_and_half_pixels_are_means() -> None:
    sprite = torch.rand(1, 2, 4, 4)
    by = torch.tensor([[[0.0, 0.0], [1.0, -2.0], [3.0, 0.0], [9.0, 0.0], [0.5, 0.0]]])
    frames = placed(sprite, by, 8)[0]
    expected = torch.zeros(4, 2, 8, 8)
    expected[0, :, 2:6, 2:6] = sprite[0]
    expected[1, :, 3:7, 0:4] = sprite[0]
    expected[2, :, 5:8, 2:6] = sprite[0, :, :3]  # its last row is outside
    assert torch.equal(frames[:4], expected)
    torch.testing.assert_close(frames[4, :, 3:6, 2:6], (sprite[0, :, 1:] + sprite[0, :, :-1]) / 2)


@pytest.mark.parametrize(("frames", "channels", "size", "classes"), [(6, 1, 32, 0), (2, 3, 64, 3), (3, 3, 17, 10)])
def test_latents_to_clips_to_logits(frames: int, channels: int, size: int, classes: int) -> None:
    built = config(frames, channels, size, classes)
    z, labels = torch.randn(4, 9), torch.arange(4) % classes if classes else None
    clips = build_generator(built)(z, labels)
    assert clips.shape == (4, channels, frames, size, size)
    assert clips.abs().max() <= 1
    assert build_discriminator(built)(clips, labels).shape == (4,)


def made() -> Generator:
    torch.manual_seed(0)
    generator = build_generator(config())
    assert isinstance(generator, Generator)
    return generator


def test_without_sprites_a_clip_is_its_background_and_with_opaque_ones_the_first_covers_the_others() -> None:
    generator, z = made(), torch.randn(2, 9)
    background = generator.background(z[:, : generator.latents[0]])
    last = generator.sprites.layers[-2]
    assert isinstance(last, nn.ConvTranspose2d) and last.bias is not None
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.tensor([0.0, -1.0] * SPRITES))  # colour and alpha of each
        torch.testing.assert_close(generator(z), background[:, :, None].expand(2, 1, 6, 32, 32))
        last.bias.copy_(torch.tensor([0.5, 1.0] + [-1.0, 1.0] * (SPRITES - 1)))
        of_path = generator.motion.layers[-1]
        assert isinstance(of_path, nn.Linear)
        of_path.weight.zero_()  # no way from the middle
        torch.testing.assert_close(generator(z)[:, :, 0, 8:24, 8:24], torch.full((2, 1, 16, 16), 0.5))


def test_each_part_of_the_latents_moves_its_own_sprite() -> None:
    generator, z = made(), torch.randn(1, 9).repeat(2, 1)
    z[1, -1] += 1  # of the last sprite's path
    drawn = generator.sprites(z[:, : generator.latents[0]])
    torch.testing.assert_close(drawn[0], drawn[1])
    paths = generator.motion(z[:, generator.latents[0] :].reshape(2 * SPRITES, -1)).unflatten(0, (2, SPRITES))
    torch.testing.assert_close(paths[0, :-1], paths[1, :-1])
    assert (paths[0, -1] - paths[1, -1]).abs().max() > 1e-3


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=20), st.floats(-9, 0), st.floats(0.5, 9))
def test_a_path_is_reflected_as_that_of_a_ball_between_two_walls(line: list[float], low: float, high: float) -> None:
    places, near, far = (torch.tensor(at, dtype=torch.float64) for at in ([[x, 0] for x in line], [low, -1], [high, 1]))
    folded = reflected(places, near, far)[:, 0]
    for place, found in zip(line, folded.tolist(), strict=True):
        while not low <= place <= high:  # turned round at one wall after the other
            place = 2 * low - place if place < low else 2 * high - place
        assert found == pytest.approx(place, abs=1e-6)


def test_a_bounce_is_differentiable_in_the_place_and_in_the_border() -> None:
    places = torch.tensor([[0.5, -0.5], [2.5, 3.0], [-1.5, -3.0]], dtype=torch.float64, requires_grad=True)
    low, high = (torch.full((2,), at, dtype=torch.float64, requires_grad=True) for at in (-1.0, 2.0))
    assert torch.autograd.gradcheck(reflected, (places, low, high))
    reflected(places, low, high).sum().backward()  # type: ignore[no-untyped-call]
    assert places.grad is not None and torch.equal(places.grad.sign()[:, 0], torch.tensor([1.0, -1.0, -1.0]).double())


def test_a_path_has_a_constant_velocity_and_bounces_at_the_borders() -> None:
    motion = Motion(latent=3, hidden=4, frames=9)
    last = motion.layers[-1]
    assert isinstance(last, nn.Linear)
    with torch.no_grad():
        last.weight.zero_()
        last.bias[:] = torch.tensor([0.0, 0.5, 0.3, -0.4])  # place, direction
        motion.speeds[:] = math.log(1.25 * SLOWNESS)
        motion.borders[:] = torch.tensor([[1.5, 9.0], [2.0, 9.0]]).log()
        path = motion(torch.randn(1, 3))[0] / REACH
    down = torch.tensor([0, 0.75, 1.5, 1.75, 1.0, 0.25, -0.5, -1.25, -1.0])
    torch.testing.assert_close(path[:, 0], down)
    torch.testing.assert_close(path[:, 1], 0.5 - torch.arange(9))


def test_speeds_are_even_between_their_limits_and_independent_of_the_direction() -> None:
    motion, z = Motion(latent=4, hidden=8, frames=2), torch.randn(4000, 4)
    with torch.no_grad():
        motion.speeds[:] = (torch.tensor([2.0, 6.0]) * SLOWNESS).log()
        motion.borders[:] = 9  # far outside
        step = (motion(z)[:, 1] - motion(z)[:, 0]) / REACH
    speed, angle = step.norm(dim=1), torch.atan2(step[:, 0], step[:, 1])
    quarters = speed.quantile(torch.linspace(0, 1, 5))
    torch.testing.assert_close(quarters, torch.arange(2.0, 7), atol=0.15, rtol=0)
    assert torch.corrcoef(torch.stack([speed, angle.cos(), angle.sin()]))[0, 1:].abs().max() < 0.06


def test_too_short_a_latent_vector_is_refused() -> None:
    with pytest.raises(UserError, match="sprites need 8 or more, got 7"):
        Generator(VideoSpace(6, 1, 32), latent=7, width=2)


def test_a_clip_does_not_depend_on_the_others_and_every_weight_learns() -> None:
    generator, discriminator, z = made(), build_discriminator(config()), torch.randn(3, 9)
    clips = generator(z)
    torch.testing.assert_close(clips[:1], generator(z[:1]))
    torch.testing.assert_close(discriminator(clips)[1:2], discriminator(clips[1:2]))
    discriminator(clips).sum().backward()
    assert all(weight.grad is not None for player in (generator, discriminator) for weight in player.parameters())


def test_the_penalty_has_gradients_of_second_order() -> None:
    discriminator = build_discriminator(config())
    R1_R2(discriminator, torch.randn(2, 1, 6, 32, 32), torch.randn(2, 1, 6, 32, 32)).backward()  # type: ignore[no-untyped-call]
    assert any(weight.grad is not None and weight.grad.abs().max() > 0 for weight in discriminator.parameters())


def test_patches_are_summed_wherever_they_are() -> None:
    maps = torch.randn(2, 3, 4, 4)
    torch.testing.assert_close(Everywhere()(maps.roll((1, 2), (2, 3))), maps.mean((2, 3)) * 4)
