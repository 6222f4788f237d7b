"""How images are degraded, as params.yaml says it and as a generator's configuration keeps it."""

from typing import Annotated, ClassVar, Literal, get_args

from pydantic import Field

from nashgan.records.record import Record
from nashgan.runtime.errors import UserError

Kind = Literal["grey", "small", "noisy", "masked"]
KINDS: tuple[Kind, ...] = get_args(Kind)  # in the order in which they are applied
COLOURS = 3  # channels
Noise = Annotated[float, Field(gt=0, le=10, allow_inf_nan=False)]
Shrink = Annotated[int, Field(ge=2, le=64)]
Mask = Annotated[int, Field(ge=1, le=1024)]


class Degradation(Record):
    """What is taken away from an image; the numbers of the kinds that are not applied are None."""

    paired: ClassVar[bool] = True  # the true image of a given one is known

    kinds: tuple[Kind, ...]
    noise: Noise | None = None  # `noisy`: standard deviation, where black is 0 and white is 1
    shrink: Shrink | None = None  # `small`: pixels of a side that become one
    mask: Mask | None = None  # `masked`: pixels of a side of the box

    @property
    def name(self) -> str:
        """The kinds joined by +, as in params.yaml."""
        return "+".join(self.kinds)

    @property
    def described(self) -> str:
        """The kinds with their numbers, for people and for protocols."""
        numbers = {
            "noisy": f"noisy σ={self.noise:g}" if self.noise else "",
            "small": f"small 1/{self.shrink}",
            "masked": f"masked {self.mask}×{self.mask}",
        }
        return " + ".join(numbers.get(kind, kind) for kind in self.kinds)


def parse_kinds(given: str) -> tuple[Kind, ...]:
    """The kinds that `given` joins by +, in the order in which they are applied.

    Raises ValueError for one that is not known or named twice.
    """
    names = [name.strip() for name in given.split("+")]
    for name in names:
        if name not in KINDS:
            raise ValueError(f"unknown degradation {name!r}; choose {', '.join(sorted(KINDS))}, or several joined by +")
    if len(set(names)) < len(names):
        raise ValueError(f"{given!r} names a degradation twice")
    return tuple(kind for kind in KINDS if kind in names)


def check_fits(how: Degradation, channels: int, height: int, width: int) -> None:
    """Raise UserError, which names the parameter, where images of this shape cannot be degraded in this way."""
    sides = f"images of {width} × {height}"
    if how.shrink and (height % how.shrink or width % how.shrink):
        raise UserError(f"params.yaml: data.shrink: {how.shrink} does not divide the sides of {sides}")
    if how.mask and how.mask >= min(height, width):
        raise UserError(f"params.yaml: data.mask: a box of {how.mask} × {how.mask} does not fit into {sides}")
    if "grey" in how.kinds and channels < COLOURS:
        raise UserError("params.yaml: data.given: grey takes the colours away, and these images have none")
