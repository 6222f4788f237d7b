"""Degrading images: what is lost is a function of (seed, index), and is what params.yaml says."""

import numpy as np
import pytest
import torch

from nashgan.data.degrading import GivenImages, degrade, hidden
from nashgan.data.given_picture import as_given
from nashgan.games.batches import Batches
from nashgan.records.degradation import KINDS, Degradation, Kind, check_fits, parse_kinds
from nashgan.records.examples import Examples
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

EVERYTHING = Degradation(kinds=KINDS, noise=0.2, shrink=4, mask=5)
PICTURES = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (7, 3, 16, 24), np.uint8))


def test_an_image_is_degraded_as_its_seed_and_index_say_whatever_the_batch() -> None:
    together = degrade(PICTURES, EVERYTHING, seed=1, first=10)
    alone = torch.cat([degrade(PICTURES[i : i + 1], EVERYTHING, seed=1, first=10 + i) for i in range(len(PICTURES))])
    assert torch.equal(together, alone)
    assert not torch.equal(together, degrade(PICTURES, EVERYTHING, seed=2, first=10))
    assert not torch.equal(together, degrade(PICTURES, EVERYTHING, seed=1, first=11))


def test_a_clip_has_new_noise_in_each_frame_and_one_box() -> None:
    clips = PICTURES[:, None].expand(-1, 4, -1, -1, -1)
    together = degrade(clips, EVERYTHING, seed=1, first=10)
    assert together.shape == clips.shape and torch.equal(together[2:3], degrade(clips[2:3], EVERYTHING, 1, first=12))
    assert not torch.equal(together[:, 0], together[:, 1])
    alike = Degradation(kinds=("grey", "small", "masked"), shrink=4, mask=5)
    for frame in degrade(clips, alike, seed=1).unbind(1):
        assert torch.equal(frame, degrade(PICTURES, alike, seed=1))


def test_noise_has_the_standard_deviation_that_was_asked_for() -> None:
    grey = torch.full((8, 1, 64, 64), 128, dtype=torch.uint8)
    noisy = degrade(grey, Degradation(kinds=("noisy",), noise=0.1), seed=0)
    assert float(noisy.float().std() / 255) == pytest.approx(0.1, rel=0.02)
    assert float(noisy.float().mean()) == pytest.approx(128, abs=0.5)


def test_a_small_image_has_the_means_of_its_blocks() -> None:
    small = degrade(PICTURES, Degradation(kinds=("small",), shrink=8), seed=0)
    block = PICTURES[3, 1, 8:16, 16:24].float().mean().round()
    assert (small[3, 1, 8:16, 16:24] == block).all()
    assert small.shape == PICTURES.shape


def test_a_box_is_hidden_inside_of_the_image_and_nothing_else_changes() -> None:
    how = Degradation(kinds=("masked",), mask=6)
    masks, masked = hidden(PICTURES, how, seed=3), degrade(PICTURES, how, seed=3)
    assert masks.sum((1, 2, 3)).tolist() == [36] * len(PICTURES)
    assert (masked[masks.expand_as(masked)] == 128).all()
    assert torch.equal(masked[~masks.expand_as(masked)], PICTURES[~masks.expand_as(masked)])


def test_the_box_is_where_it_is_whatever_else_is_done() -> None:
    masks = hidden(PICTURES, EVERYTHING, seed=3)
    assert (degrade(PICTURES, EVERYTHING, seed=3)[masks.expand_as(PICTURES)] == 128).all()


def test_grey_keeps_the_luminance() -> None:
    grey = degrade(PICTURES, Degradation(kinds=("grey",)), seed=0)
    assert torch.equal(grey[:, 0], grey[:, 1])
    assert torch.equal(grey[:, 0], grey[:, 2])
    red = torch.zeros(1, 3, 2, 2, dtype=torch.uint8)
    red[:, 0] = 255
    assert (degrade(red, Degradation(kinds=("grey",)), seed=0) == round(0.299 * 255)).all()


def test_kinds_are_applied_in_one_order_however_they_are_written() -> None:
    assert parse_kinds("noisy+small") == parse_kinds("small + noisy") == ("small", "noisy")


@pytest.mark.parametrize(("given", "said"), [("blurred", "unknown degradation 'blurred'"), ("noisy+noisy", "twice")])
def test_unknown_kinds_are_refused(given: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        parse_kinds(given)


@pytest.mark.parametrize(
    ("how", "channels", "said"),
    [
        (Degradation(kinds=("small",), shrink=5), 1, "data.shrink: 5 does not divide"),
        (Degradation(kinds=("masked",), mask=32), 1, "data.mask: a box of 32 × 32 does not fit into"),
        (Degradation(kinds=("grey",)), 1, "these images have none"),
    ],
)
def test_what_does_not_fit_the_images_is_refused(how: Degradation, channels: int, said: str) -> None:
    with pytest.raises(UserError, match=said):
        check_fits(how, channels, 32, 32)


@pytest.mark.parametrize("kind", ["noisy", "small", "masked"])
def test_a_picture_of_few_levels_is_given_as_it_was_degraded(kind: Kind) -> None:
    space = ImageSpace(1, 16, 24, levels=2)
    how = Degradation(kinds=(kind,), noise=0.3, shrink=4, mask=5)
    given = degrade(torch.from_numpy(space.quantised(PICTURES.numpy()[:, :1])), how, seed=0).numpy()
    assert np.array_equal(as_given(space.picture(given[0]), space, how), given[0])


def test_the_noise_of_the_training_is_not_that_of_the_evaluation() -> None:
    images, how = Examples(PICTURES.numpy()), Degradation(kinds=("noisy",), noise=0.3)
    space = ImageSpace(3, 16, 24)
    batches = Batches(images, space, len(PICTURES), 0, torch.device("cpu"), degradation=how)
    seen = batches.degraded(PICTURES, 0)
    assert not torch.equal(seen, space.to_players(GivenImages(images, how).degraded(0, 0, len(PICTURES))))


def test_given_images_begin_again_when_all_were_given() -> None:
    given = GivenImages(Examples(PICTURES.numpy()), EVERYTHING)
    assert given.indices(5, 4).tolist() == [5, 6, 0, 1]
    assert torch.equal(given.degraded(0, 5, 4)[2:], given.degraded(0, 7, 2))
