"""What an augmentation does to an image, against closed forms; and that its gradient reaches the image."""

import numpy as np
import pytest
import torch
from torch import Tensor

from nashgan.objectives import AUGMENTATIONS
from nashgan.objectives import augmentations as made

NAMES = sorted(AUGMENTATIONS)


def images(n: int = 64, channels: int = 1, side: int = 8) -> Tensor:
    return torch.rand(n, channels, side, side, generator=torch.Generator().manual_seed(1)) * 1.8 - 0.9 + 0.01


def apply(name: str, given: Tensor, p: float = 1.0, seed: int = 0) -> Tensor:
    changed: Tensor = AUGMENTATIONS[name].load()(given, torch.tensor(p), torch.Generator().manual_seed(seed))
    return changed


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shape_chance_and_gradient(name: str, channels: int) -> None:
    given = images(channels=channels)
    torch.testing.assert_close(apply(name, given, p=0.0), given, atol=1e-5, rtol=0)  # never chosen
    changed = apply(name, given)
    assert changed.shape == given.shape and changed.isfinite().all() and not torch.equal(changed, given)
    assert torch.equal(apply(name, given), changed) and not torch.equal(apply(name, given, seed=1), changed)
    share = (apply(name, given, p=0.3) - given).abs().flatten(1).amax(1).gt(1e-4).float().mean()
    assert 0 < share < 0.95  # some images, not all
    leaf = given.double().requires_grad_()
    random = torch.Generator()
    transformation = AUGMENTATIONS[name].load()
    assert torch.autograd.gradcheck(
        lambda x: transformation(x, 1.0, random.manual_seed(3)), leaf[:2, :, :4, :4], fast_mode=True
    )


def test_flip_mirrors_half_of_the_images() -> None:
    given = images(2000, side=2)
    changed = apply("flip", given)
    mirrored = (changed == given.flip(3)).all((1, 2, 3))
    assert (mirrored | (changed == given).all((1, 2, 3))).all()
    assert mirrored.float().mean().item() == pytest.approx(0.5, abs=0.04)


def test_rotate90_turns_by_quarters_and_needs_squares() -> None:
    given = images()
    turned = torch.stack([given.rot90(turn, (2, 3)) for turn in range(4)])
    assert (apply("rotate90", given) == turned).all((2, 3, 4)).any(0).all()
    with pytest.raises(ValueError, match="square"):
        apply("rotate90", given[:, :, :4])


def test_translation_moves_by_whole_pixels_up_to_an_eighth_and_fills_in_zeros() -> None:
    given = images(500, side=16)
    changed, found = apply("translation", given), set()
    for before, after in zip(given.numpy(), changed.numpy(), strict=True):
        padded = np.pad(before[0], 2)
        fits = [
            (down, right)
            for down in range(-2, 3)
            for right in range(-2, 3)
            if np.array_equal(padded[2 - down : 18 - down, 2 - right : 18 - right], after[0])
        ]
        assert len(fits) == 1
        found.add(fits[0])
    assert len(found) == 25


def test_colour_changes_brightness_saturation_and_contrast_within_the_papers_ranges() -> None:
    flat = torch.full((500, 3, 2, 2), 0.25)  # without contrast and saturation brightness alone is left
    shift = apply("colour", flat) - flat
    assert torch.allclose(shift, shift[:, :1, :1, :1], atol=1e-6)
    assert -0.5 <= shift.min() < -0.45 and 0.45 < shift.max() <= 0.5
    grey = images(500, channels=1).expand(-1, 3, -1, -1)
    changed = apply("colour", grey)
    assert torch.allclose(changed, changed[:, :1].expand_as(changed), atol=1e-5)  # grey stays grey
    contrast = changed.std((1, 2, 3)) / grey.std((1, 2, 3))
    assert 0.5 <= contrast.min() < 0.55 and 1.45 < contrast.max() <= 1.51
    opaque = images(8, channels=4)
    assert torch.equal(apply("colour", opaque)[:, 3], opaque[:, 3])


def test_cutout_hides_a_box_of_half_the_side() -> None:
    changed = apply("cutout", images(2000))[:, 0] == 0
    rows, columns = changed.any(2).sum(1), changed.any(1).sum(1)
    assert torch.equal(changed.sum((1, 2)), rows * columns)  # a rectangle
    assert rows.max() == 4 and rows.min() == 2 and columns.max() == 4  # cut off at the border
    assert changed.any(0).all()  # anywhere


def test_geometry_interpolates_linearly() -> None:
    """A brightness that rises linearly still does where no border is near, whatever the map."""
    side = 64
    ramp = torch.linspace(-1, 1, side).expand(40, 1, side, side)
    middle = apply("geometry", ramp, p=0.5)[:, 0, 31:34, 31:34]
    second = middle[:, 0] - 2 * middle[:, 1] + middle[:, 2]
    inside = (middle != 0).all((1, 2))
    assert inside.sum() > 30 and second[inside].abs().max() < 1e-5


@pytest.mark.parametrize("turns", [1, 2])
def test_pixels_are_found_where_they_are_and_nothing_is_outside(turns: int) -> None:
    given = images(2, side=4)
    place = torch.arange(4.0)
    y, x = (grid.expand(2, 4, 4) for grid in torch.meshgrid(place, place, indexing="ij"))
    assert torch.equal(made._between(given, y, x), given)
    assert torch.equal(made._between(given, y + 4 * turns, x), torch.zeros_like(given))
