"""nashgan in Python, as README.md shows it."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from record_files import CPU
from tracked import fill_workspace
from workspaces import REPOSITORY

from nashgan.commands import image_sets
from nashgan.features.inception import NAMES
from nashgan.features.network import FeatureNetwork
from nashgan.models.generator import load_generator

HEAVY = ("torch", "numpy", "mlflow", "dvc", "pydantic")


def test_readme_loads_samples_and_scores(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workspace = fill_workspace(tmp_path)
    (tmp_path / "real-images").mkdir()
    for number, image in enumerate(np.random.default_rng(0).integers(0, 256, (5, 28, 28), np.uint8)):
        Image.fromarray(image).save(tmp_path / "real-images" / f"{number}.png")
    (code,) = re.findall(r"```python\n(import nashgan\n.*?)```", (REPOSITORY / "README.md").read_text(), re.DOTALL)
    brightness = FeatureNetwork("inception", "0" * 64, 1, "none", lambda x: x.float().mean((2, 3)), CPU, 8, NAMES, "")
    monkeypatch.setattr(image_sets, "load_inception", lambda *_: brightness)
    monkeypatch.chdir(tmp_path)
    found: dict[str, Any] = {}
    exec(code.replace("count=1000", "count=5"), found)
    np.testing.assert_array_equal(found["images"], load_generator(workspace.generator).sample(0, 5))
    assert found["score"].value > 0 and "n=5" in found["score"].protocol


def test_importing_nashgan_imports_nothing_heavy() -> None:
    code = f"import sys, nashgan; sys.exit(' '.join(sys.modules.keys() & {set(HEAVY)}))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
