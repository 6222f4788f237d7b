"""The generator as an MLflow model. Its weights are safetensors and its code is source: nothing is pickled.

A request has one or more rows of `seed` and `count`, and of `class` where the generator knows classes; without a class
the classes are drawn as often as the training data have them. `truncation` is the largest size of a latent number.
The answer is one row an example, in the order of the request: pictures and clips as PNG and GIF in base64, text and
numbers as they are. They are drawn as the samples of the evaluation were: corrected by a discriminator's score where
these were.

A generator that restores takes rows of `image`, a picture file in base64, or of `clip`, an animated GIF, and of a
`seed` if one is given. It answers one restored image or clip a row, the one that `nashgan restore` makes of this file
with this seed.
"""

import base64
from collections.abc import Callable
from functools import partial
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
from PIL import Image

from nashgan.data.given_picture import as_given
from nashgan.features.correction import correct
from nashgan.models.config import ModelConfig
from nashgan.models.generator import LoadedGenerator, load_generator
from nashgan.records.given import Given
from nashgan.records.samples import CORRECTION
from nashgan.runtime.errors import UserError
from nashgan.spaces.picture_file import look_at
from nashgan.spaces.space import Media

ARTIFACT = "generator"  # the model's artifact that holds the generator folder
MOST = 256  # examples a request
READ = ("PNG", "JPEG", "WEBP", "GIF", "BMP")  # formats of pictures that are sent
COLUMNS: dict[Media, str] = {"image/png": "image", "image/gif": "clip", "text/plain": "text", "text/csv": "numbers"}


class Asked(NamedTuple):
    """A row of a request to draw examples."""

    seed: int
    number: int  # of examples; `count` is a method of every tuple
    label: int | None
    truncation: float | None


def example(config: ModelConfig) -> pd.DataFrame:
    """A request that a model of such a generator answers."""
    if not config.given:
        return pd.DataFrame({"seed": [1], "count": [4]})
    space = config.space
    noise = np.random.default_rng(0).integers(0, 256, config.examples.shape, np.uint8)  # a GIF joins equal frames
    return pd.DataFrame({COLUMNS[space.media]: [sent(space.encode(noise), space.media)], "seed": [1]})


def signature(config: ModelConfig) -> ModelSignature:
    """What a model of such a generator takes and answers."""
    if config.given:
        column = COLUMNS[config.space.media]
        given = ColSpec(DataType.string, column), ColSpec(DataType.long, "seed", required=False)
        restored = ColSpec(DataType.long, "index"), ColSpec(DataType.string, column)
        return ModelSignature(inputs=Schema(list(given)), outputs=Schema(list(restored)))
    asked: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.long, "seed"),
        ColSpec(DataType.long, "count"),
        ColSpec(DataType.long, "class", required=False),  # MLflow ignores what is not named; without classes: refused
        ColSpec(DataType.double, "truncation", required=False),  # above 0
    ]
    answered: list[ColSpec | TensorSpec] = [
        ColSpec(DataType.long, "seed"),
        ColSpec(DataType.long, "index"),  # 0 … count - 1
        ColSpec(DataType.string, COLUMNS[config.space.media]),
    ]
    return ModelSignature(inputs=Schema(asked), outputs=Schema(answered))


class ServedGenerator(PythonModel):
    """Draws examples for ``{"dataframe_records": [{"seed": 1, "count": 4}]}``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the generator folder among the model's artifacts, with what corrects its samples where this is there."""
        folder = Path(context.artifacts[ARTIFACT])
        self.generator: LoadedGenerator = load_generator(folder)
        correct(self.generator, folder / CORRECTION)

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
        space, column = self.generator.space, COLUMNS[self.generator.space.media]
        if not 0 < len(asked) <= MOST:
            raise refused(f"a request has 1 to {MOST} {space.plural}, got {len(asked)}")
        seeds = [int(seed) for seed in asked["seed"]] if "seed" in asked else [0] * len(asked)
        if min(seeds) < 0:
            raise refused(f"seed must not be negative, got {min(seeds)}")
        look = partial(as_given, space=space, how=how)
        sent_in = enumerate(asked[column])
        given = np.stack([picture(text, f"{column} of row {index}", look, READ) for index, text in sent_in])
        made = np.empty_like(given)
        for seed in set(seeds):
            of_seed = np.array(seeds) == seed
            made[of_seed] = self.generator.restore(given[of_seed], seed)
        rows = [{"index": index, column: sent(space.encode(image), space.media)} for index, image in enumerate(made)]
        return pd.DataFrame(rows)


def picture(
    text: object, what: str, look: Callable[[Image.Image], UInt8[np.ndarray, "..."]], formats: tuple[str, ...]
) -> UInt8[np.ndarray, "..."]:
    """What `look` makes of a picture file in base64. What is none is answered 400; `what` names it there."""
    try:
        content = base64.b64decode(str(text), validate=True)
    except ValueError:
        raise refused(f"{what}: not base64") from None
    try:
        return look_at(content, look, formats)
    except ValueError as error:
        raise refused(f"{what}: {error}") from None


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
            None if label is None else int(label),
            None if truncation is None or np.isnan(truncation) else float(truncation),  # null in a row of several
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
