"""Series: to the players and back, as a line of text and as line charts."""

import numpy as np
import pytest
import torch

from nashgan.records.examples import ExampleFormat
from nashgan.spaces import space_of
from nashgan.spaces.series import LONGEST, MOST_CHANNELS, SIDE, SeriesSpace

SPACE = SeriesSpace(5, (1.0, -2.0), 2.0)


def some(count: int, length: int = 5, channels: int = 2) -> np.ndarray:
    return np.random.default_rng(0).normal(3, 5, (count, length, channels)).astype(np.float32)


def test_players_see_centred_numbers_with_the_channels_first() -> None:
    players = SPACE.to_players(torch.tensor([[[1.0, -2.0]] * 4 + [[5.0, 0.0]]]))
    assert players.tolist() == [[[0.0] * 4 + [2.0], [0.0] * 4 + [1.0]]]
    series = some(3)
    np.testing.assert_allclose(SPACE.from_players(SPACE.to_players(torch.from_numpy(series))), series, rtol=1e-5)


def test_the_space_around_series_has_mean_0_and_root_mean_square_1() -> None:
    series = some(50) + np.array([100, 0], np.float32)
    players = SeriesSpace.around(series).to_players(torch.from_numpy(series))
    torch.testing.assert_close(players.mean(dim=(0, 2)), torch.zeros(2), atol=1e-4, rtol=0)
    assert players.square().mean().item() == pytest.approx(1, rel=1e-4)
    assert SeriesSpace.around(np.ones((3, 4, 1), np.float32)).scale == 1


def test_the_format_says_what_the_space_is() -> None:
    assert space_of(SPACE.format) == SPACE
    assert SPACE.described == "5 positions of 2 channels, 32 bits each"


@pytest.mark.parametrize(
    "wrong",
    [
        *({"shape": shape} for shape in ((5,), (3, 2), (LONGEST + 1, 2), (5, MOST_CHANNELS + 1), (5, 3))),
        *({"dtype": "uint8"}, {"centre": (1.0,)}, {"centre": None}, {"scale": None}),
    ],
)
def test_what_are_no_series_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="series"):
        space_of(ExampleFormat.model_validate(SPACE.format.model_dump() | wrong))


def test_a_line_of_text_has_every_value_exactly() -> None:
    series = some(1)[0]
    values = np.array(list(map(float, SPACE.encode(series).split(b","))), np.float32)
    assert np.array_equal(values.reshape(5, 2), series)
    assert np.array_equal(SPACE.to_vectors(series[None])[0], series.ravel())


def test_charts_have_the_same_axes() -> None:
    space = SeriesSpace(4, (0.0,), 1.0)
    levels = np.zeros((3, 4, 1), np.float32) + np.array([-1.5, 1.5, 99.0], np.float32)[:, None, None]
    charts = np.asarray(space.grid(levels, 3)).astype(int)
    assert charts.shape == (SIDE, 3 * SIDE + 2, 3)
    inked = [np.abs(charts[:, at : at + SIDE] - 255).sum(axis=2) for at in range(0, 3 * SIDE, SIDE + 1)]
    rows = [int(chart[:, SIDE // 2].argmax()) for chart in inked]
    assert rows[0] == pytest.approx(SIDE * 3 / 4, abs=2) and rows[1] == pytest.approx(SIDE / 4, abs=2)
    assert rows[2] <= 1  # what is out of reach stands at the edge
    assert space.picture(levels[0]).size == (SIDE, SIDE)
    assert np.array_equal(np.asarray(space.grid(levels, 3)), np.asarray(space.grid(levels, 3)))
