"""Text: stored, seen by the players, written out."""

import numpy as np
import pytest
import torch

from nashgan.records.examples import ExampleFormat
from nashgan.spaces import space_of
from nashgan.spaces.space import Space
from nashgan.spaces.text import END, LONGEST, MOST_CHARACTERS, SHOWN, TextSpace

LINES = ["été", "a<b>", "é"]
SPACE = TextSpace.around(LINES)


def form(**changes: object) -> ExampleFormat:
    return ExampleFormat.model_validate({**SPACE.format.model_dump(), **changes})


def test_the_alphabet_has_the_end_mark_first_and_then_the_characters_in_order() -> None:
    assert SPACE.alphabet == END + "<>abté"
    assert SPACE.shape == (7, 4)
    assert space_of(SPACE.format) == SPACE and isinstance(SPACE, Space)


def test_lines_come_back_from_storage_and_from_the_players() -> None:
    stored = SPACE.indices(LINES)
    assert stored.dtype == np.uint8 and stored.shape == (3, 4)
    assert [SPACE.decode(line) for line in stored] == LINES
    assert [SPACE.encode(line) for line in stored] == [line.encode() for line in LINES]
    seen = SPACE.to_players(torch.from_numpy(stored))
    assert seen.shape == (3, *SPACE.shape) and torch.equal(seen.sum(1), torch.ones(3, 4))
    assert np.array_equal(SPACE.from_players(seen), stored)


def test_what_follows_an_end_mark_is_dropped() -> None:
    drawn = torch.nn.functional.one_hot(torch.tensor([[3, 0, 4, 4], [0, 1, 1, 1], [1, 2, 3, 4]]), 7).transpose(1, 2)
    assert SPACE.from_players(drawn.float()).tolist() == [[3, 0, 0, 0], [0, 0, 0, 0], [1, 2, 3, 4]]


def test_the_output_is_a_distribution_at_each_position() -> None:
    made = SPACE.output()(torch.randn(5, *SPACE.shape))
    assert torch.allclose(made.sum(1), torch.ones(5, 4)) and (made >= 0).all()


def test_a_squared_distance_is_twice_the_number_of_unlike_positions() -> None:
    one, other = SPACE.to_vectors(SPACE.indices(["abba", "bb"]))
    assert float(np.square(one - other).sum()) == 2 * 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"dtype": "float32"}, "must be uint8 text"),
        ({"shape": (2, 2)}, "must be uint8 text"),
        ({"shape": (LONGEST + 1,)}, "must be uint8 text"),
        ({"alphabet": None}, "needs an alphabet"),
        ({"alphabet": "abc"}, "needs an alphabet"),
        ({"alphabet": END}, "needs an alphabet"),
        ({"alphabet": END + "aba"}, "twice"),
        ({"alphabet": END + "".join(map(chr, range(32, 33 + MOST_CHARACTERS)))}, "needs an alphabet"),
    ],
)
def test_a_format_that_is_no_text_is_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        space_of(form(**changes))


def test_a_grid_has_equal_cells_and_shortens_long_lines() -> None:
    lines = SPACE.indices(["a", "b", "abba", "t", "té"])
    two, one = SPACE.grid(lines, 2), SPACE.grid(lines, 1)
    assert two.height < one.height and two.width > one.width
    assert SPACE.grid(lines[:1], 4).size == SPACE.picture(lines[0]).size
    assert SPACE.grid(lines[:0], 4).size[0] > 0
    long = TextSpace(END + "a", LONGEST)
    whole = long.indices(["a" * SHOWN, "a" * LONGEST])
    assert abs(long.grid(whole[:1], 1).width - long.grid(whole[1:], 1).width) < 12 < long.picture(whole[1]).width
