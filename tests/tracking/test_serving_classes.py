"""A discriminator that names classes as a registered model: a PNG in, class and probabilities out, 400 to the rest."""

import base64
import io
from collections.abc import Callable, Iterator
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
import torch
from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, ErrorCode
from mlflow.pyfunc import PyFuncModel
from PIL import Image
from record_files import CPU
from tracked import fill_workspace

from nashgan.features.class_answers import load_class_namer
from nashgan.models.config import ModelConfig, build_discriminator
from nashgan.models.generator import load_generator
from nashgan.records.paths import Paths
from nashgan.records.weights import save_config, save_weights
from nashgan.tracking.model_versions import register
from nashgan.tracking.serving import MOST


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """As of a training with few labels of three classes."""
    paths = fill_workspace(tmp_path_factory.mktemp("home"))
    config: ModelConfig = load_generator(paths.generator).config.model_copy(update={"answers": 3})
    torch.manual_seed(0)
    save_config(paths.generator, config)
    save_weights(paths.discriminator / "weights.safetensors", build_discriminator(config))
    save_config(paths.discriminator, config)
    return paths


@pytest.fixture(scope="module")
def model(workspace: Paths) -> Iterator[PyFuncModel]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
        version = register(workspace, "nashgan").version
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{workspace.mlflow_store}")
        mlflow.set_tracking_uri(f"sqlite:///{workspace.mlflow_store}")
        yield mlflow.pyfunc.load_model(f"models:/nashgan/{version}")
        mlflow.set_tracking_uri("")


def png(pixels: np.ndarray, kind: str = "PNG") -> str:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind)
    return base64.b64encode(buffer.getvalue()).decode()


IMAGES = np.random.default_rng(0).integers(0, 256, (4, 28, 28), dtype=np.uint8)


def test_class_and_probabilities_in_the_order_of_the_request(model: PyFuncModel, workspace: Paths) -> None:
    answer = pd.DataFrame(model.predict(pd.DataFrame({"image": [png(image) for image in IMAGES]})))
    namer = load_class_namer(workspace.discriminator, CPU)
    assert namer is not None
    expected = namer.probabilities(IMAGES[:, None])
    np.testing.assert_allclose(np.array(answer["probabilities"].tolist()), expected, rtol=1e-6)
    assert answer["class"].tolist() == expected.argmax(axis=1).tolist()


def test_the_signature_says_so_and_the_generator_is_there(model: PyFuncModel, workspace: Paths) -> None:
    signature = model.metadata.signature
    assert signature is not None and signature.outputs is not None
    assert signature.inputs.input_names() == ["image"]
    assert signature.outputs.input_names() == ["class", "probabilities"]
    artifacts = {path.name for path in Path(model._model_impl.context.artifacts["discriminator"]).parent.iterdir()}
    assert artifacts >= {"discriminator", "generator"}


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (lambda: png(IMAGES[0, :20]), "must have 28 × 28 pixels, has 28 × 20"),
        (lambda: png(IMAGES[0], "JPEG"), r"not an image of a known format \(PNG\)"),
        (lambda: png(IMAGES[0])[:-60], "image file is truncated"),
        (lambda: "not base64", "image of row 0: not base64"),
        (lambda: "", "not an image of a known format"),
    ],
)
def test_anything_else_is_refused(model: PyFuncModel, image: Callable[[], str], message: str) -> None:
    with pytest.raises(MlflowException, match=message) as refused:
        model.predict(pd.DataFrame({"image": [image()]}))
    assert refused.value.error_code == ErrorCode.Name(INVALID_PARAMETER_VALUE)  # the server answers 400


def test_other_columns_and_too_many_rows_are_refused(model: PyFuncModel) -> None:
    with pytest.raises(MlflowException, match="image"):
        model.predict(pd.DataFrame({"seed": [1], "count": [4]}))
    with pytest.raises(MlflowException, match=f"1 to {MOST} images a request"):
        model.predict(pd.DataFrame({"image": [png(IMAGES[0])] * (MOST + 1)}))
