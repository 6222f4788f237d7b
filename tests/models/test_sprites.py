"""The players of sprites over a background: what is placed where, what moves, and what a clip depends on."""

import pytest
import torch
from torch import nn

from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.r3gan import Everywhere
from nashgan.models.sprites import SPRITES, Generator, placed
from nashgan.objectives.penalties import R1_R2
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


def test_without_sprites_a_clip_is_its_background_and_with_opaque_ones_the_last_covers_the_others() -> None:
    generator, z = made(), torch.randn(2, 9)
    background = generator.background(z[:, : generator.latents[0]])
    last = generator.sprites.layers[-2]
    assert isinstance(last, nn.ConvTranspose2d) and last.bias is not None
    with torch.no_grad():
        last.weight.zero_()
        last.bias.copy_(torch.tensor([0.0, -1.0] * SPRITES))  # colour and alpha of each
        torch.testing.assert_close(generator(z), background[:, :, None].expand(2, 1, 6, 32, 32))
        last.bias.copy_(torch.tensor([-1.0, 1.0] * (SPRITES - 1) + [0.5, 1.0]))
        generator.motion.place.weight.zero_()
        generator.motion.place.bias.zero_()
        torch.testing.assert_close(generator(z)[:, :, 0, 8:24, 8:24], torch.full((2, 1, 16, 16), 0.5))


def test_each_part_of_the_latents_moves_its_own_sprite() -> None:
    generator, z = made(), torch.randn(1, 9).repeat(2, 1)
    z[1, -1] += 1  # of the last sprite's path
    drawn = generator.sprites(z[:, : generator.latents[0]])
    torch.testing.assert_close(drawn[0], drawn[1])
    paths = generator.motion(z[:, generator.latents[0] :].reshape(2 * SPRITES, -1)).unflatten(0, (2, SPRITES))
    torch.testing.assert_close(paths[0, :-1], paths[1, :-1])
    assert (paths[0, -1] - paths[1, -1]).abs().max() > 1e-3


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
