"""What the pipeline needs of a space, whatever its examples are."""

from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Float32, Shaped
from PIL import Image
from torch import Tensor, nn

from nashgan.records.examples import ExampleFormat

Media = Literal["image/png", "image/gif", "text/plain", "text/csv"]


@runtime_checkable
class Space(Protocol):
    """One kind of example. `n` examples are stored as an array (n, …), and are a float tensor for the players."""

    @property
    def name(self) -> str:
        """The name in the registry."""

    @property
    def plural(self) -> str:
        """What examples are called on pages: images, points."""

    @property
    def together(self) -> bool:
        """Whether a grid is one picture of all examples, without rows."""

    @property
    def bounded(self) -> bool:
        """Whether the players' numbers are cut off outside of [-1, 1] when they are stored."""

    @property
    def media(self) -> Media:
        """The kind of file that `encode` writes. In the kinds of text, an example is a line."""

    @property
    def described(self) -> str:
        """What one example is, in a few words for people."""

    @property
    def memory_format(self) -> torch.memory_format:
        """The layout in which networks are fastest."""

    @property
    def columns(self) -> int:
        """Examples in a row of a grid."""

    @property
    def format(self) -> ExampleFormat:
        """How an example is stored."""

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of what the players see of one example."""

    @property
    def vectors_described(self) -> str:
        """How `to_vectors` looks at an example, as a protocol line says it."""

    def to_players(self, examples: Shaped[Tensor, "n ..."]) -> Float32[Tensor, "n ..."]:
        """From stored numbers to those of the players."""

    def from_players(self, examples: Float[Tensor, "n ..."]) -> Shaped[np.ndarray, "n ..."]:
        """From the players' numbers to those that are stored."""

    def output(self) -> nn.Module:
        """The last layer of a generator. It maps any numbers of `shape` to numbers that an example can have."""

    def to_vectors(self, examples: Shaped[np.ndarray, "n ..."]) -> Float32[np.ndarray, "n d"]:
        """Vectors between which a Euclidean distance says how alike two examples are."""

    def encode(self, example: Shaped[np.ndarray, "..."]) -> bytes:
        """One example as a file of the kind `media`, a line without its end for the kinds of text."""

    def picture(self, example: Shaped[np.ndarray, "..."]) -> Image.Image:
        """One example for people."""

    def grid(self, examples: Shaped[np.ndarray, "n ..."], columns: int) -> Image.Image:
        """Several examples in one picture, `columns` in a row where examples stand side by side."""
