"""What an example is: how it is stored, what the players see of it, how it is shown to people.

Imported from here: `space_of`, and the modules of the spaces. Everything that knows the layout or the range of an
example's numbers belongs here; networks, datasets and metrics do not.
"""

from typing import TYPE_CHECKING

from nashgan.records.examples import ExampleFormat
from nashgan.runtime.registered import Registered

if TYPE_CHECKING:
    from nashgan.spaces.image import ImageSpace

SPACES = {  # each a subclass of the image space, or the image space itself
    "image": Registered("nashgan.spaces.image:ImageSpace"),
}


def space_of(examples: ExampleFormat) -> "ImageSpace":
    """The space that `examples` belong to. Raises ValueError where it is unknown or does not fit their shape."""
    if examples.space not in SPACES:
        raise ValueError(f"unknown space {examples.space!r} (known: {', '.join(SPACES)})")
    space: ImageSpace = SPACES[examples.space].load().of(examples)
    return space
