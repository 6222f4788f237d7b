"""The players for video: what moves, what stays, and that one clip does not depend on another."""

import pytest
import torch

from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.mocogan import Generator, displaced
from nashgan.objectives.penalties import R1_R2, WGAN_GP, GradientPenalty
from nashgan.spaces.video import VideoSpace


def config(frames: int = 6, channels: int = 1, size: int = 32, classes: int = 0) -> ModelConfig:
    space = VideoSpace(frames, channels, size)
    return ModelConfig(name="mocogan", examples=space.format, latent=7, width=2, classes=classes)


def test_maps_are_moved_by_whole_and_by_half_pixels() -> None:
    maps = torch.randn(2, 3, 8, 8)
    moved = displaced(maps, torch.tensor([[[0.0, 0.0], [2.0, -1.0]], [[0.5, 0.0], [-100.0, 0.0]]]))
    assert moved.shape == (2, 2, 3, 8, 8)
    torch.testing.assert_close(moved[0, 0], maps[0])
    torch.testing.assert_close(moved[0, 1, :, 2:, :-1], maps[0, :, :-2, 1:])
    torch.testing.assert_close(moved[1, 0, :, 1:], (maps[1, :, 1:] + maps[1, :, :-1]) / 2)
    torch.testing.assert_close(moved[1, 1], maps[1, :, -1:].expand(3, 8, 8))  # the border's pixels are repeated


@pytest.mark.parametrize(("frames", "channels", "size", "classes"), [(6, 1, 32, 0), (2, 3, 64, 3), (16, 1, 32, 10)])
def test_latents_to_clips_to_logits(frames: int, channels: int, size: int, classes: int) -> None:
    built = config(frames, channels, size, classes)
    z, labels = torch.randn(4, 7), torch.arange(4) % classes if classes else None
    clips = build_generator(built)(z, labels)
    assert clips.shape == (4, channels, frames, size, size)
    assert clips.abs().max() <= 1
    assert build_discriminator(built)(clips, labels).shape == (4,)


def test_the_second_half_of_the_latents_is_the_motion() -> None:
    torch.manual_seed(0)
    generator = build_generator(config())
    assert isinstance(generator, Generator)
    one, other = torch.randn(2, 1, 7)
    other[:, :4] = one[:, :4]
    maps = [generator.content(z[:, :4]) for z in (one, other)]
    assert torch.equal(*maps)
    assert not torch.equal(*(generator.motion(z[:, 4:])[0] for z in (one, other)))
    assert not torch.equal(generator(one), generator(other))


def test_a_clip_does_not_depend_on_the_others_and_every_weight_learns() -> None:
    torch.manual_seed(0)
    generator, discriminator = build_generator(config()), build_discriminator(config())
    z = torch.randn(3, 7)
    clips = generator(z)
    torch.testing.assert_close(clips[:1], generator(z[:1]))
    torch.testing.assert_close(discriminator(clips)[1:2], discriminator(clips[1:2]))
    discriminator(clips).sum().backward()
    assert all(weight.grad is not None for player in (generator, discriminator) for weight in player.parameters())


@pytest.mark.parametrize("penalty", [R1_R2, WGAN_GP])
def test_penalties_have_gradients_of_second_order(penalty: GradientPenalty) -> None:
    torch.manual_seed(0)
    discriminator = build_discriminator(config())
    penalty(discriminator, torch.randn(2, 1, 6, 32, 32), torch.randn(2, 1, 6, 32, 32)).backward()  # type: ignore[no-untyped-call]
    assert any(weight.grad is not None and weight.grad.abs().max() > 0 for weight in discriminator.parameters())
