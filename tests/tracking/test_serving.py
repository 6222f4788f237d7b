"""The logged model behind a real scoring server: images for a request, 400 for a bad one, and no pickle."""

import base64
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import requests
from mlflow.exceptions import MlflowException
from mlflow.pyfunc.model import PythonModelContext
from PIL import Image
from tracked import fill_workspace, free_port, running

from nashgan.models.generator import load_generator
from nashgan.records.paths import Paths
from nashgan.spaces.image import ImageSpace
from nashgan.tracking.model_versions import register
from nashgan.tracking.promotion import promote
from nashgan.tracking.serving import MOST, ServedGenerator, sent


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    return fill_workspace(tmp_path_factory.mktemp("home"))


@pytest.fixture(scope="module")
def address(workspace: Paths) -> Iterator[str]:
    """`mlflow models serve` of the champion, in this environment, with pickle forbidden from the logging on."""
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
        register(workspace, "nashgan")
        promote(workspace, "nashgan")
        command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local", "--port", str(port)]
        command += ["--model-uri", "models:/nashgan@champion"]
        store = {"MLFLOW_TRACKING_URI": f"sqlite:///{workspace.mlflow_store}"}
        path = {"PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
        with running(command, f"http://127.0.0.1:{port}/ping", workspace.root / "serve.log", store | path):
            yield f"http://127.0.0.1:{port}/invocations"


def ask(address: str, request: Any) -> requests.Response:
    headers = {"Content-Type": "application/json"}
    return requests.post(address, data=json.dumps(request), headers=headers, timeout=30)


def decoded(image: str) -> np.ndarray:
    with Image.open(io.BytesIO(base64.b64decode(image, validate=True))) as picture:
        assert picture.format == "PNG"
        return np.asarray(picture)


def test_four_images(address: str, workspace: Paths) -> None:
    answer = ask(address, {"dataframe_records": [{"seed": 1, "count": 4}]})
    assert answer.status_code == 200
    predictions = answer.json()["predictions"]
    assert [(row["seed"], row["index"]) for row in predictions] == [(1, 0), (1, 1), (1, 2), (1, 3)]
    expected = load_generator(workspace.generator).sample(1, 4)[:, 0]
    np.testing.assert_array_equal([decoded(row["image"]) for row in predictions], expected)


def test_a_row_may_truncate(address: str, workspace: Paths) -> None:
    rows = [{"seed": 1, "count": 2, "truncation": 0.5}, {"seed": 1, "count": 2, "truncation": None}]
    found = [decoded(row["image"]) for row in ask(address, {"dataframe_records": rows}).json()["predictions"]]
    generator = load_generator(workspace.generator)
    expected = [*generator.truncated(0.5).sample(1, 2)[:, 0], *generator.sample(1, 2)[:, 0]]
    np.testing.assert_array_equal(found, expected)


def test_several_rows_come_in_order(address: str) -> None:
    answer = ask(address, {"dataframe_records": [{"seed": 2, "count": 1}, {"seed": 2**62, "count": 2}]})
    assert [(row["seed"], row["index"]) for row in answer.json()["predictions"]] == [(2, 0), (2**62, 0), (2**62, 1)]


@pytest.mark.parametrize(
    "request_",
    [
        {"dataframe_records": [{"seed": 1, "count": MOST + 1}]},
        {"dataframe_records": [{"seed": 1, "count": 1}] * (MOST + 1)},
        {"dataframe_records": [{"seed": 1, "count": 2**62}] * 4},
        {"dataframe_records": [{"seed": 1, "count": 0}]},
        {"dataframe_records": [{"seed": -1, "count": 1}]},
        {"dataframe_records": [{"seed": 2**80, "count": 1}]},
        {"dataframe_records": [{"seed": "x", "count": 1}]},
        {"dataframe_records": [{"seed": None, "count": 1}]},
        {"dataframe_records": [{"seed": [1], "count": 1}]},
        {"dataframe_records": [{"count": 1}]},
        {"dataframe_records": [{"seed": 1, "count": 1, "truncation": 0.0}]},
        {"dataframe_records": []},
        {"dataframe_records": 1},
        {"seed": 1, "count": 4},
        [],
        None,
    ],
)
def test_a_bad_request_is_answered_400(address: str, request_: Any) -> None:
    assert ask(address, request_).status_code == 400


def test_the_limit_itself_is_served(address: str) -> None:
    answer = ask(address, {"dataframe_records": [{"seed": 1, "count": MOST}]})
    assert answer.status_code == 200 and len(answer.json()["predictions"]) == MOST


def test_colour_is_png_too() -> None:
    image = np.random.default_rng(0).integers(0, 256, (3, 8, 8), np.uint8)
    np.testing.assert_array_equal(
        decoded(sent(ImageSpace(3, 8, 8).encode(image), "image/png")), image.transpose(1, 2, 0)
    )


def test_the_model_refuses_without_a_server(workspace: Paths) -> None:
    model = ServedGenerator()
    context = PythonModelContext({"generator": str(workspace.generator)}, {})  # type: ignore[no-untyped-call]
    model.load_context(context)
    assert len(model.predict(context, pd.DataFrame({"seed": [0], "count": [2]}))) == 2
    with pytest.raises(MlflowException, match="at most 256 examples"):
        model.predict(context, pd.DataFrame({"seed": [0], "count": [MOST + 1]}))
