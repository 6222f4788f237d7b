"""Text: one line an example, uint8 (positions,) on disk, a probability for each character for the players."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from jaxtyping import Float, Float32, UInt8
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor, nn

from nashgan.records.examples import ExampleFormat

END = "\n"  # character 0 of every alphabet; it also fills the positions behind a line's end
MOST_CHARACTERS = 255  # of an alphabet, beside the end mark
LONGEST = 256  # characters of a line
SHOWN = 24  # characters of a line in a grid
SIZE, GAP = 14, 10  # pixels: height of the letters, between columns and around them
PAPER, INK = (255, 255, 255), (26, 29, 33)


@dataclass(frozen=True)
class TextSpace:
    """Lines of up to `length` characters of `alphabet`; the players see (characters, positions)."""

    alphabet: str
    length: int

    name: ClassVar[str] = "text"
    plural: ClassVar[str] = "lines"
    together: ClassVar[bool] = False
    bounded: ClassVar[bool] = False
    media: ClassVar[Literal["text/plain"]] = "text/plain"
    memory_format: ClassVar[torch.memory_format] = torch.contiguous_format
    columns: ClassVar[int] = 4
    vectors_described: ClassVar[str] = "one-hot characters"

    @classmethod
    def of(cls, examples: ExampleFormat) -> "TextSpace":
        """The space of such examples. Raises ValueError where they are no text."""
        alphabet = examples.alphabet
        if examples.dtype != "uint8" or len(examples.shape) != 1 or examples.shape[0] > LONGEST:
            raise ValueError(f"must be uint8 text of up to {LONGEST} positions, is {examples.dtype} {examples.shape}")
        if not alphabet or alphabet[0] != END or not 2 <= len(alphabet) <= MOST_CHARACTERS + 1:
            raise ValueError(f"text needs an alphabet of an end mark and 1 to {MOST_CHARACTERS} characters")
        if len(set(alphabet)) < len(alphabet):
            raise ValueError("a character is twice in the alphabet")
        return cls(alphabet, examples.shape[0])

    @classmethod
    def around(cls, lines: Sequence[str]) -> "TextSpace":
        """The space with the characters of `lines`, in the order of their code points, and the longest one's length."""
        return cls(END + "".join(sorted(set().union(*lines))), max(map(len, lines)))

    @property
    def format(self) -> ExampleFormat:
        """How a line is stored."""
        return ExampleFormat(space=self.name, shape=(self.length,), dtype="uint8", alphabet=self.alphabet)

    @property
    def shape(self) -> tuple[int, int]:
        """The shape of what the players see of a line: (characters with the end mark, positions)."""
        return len(self.alphabet), self.length

    @property
    def described(self) -> str:
        """How long a line can be, and how many characters the alphabet has, for people."""
        return f"up to {self.length} of {len(self.alphabet) - 1} characters"

    def output(self) -> nn.Module:
        """A layer that gives probabilities of the characters at each position."""
        return nn.Softmax(dim=1)

    def to_players(self, lines: UInt8[Tensor, "n l"]) -> Float32[Tensor, "n c l"]:
        """1 for the character at a position, 0 for all others."""
        return F.one_hot(lines.long(), len(self.alphabet)).transpose(1, 2).float().contiguous()

    def from_players(self, lines: Float[Tensor, "n c l"]) -> UInt8[np.ndarray, "n l"]:
        """The most probable character at each position. What follows the first end mark is end marks."""
        likeliest = lines.argmax(1)
        inside = (likeliest != 0).cumprod(1)
        values: np.ndarray = (likeliest * inside).to(torch.uint8).numpy()
        return values

    def to_vectors(self, lines: UInt8[np.ndarray, "n l"]) -> Float32[np.ndarray, "n d"]:
        """What the players see, flat: the squared distance of two lines is twice the number of unlike positions."""
        vectors: np.ndarray = np.eye(len(self.alphabet), dtype=np.float32)[lines].reshape(len(lines), -1)
        return vectors

    def indices(self, lines: Sequence[str]) -> UInt8[np.ndarray, "n l"]:
        """Lines as they are stored. Their characters are in the alphabet, and none is longer than `length`."""
        place = {character: index for index, character in enumerate(self.alphabet)}
        values = np.zeros((len(lines), self.length), np.uint8)
        for row, line in zip(values, lines, strict=True):
            row[: len(line)] = [place[character] for character in line]
        return values

    def decode(self, line: UInt8[np.ndarray, " l"]) -> str:
        """The characters before the end mark."""
        return "".join(self.alphabet[index] for index in line.tolist()).partition(END)[0]

    def encode(self, line: UInt8[np.ndarray, " l"]) -> bytes:
        """The characters in UTF-8."""
        return self.decode(line).encode()

    def picture(self, line: UInt8[np.ndarray, " l"]) -> Image.Image:
        """One line, written out."""
        return _written([self.decode(line)], 1)

    def grid(self, lines: UInt8[np.ndarray, "n l"], columns: int) -> Image.Image:
        """Lines side by side, `columns` in a row; of a long one the beginning."""
        return _written([_shortened(self.decode(line)) for line in lines], columns)


def _shortened(line: str) -> str:
    return line if len(line) <= SHOWN else line[: SHOWN - 1] + "…"


def _written(lines: list[str], columns: int) -> Image.Image:
    font = ImageFont.load_default(SIZE)
    columns = max(1, min(columns, len(lines)))
    width = max((int(font.getlength(line)) + 1 for line in lines), default=0) + GAP
    height, rows = SIZE + GAP, max(1, -(-len(lines) // columns))
    canvas = Image.new("RGB", (columns * width + GAP, rows * height + GAP), PAPER)
    draw = ImageDraw.Draw(canvas)
    for index, line in enumerate(lines):
        place = index % columns * width + GAP, index // columns * height + GAP
        draw.text(place, line, fill=INK, font=font)
    return canvas
