"""The discriminator of a training with few labels as an MLflow model: it names the class of an image.

A request has one or more rows of `image`, a PNG file in base64 of the size that the discriminator was trained on. The
answer is one row an image: `class`, from 0 on, and `probabilities` of all classes. Nothing is pickled.
"""

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from jaxtyping import UInt8
from mlflow.models import ModelSignature
from mlflow.pyfunc.model import PythonModel, PythonModelContext
from mlflow.types import ColSpec, DataType, Schema
from mlflow.types.schema import Array
from PIL import Image

from nashgan.features.class_answers import ClassNamer, load_class_namer
from nashgan.models.config import ModelConfig
from nashgan.runtime.errors import UserError
from nashgan.spaces.fitting import fit_image
from nashgan.spaces.image import ImageSpace, as_images
from nashgan.tracking.serving import MOST, picture, refused, sent

ARTIFACT = "discriminator"  # the model's artifact that holds the discriminator folder


def signature() -> ModelSignature:
    """What such a model takes and answers."""
    asked = Schema([ColSpec(DataType.string, "image")])  # a PNG file in base64
    answered = Schema([ColSpec(DataType.long, "class"), ColSpec(Array(DataType.double), "probabilities")])
    return ModelSignature(inputs=asked, outputs=answered)


def example(config: ModelConfig) -> pd.DataFrame:
    """A request: a black image."""
    space = as_images(config.space)
    return pd.DataFrame({"image": [sent(space.encode(np.zeros(space.shape, np.uint8)), space.media)]})


class ServedClassifier(PythonModel):
    """Names the classes of images for ``{"dataframe_records": [{"image": "iVBORw0…"}]}``."""

    def load_context(self, context: PythonModelContext) -> None:
        """Read the discriminator folder among the model's artifacts. Raises UserError where it names no classes."""
        namer = load_class_namer(Path(context.artifacts[ARTIFACT]), torch.device("cpu"))
        if namer is None:
            raise UserError(f"{ARTIFACT}: this discriminator names no classes; set objective.labelled and train")
        self.namer: ClassNamer = namer

    def predict(
        self, context: PythonModelContext, model_input: pd.DataFrame, params: dict[str, Any] | None = None
    ) -> pd.DataFrame:
        """One row an image: class and probabilities. A request that cannot be served is answered 400."""
        asked = list(model_input["image"])
        if not 1 <= len(asked) <= MOST:
            raise refused(f"1 to {MOST} images a request, got {len(asked)}")
        space = as_images(self.namer.config.space)
        probabilities = self.namer.probabilities(
            np.stack([decoded(index, text, space) for index, text in enumerate(asked)])
        )
        return pd.DataFrame(
            {"class": probabilities.argmax(axis=1), "probabilities": [row.tolist() for row in probabilities]}
        )


def decoded(index: int, text: object, space: ImageSpace) -> UInt8[np.ndarray, "c h w"]:
    """The image of a PNG file in base64 in a row. Anything else, and another size, is refused with 400."""

    def look(image: Image.Image) -> UInt8[np.ndarray, "c h w"]:
        if image.size != (space.width, space.height):
            sizes = f"{space.width} × {space.height} pixels, has {image.width} × {image.height}"
            raise ValueError(f"must have {sizes}")
        return fit_image(image, space)

    return picture(text, f"image of row {index}", look, ("PNG",))
