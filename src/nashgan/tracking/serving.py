"""The generator as an MLflow model. Its weights are safetensors and its code is source: nothing is pickled.

A request has one or more rows of `seed` and `count`; the answer is one row an image, in the order of the request.
"""

import base64
import io
from pathlib import Path
from typing import Any

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, Schema
from PIL import Image

from nashgan.models.generator import LoadedGenerator, load_generator

ARTIFACT = "generator"  # the model's artifact that holds the generator folder
MAX_IMAGES = 256  # a request
EXAMPLE = pd.DataFrame({"seed": [1], "count": [4]})
SIGNATURE = ModelSignature(
    inputs=Schema([ColSpec(DataType.long, "seed"), ColSpec(DataType.long, "count")]),
    outputs=Schema([
        ColSpec(DataType.long, "seed"),
        ColSpec(DataType.long, "index"),  # 0 … count - 1
        ColSpec(DataType.string, "image"),  # PNG, base64
    ]),
)  # fmt: skip


class ServedGenerator(PythonModel):
    """Draws images for ``{"dataframe_records": [{"seed": 1, "count": 4}]}``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the generator folder among the model's artifacts."""
        self.generator: LoadedGenerator = load_generator(Path(context.artifacts[ARTIFACT]))

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """One row an image: seed, index, image. A request that cannot be served is answered with status 400."""
        rows = [(int(seed), int(count)) for seed, count in zip(model_input["seed"], model_input["count"], strict=True)]
        _check(rows)
        images = [
            {"seed": seed, "index": index, "image": png_base64(self.generator.space.picture(image))}
            for seed, count in rows
            for index, image in enumerate(self.generator.sample(seed, count))
        ]
        return pd.DataFrame(images)


def png_base64(picture: Image.Image) -> str:
    """A picture as base64 of a PNG file."""
    buffer = io.BytesIO()
    picture.save(buffer, format="PNG")
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _check(rows: list[tuple[int, int]]) -> None:
    if not rows:
        raise _refused("the request has no rows of seed and count")
    for seed, count in rows:
        if seed < 0:
            raise _refused(f"seed must not be negative, got {seed}")
        if count < 1:
            raise _refused(f"count must be at least 1, got {count}")
    if (total := sum(count for _, count in rows)) > MAX_IMAGES:
        raise _refused(f"at most {MAX_IMAGES} images a request, got {total}")


def _refused(message: str) -> MlflowException:
    return MlflowException(message, error_code=INVALID_PARAMETER_VALUE)  # the scoring server answers 400
