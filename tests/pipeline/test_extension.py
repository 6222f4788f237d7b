"""One file and one registry line each: what docs/architecture.md says how to add runs through all stages."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).parents[2]
EXAMPLE = re.compile(r"```python\n# (src/\S+\.py)(?:: ([A-Z]+))?\n(.*?)```", re.DOTALL)
TINY: dict[str, dict[str, Any]] = {
    "compute": {"device": "cpu"},
    "data": {"name": "stripes"},
    "classifier": {"images": 256},
    "reference": {"images": 10},
    "model": {"name": "linear", "width": 4, "latent": 4},
    "objective": {"loss": "absolute", "penalty": "zero_centred"},
    "train": {
        "images": 128,
        "batch": 8,
        "log_every": 32,
        "sample_every": 64,
        "evaluate_every": 64,
        "precision": "fp32",
    },
    "generate": {"samples": 10},
}
STAGES = list(yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["stages"])
RUN_ALL = f"""
from importlib import import_module
from nashgan.params import load_params
from nashgan.records.paths import Paths

paths = Paths.find()
for stage in {STAGES}:
    import_module(f"nashgan.stages.{{stage}}").run(paths, load_params(paths.params))

from nashgan.features.classifier import load_classifier
from nashgan.features.inception import load_inception
import torch

cpu = torch.device("cpu")
networks = load_classifier(paths.classifier, cpu).network, load_inception(paths.home, None, cpu)
print(*(network.metric_name("mean_shift") for network in networks))
"""


def add_examples(root: Path) -> list[str]:
    """Write the files of docs/architecture.md and add its registry lines; the registries that got a line."""
    registries = []
    for name, registry, code in EXAMPLE.findall((REPOSITORY / "docs" / "architecture.md").read_text()):
        file = root / name
        if registry:
            lines = file.read_text().splitlines()
            (start,) = [number for number, line in enumerate(lines) if line.startswith(f"{registry} = {{")]
            assert len(code.splitlines()) == 1, f"{registry}: more than one line"
            file.write_text("\n".join([*lines[: start + 1], f"    {code.strip()}", *lines[start + 1 :]]) + "\n")
            registries.append(registry)
        else:
            assert not file.exists(), name
            file.write_text(code)
    return registries


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the repository's code with the additions."""
    root = tmp_path_factory.mktemp("extended")
    shutil.copytree(REPOSITORY / "src", root / "src", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy2(REPOSITORY / "dvc.yaml", root)
    values = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    for section, changes in TINY.items():
        values[section] |= changes
    (root / "params.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    registries = ["LOSSES", "PENALTIES", "MODELS", "DISCRIMINATORS", "DATASETS", "METRICS", "SPACES"]
    assert add_examples(root) == registries
    dataset = root / "src" / "nashgan" / "data" / "stripes.py"  # now in the new space
    dataset.write_text(dataset.read_text().replace("image import ImageSpace", "root import RootSpace as ImageSpace"))
    return root


def test_each_addition_runs_through_all_stages(root: Path) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("DVC_", "MLFLOW_"))}
    environment = {**kept, "PYTHONPATH": "src", "OMP_NUM_THREADS": "1", "MLFLOW_DISABLE_TELEMETRY": "true"}
    done = subprocess.run(
        [sys.executable, "-c", RUN_ALL], cwd=root, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    by_classifier, by_inception = done.stdout.split()[-2:]
    evaluation = json.loads((root / "reports" / "evaluation.json").read_text())
    assert by_classifier != by_inception
    for name in (by_classifier, by_inception):
        assert evaluation[name]["value"] > 0 and evaluation[name]["floor"] is not None
    config = json.loads((root / "models" / "generator" / "config.json").read_text())
    assert (config["name"], config["classes"], config["examples"]["space"]) == ("linear", 2, "root")
    assert json.loads((root / "models" / "discriminator" / "config.json").read_text())["name"] == "averaging"
    with (root / "reports" / "train" / "history.csv").open() as file:
        history = list(csv.DictReader(file))
    assert [row["images"] for row in history] == ["32", "64", "96", "128"]
    assert all(float(row["penalty"]) > 0 for row in history)
    report = (root / "reports" / "index.html").read_text()
    metrics = [name.replace("_", " ") for name in (by_classifier, by_inception)]
    names = ["stripes", "linear", "absolute", "zero_centred", *metrics]
    assert [name for name in names if f">{name}<" not in report] == []
