"""The generator as an MLflow model. Its weights are safetensors and its code is source: nothing is pickled.

A request has one or more rows of `seed` and `count`, and of `class` where the generator knows classes; without a class
they are drawn in turn. With `truncation` latents are no further out than this. The answer is one row an example, in the
order of the request: pictures and clips as PNG and GIF in base64, text and numbers as they are.

A generator that restores images takes rows of `image`, a picture file in base64, and of a `seed` if one is given. It
answers one restored image a row.
"""

import base64
import binascii
import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from jaxtyping import UInt8
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, Schema, TensorSpec
from PIL import Image, UnidentifiedImageError

from nashgan.data.given_picture import as_given
from nashgan.models.config import ModelConfig
from nashgan.models.generator import LoadedGenerator, load_generator
from nashgan.records.given import Given
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace, as_images
from nashgan.spaces.space import Media

ARTIFACT = "generator"  # the model's artifact that holds the generator folder
MOST = 256  # examples a request
READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP")  # formats of pictures that are sent
COLUMNS: dict[Media, str] = {"image/png": "image", "image/gif": "clip", "text/plain": "text", "text/csv": "numbers"}


class Asked(NamedTuple):
    """A row of a request to draw examples."""

    seed: int
    number: int
    label: int | None
    truncation: float | None


def example(config: ModelConfig) -> pd.DataFrame:
    """A request that a model of such a generator answers."""
    if not config.given:
        return pd.DataFrame({"seed": [1], "count": [4]})
    grey = np.full(config.space.shape, 128, np.uint8)
    return pd.DataFrame({"image": [sent(config.space.encode(grey), "image/png")], "seed": [1]})


def signature(config: ModelConfig) -> ModelSignature:
    """What a model of such a generator takes and answers."""
    if config.given:
        given = ColSpec(DataType.string, "image"), ColSpec(DataType.long, "seed", required=False)
        restored = ColSpec(DataType.long, "index"), ColSpec(DataType.string, "image")
        return ModelSignature(inputs=Schema(list(given)), outputs=Schema(list(restored)))
    asked: list[ColSpec | TensorSpec] = [ColSpec(DataType.long, "seed"), ColSpec(DataType.long, "count")]
    if config.classes:
        asked.append(ColSpec(DataType.long, "class", required=False))  # 0 … classes - 1
    asked.append(ColSpec(DataType.double, "truncation", required=False))  # above 0
    answered: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.long, "seed"),
        ColSpec(DataType.long, "index"),  # 0 … count - 1
        ColSpec(DataType.string, COLUMNS[config.space.media]),
    ]
    return ModelSignature(inputs=Schema(asked), outputs=Schema(answered))


class ServedGenerator(PythonModel):
    """Draws examples for ``{"dataframe_records": [{"seed": 1, "count": 4}]}``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the generator folder among the model's artifacts."""
        self.generator: LoadedGenerator = load_generator(Path(context.artifacts[ARTIFACT]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """One row an example: seed, index, and the example. A request that cannot be served is answered 400."""
        if self.generator.config.given:
            return self._restored(model_input, self.generator.config.given)
        rows = _rows(model_input)
        _check(rows)
        space = self.generator.space
        column = COLUMNS[space.media]
        try:
            drawn = [
                (seed, self.generator.truncated(truncation).sample(seed, count, label=label))
                for seed, count, label, truncation in rows
            ]
        except UserError as error:
            raise refused(str(error)) from None
        return pd.DataFrame(
            [
                {"seed": seed, "index": index, column: sent(space.encode(example), space.media)}
                for seed, examples in drawn
                for index, example in enumerate(examples)
            ]
        )

    def _restored(self, asked: pd.DataFrame, how: Given) -> pd.DataFrame:
        """One row a picture: its place in the request, and what was made of it."""
        if not 0 < len(asked) <= MOST:
            raise refused(f"a request has 1 to {MOST} images, got {len(asked)}")
        space = as_images(self.generator.space)
        seeds = [0] * len(asked) if "seed" not in asked else [0 if pd.isna(one) else int(one) for one in asked["seed"]]
        if min(seeds) < 0:
            raise refused(f"seed must not be negative, got {min(seeds)}")
        given = [_picture(index, text, space, how) for index, text in enumerate(asked["image"])]
        made = [self.generator.restore(one[None], seed)[0] for one, seed in zip(given, seeds, strict=True)]
        rows = [{"index": index, "image": sent(space.encode(image), space.media)} for index, image in enumerate(made)]
        return pd.DataFrame(rows)


def _picture(index: int, text: object, space: ImageSpace, how: Given) -> UInt8[np.ndarray, "c h w"]:
    """The picture of a row. What is none, or has another size, is answered 400."""
    try:
        content = base64.b64decode(str(text), validate=True)
        with Image.open(io.BytesIO(content), formats=READ) as picture:
            return as_given(picture, space, how)
    except binascii.Error:
        raise refused(f"image of row {index}: not base64") from None
    except UnidentifiedImageError:
        raise refused(f"image of row {index}: not a picture file ({', '.join(READ)})") from None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise refused(f"image of row {index}: {' '.join(str(error).split())}") from None


def sent(content: bytes, media: Media) -> str:
    """A file's content as an answer holds it: text as it is, anything else in base64."""
    return content.decode() if media.startswith("text/") else base64.b64encode(content).decode("ascii")


def _rows(asked: pd.DataFrame) -> list[Asked]:
    """Seed, count, class and truncation of each row."""
    labels, truncations = (asked[name] if name in asked else [None] * len(asked) for name in ("class", "truncation"))
    return [
        Asked(
            int(seed),
            int(count),
            None if label is None or pd.isna(label) else int(label),
            None if truncation is None or pd.isna(truncation) else float(truncation),
        )
        for seed, count, label, truncation in zip(asked["seed"], asked["count"], labels, truncations, strict=True)
    ]


def _check(rows: list[Asked]) -> None:
    if not rows:
        raise refused("the request has no rows of seed and count")
    for seed, count, *_ in rows:
        if seed < 0:
            raise refused(f"seed must not be negative, got {seed}")
        if count < 1:
            raise refused(f"count must be at least 1, got {count}")
    if (total := sum(row.number for row in rows)) > MOST:
        raise refused(f"at most {MOST} examples a request, got {total}")


def refused(message: str) -> MlflowException:
    """What a model raises for a request that cannot be served."""
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)  # the scoring server answers 400
