"""`nashgan export`: every generator of the registry as a graph, compared with its network, and folders for others."""

import functools
import hashlib
import io
import json
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
import yaml
from torch.onnx._internal.exporter._registration import ONNXRegistry
from tracked import fill_workspace

from nashgan.commands import graph
from nashgan.commands.card import print_card
from nashgan.commands.export import export
from nashgan.commands.graph import (
    METADATA,
    MOST,
    SEED_RULE,
    compare,
    described,
    int8_model,
    onnx_model,
    program,
    torch_program,
)
from nashgan.models import MODELS
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.encoder import ENCODER
from nashgan.models.generator import BLOCK, LoadedGenerator, load_generator, save_generator
from nashgan.records.degradation import Degradation
from nashgan.records.examples import ExampleFormat
from nashgan.records.given import Given, Translation
from nashgan.records.train_run import read_train_run, write_train_run
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import write_text
from nashgan.spaces import Layout
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.points import PointSpace
from nashgan.spaces.series import SeriesSpace
from nashgan.spaces.text import TextSpace
from nashgan.spaces.video import VideoSpace

FORMATS: dict[Layout, ExampleFormat] = {
    "image": ImageSpace(1, 16, 16).format,
    "vector": PointSpace((0.0, 1.0), 2.0).format,
    "sequence": TextSpace("\nab", 2).format,
    "video": VideoSpace(2, 1, 16).format,
}
SERIES = SeriesSpace(8, (0.5,), 2.0).format
NETWORKS = {entry.target: name for name, entry in MODELS.items()}.values()  # each network once
AS_ONNX = ["r3gan", "dense", "seqgan", "unet_cycle"]  # an image of a class, a point, a text, a given image


def generator(name: str) -> LoadedGenerator:
    """A tiny one, with classes where it can know them, on examples of its first layout."""
    entry = MODELS[name]
    how: Given | None = Degradation(kinds=("noisy",), noise=0.5) if entry.restores else None
    if entry.translates:
        how = Translation(other="digits8", digest="d" * 64)
    examples = SERIES if name == "conv1d" else FORMATS[entry.layouts[0]]
    classes = 2 if entry.knows_classes else 0
    config = ModelConfig(name=name, examples=examples, latent=8, width=2, classes=classes, given=how)
    torch.manual_seed(0)
    return LoadedGenerator(config, build_generator(config).eval(), "sha", torch.device("cpu"))


@pytest.fixture(autouse=True, scope="module")
def _one_table_of_operators() -> Iterator[None]:
    """torch makes its table of ONNX's operators anew for each export, which takes a second or two."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ONNXRegistry, "from_torchlib", staticmethod(functools.cache(ONNXRegistry.from_torchlib)))
        yield


@pytest.mark.parametrize("name", NETWORKS)
def test_every_network_of_the_registry_is_a_graph_that_computes_the_same_or_says_why_not(name: str) -> None:
    drawn = generator(name)
    if name == "gaussian":
        with pytest.raises(UserError, match="'gaussian' corrects its latent vectors by a random walk"):
            torch_program(drawn)
        return
    if name not in AS_ONNX:
        module = program(drawn).module()
        assert compare(drawn, lambda *inputs: module(*inputs).detach().numpy()) <= MOST
        return
    made = onnx_model(drawn)
    assert made.error <= MOST
    session = onnxruntime.InferenceSession(made.content)
    inputs = graph.trial_inputs(drawn, 1)  # a batch of a single example, too
    assert [one.name for one in session.get_inputs()] == graph.input_names(drawn)
    (one,) = session.run(None, {of.name: value.numpy() for of, value in zip(session.get_inputs(), inputs, strict=True)})
    np.testing.assert_allclose(one, drawn(*inputs), atol=MOST)


@pytest.mark.parametrize("name", ["r3gan", "mlp"])
def test_8_bits_change_the_numbers_a_little(name: str) -> None:
    drawn = generator(name)
    made = int8_model(drawn)
    assert 0 < made.error < 0.1  # of numbers from -1 to 1
    model = onnx.load_from_string(made.content)
    assert json.loads({one.key: one.value for one in model.metadata_props}[METADATA]) == described(drawn)
    weights = {one.name: one.data_type for one in model.graph.initializer if len(one.dims) > 1}
    assert set(weights.values()) <= {onnx.TensorProto.INT8, onnx.TensorProto.UINT8}
    assert graph.difference(drawn, graph.run_onnx(made.content, drawn)) == made.error


def test_8_bits_need_examples_to_find_the_scales() -> None:
    with pytest.raises(UserError, match="int8: this generator is given images"):
        int8_model(generator("unet_cycle"))


def test_a_torch_program_is_loaded_again_and_says_what_it_is() -> None:
    drawn = generator("mlp")
    made = torch_program(drawn)
    assert made.error <= MOST
    with warnings.catch_warnings(action="ignore"):
        says = {f"{METADATA}.json": ""}
        torch.export.load(io.BytesIO(made.content), extra_files=says)
    assert json.loads(says[f"{METADATA}.json"]) == described(drawn)


def test_what_differs_from_the_network_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = fill_workspace(tmp_path)
    with monkeypatch.context() as patch, pytest.raises(UserError, match=r"differs from the network by 0\.0e\+00"):
        patch.setattr(graph, "MOST", -1.0)
        export(str(workspace.generator), "torch", tmp_path / "out")
    assert not (tmp_path / "out").exists()
    export(str(workspace.generator), "torch", tmp_path / "out")
    size = (tmp_path / "out" / "model.pt2").stat().st_size / 1e6
    assert f"model.pt2: {size:.2f} MB, inputs z (n, 8), largest error 0.0e+00" in capsys.readouterr().out


def test_without_onnx_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match=r"onnxruntime: not installed; `pip install 'nashgan\[onnx\]'`"):
        onnx_model(generator("mlp"))


def test_the_seed_rule_of_the_metadata_makes_the_latent_vectors_of_a_seed() -> None:
    drawn = generator("mlp")
    names: dict[str, Any] = {"sha256": hashlib.sha256, "torch": torch, "latent": 8, "seed": 7, "i": BLOCK + 5}
    exec(SEED_RULE, names)
    assert torch.equal(names["z"], drawn.latents(7, 1)[5])


def test_a_folder_for_others_is_used_as_its_card_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The card's examples of code run in the folder, and draw what the generator draws."""
    workspace, hub = fill_workspace(tmp_path / "workspace"), tmp_path / "hub"
    write_text(workspace.generator / ENCODER / "config.json", "{}")
    export(str(workspace.generator), "hub", hub)
    files = {
        ENCODER,
        "README.md",
        "config.json",
        "evaluation.json",
        "model.onnx",
        "model.safetensors",
        "train_run.json",
    }
    assert {path.name for path in hub.iterdir()} == files
    assert "largest error" in capsys.readouterr().out
    _, front, text = (hub / "README.md").read_text().split("---\n", 2)
    assert yaml.safe_load(front)["pipeline_tag"] == "unconditional-image-generation"
    with_nashgan, without = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(hub)
    drawn = load_generator(workspace.generator)
    found: dict[str, Any] = {}
    exec(with_nashgan, found)
    np.testing.assert_array_equal(found["images"], drawn.sample(0, 16))
    exec(without, found)
    assert found["images"].shape == (16, 1, 28, 28) and np.abs(found["images"]).max() <= 1
    print_card(".")
    assert capsys.readouterr().out == re.sub(
        r"## Use\n.*?(?=## Metrics)", "", (hub / "README.md").read_text(), flags=re.S
    )
    with pytest.raises(UserError, match="hub: exists and is not an empty folder"):
        export(str(workspace.generator), "hub", hub)


def test_a_folder_of_what_is_no_graph_is_for_nashgan_alone(tmp_path: Path) -> None:
    workspace = fill_workspace(tmp_path)
    drawn = generator("gaussian")
    save_generator(workspace.generator, drawn.config, drawn.module, drawn.module)
    with pytest.raises(UserError, match=r"train_run\.json: of another generator"):
        export(str(workspace.generator), "hub", tmp_path / "hub")
    record = read_train_run(workspace.train_run)
    write_train_run(
        workspace.train_run, record.model_copy(update={"generator": load_generator(workspace.generator).sha256})
    )
    export(str(workspace.generator), "hub", tmp_path / "hub")
    assert not (tmp_path / "hub" / "model.onnx").exists()
    assert (
        "There is no graph that runs without nashgan: the model 'gaussian'" in (tmp_path / "hub/README.md").read_text()
    )
