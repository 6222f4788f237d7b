"""nashgan in Python, as README.md, docs/python.md and the notebook show it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from PIL import Image
from record_files import CPU
from tracked import fill_workspace
from workspaces import REPOSITORY

import nashgan
from nashgan.commands import image_sets
from nashgan.features.inception import NAMES
from nashgan.features.network import FeatureNetwork
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.generator import load_generator, save_generator
from nashgan.records.evaluation import Metric
from nashgan.spaces.image import ImageSpace

HEAVY = ("torch", "numpy", "mlflow", "dvc", "pydantic")


@pytest.mark.parametrize("page", ["README.md", "docs/python.md"])
def test_the_lines_of_a_page_load_sample_and_score(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = fill_workspace(tmp_path)
    (tmp_path / "real-images").mkdir()
    for number, image in enumerate(np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)):
        Image.fromarray(image).save(tmp_path / "real-images" / f"{number}.png")
    (code,) = re.findall(r"```python\n(import nashgan\n.*?)```", (REPOSITORY / page).read_text(), re.DOTALL)
    brightness = FeatureNetwork("inception", "0" * 64, 1, "none", lambda x: x.float().mean((2, 3)), CPU, 8, NAMES, "")
    monkeypatch.setattr(image_sets, "load_inception", lambda *_: brightness)
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(code.replace("count=1000", "count=5"), found)
    np.testing.assert_array_equal(found["images"], load_generator(workspace.generator).sample(0, 5))
    assert found["score"].value > 0 and "n=5" in found["score"].protocol


def test_what_the_page_names_exists(tmp_path: Path) -> None:
    page = (REPOSITORY / "docs" / "python.md").read_text()
    functions = re.findall(r"^## nashgan\.(\w+)\(", page, re.MULTILINE)
    members = re.findall(r"^\| `(\w+)\(", page, re.MULTILINE)
    assert sorted([*functions, "UserError"]) == nashgan.__all__
    assert members == ["sample", "truncated", "interpolate", "restore"]
    generator = nashgan.load(fill_workspace(tmp_path).generator)
    assert all(callable(getattr(generator, member)) for member in members)
    assert generator.config.examples.shape == (1, 28, 28) and len(generator.sha256) == 64
    assert {"value", "interval", "protocol"} <= Metric.model_fields.keys()
    with pytest.raises(nashgan.UserError, match="no generator there"):
        nashgan.load(tmp_path)


def test_the_notebook_runs(tmp_path: Path) -> None:
    """As a reader runs it, with few images and with a generator that is told one of ten classes."""
    config = ModelConfig(name="mlp", examples=ImageSpace(1, 32, 32).format, latent=8, width=8, classes=10)
    network = build_generator(config)
    save_generator(tmp_path / "models" / "generator", config, network, network)
    notebook = nbformat.read(REPOSITORY / "docs" / "quickstart.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    for cell in notebook.cells:
        cell.source = cell.source.replace("COUNT = 200", "COUNT = 3")
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    told = "".join(output.text for output in outputs if output.get("name") == "stdout")
    assert re.search(r"^FID \d+\.\d, 95 % interval .*\n.*n=3.*\nFID of other real digits: \d", told)
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 2


def test_importing_nashgan_imports_nothing_heavy() -> None:
    code = f"import sys, nashgan; sys.exit(' '.join(sys.modules.keys() & {set(HEAVY)}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
