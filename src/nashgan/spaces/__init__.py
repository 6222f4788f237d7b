"""What an example is: how it is stored, what the players see of it, how it is shown to people.

Imported from here: the registry, the only list of spaces, `space_of`, and the modules of the spaces. Everything that
knows the layout or the range of an example's numbers belongs here; networks, datasets and metrics do not.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from nashgan.records.examples import ExampleFormat
from nashgan.runtime.registered import Registered

if TYPE_CHECKING:
    from nashgan.spaces.space import Space

Layout = Literal["image", "vector", "sequence", "video"]  # (C, H, W), (D,), (C, positions), (C, frames, H, W)


@dataclass(frozen=True)
class SpaceEntry(Registered):
    """A class of spaces, with facts that are known without importing it."""

    layout: Layout  # of what the players see of one example: decides which networks fit
    networks: tuple[str, ...] = ()  # feature networks that can look at its examples: classifier, inception
    like: str | None = None  # the name of another space, whose recipe, evaluation and score it shares


SPACES = {
    "image": SpaceEntry("nashgan.spaces.image:ImageSpace", "image", ("classifier", "inception")),
    "points": SpaceEntry("nashgan.spaces.points:PointSpace", "vector"),
    "text": SpaceEntry("nashgan.spaces.text:TextSpace", "sequence"),
    "series": SpaceEntry("nashgan.spaces.series:SeriesSpace", "sequence"),
    "video": SpaceEntry("nashgan.spaces.video:VideoSpace", "video", ("classifier",)),
}


def family(space: str) -> str:
    """The name of the space that `space` shares its recipe, evaluation and score with; `space` where it has its own."""
    return SPACES[space].like or space


def space_of(examples: ExampleFormat) -> "Space":
    """The space that `examples` belong to. Raises ValueError where it is unknown or does not fit their shape."""
    if examples.space not in SPACES:
        raise ValueError(f"unknown space {examples.space!r} (known: {', '.join(SPACES)})")
    space: Space = SPACES[examples.space].load().of(examples)
    return space
