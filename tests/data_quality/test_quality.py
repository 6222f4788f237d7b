"""What is found in a workspace, and beside another version of it in real DVC: for people and as JSON."""

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from record_files import CPU, write_splits
from workspaces import environment, write_classifier, write_params

from nashgan.commands.data_doctor import examine_data
from nashgan.data.embedded_digits import embedded_digits
from nashgan.data_quality.quality import measure
from nashgan.features.classifier import load_classifier
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.reference import Neighbours, write_neighbours
from nashgan.runtime.errors import UserError

KEEPS = {"stages": {"split": {"cmd": "true", "outs": [{"data/splits": {"persist": True}}]}}}


def run(root: Path, *command: str) -> None:
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def fill(paths: Paths, digits: np.ndarray, labels: np.ndarray) -> None:
    """Write splits, and the features of their images by the workspace's classifier."""
    parts = {"train": slice(0, 120), "validation": slice(120, 150), "test": slice(150, None)}
    splits = {name: Examples(digits[part], labels[part]) for name, part in parts.items()}
    write_splits(paths.splits, splits)
    network = load_classifier(paths.classifier, CPU).network
    train, held_out = (network.features(images) for images in (digits[:120], digits[120:]))
    write_neighbours(paths.reference, network.name, Neighbours(train, held_out, np.arange(120)))


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A workspace whose last commit has other images than the workspace, where the first test image is one of them."""
    made = write_params(tmp_path_factory.mktemp("workspace"))
    (made.root / "dvc.yaml").write_text(yaml.safe_dump(KEEPS))
    pixels, labels = embedded_digits()
    digits = np.pad(pixels[::25, None], ((0, 0), (0, 0), (2, 2), (2, 2)))
    order = np.random.default_rng(0).permutation(len(digits))
    digits, labels = digits[order][:180], labels[::25][order][:180]
    write_classifier(made)
    fill(made, digits // 2, np.where(labels == 3, 4, labels))
    for command in ("git init -q", "dvc init -q", "dvc commit -q -f", "git add -A"):
        run(made.root, *command.split())
    run(made.root, "git", "-c", "user.name=T", "-c", "user.email=t@example.org", "commit", "-qm", "former")
    digits = digits.copy()
    digits[150] = digits[10]
    digits[150, 0, 16, 16] ^= 1
    fill(made, digits, labels)
    return made


def test_a_training_image_in_the_test_split_is_found_though_a_pixel_differs(paths: Paths) -> None:
    quality = measure(paths, CPU)
    assert quality["class balance"].text.startswith("10 classes with ")
    near = quality["near-duplicates"]
    assert near.text.startswith("1 pairs among 180 images") and near.text.endswith("; 1 of them in two splits")
    assert near.examples[0].startswith("test 0 and train 10: distance ")
    assert "labels of validation and test split" in quality["doubtful labels"].text


def test_drift_from_the_last_commit(paths: Paths) -> None:
    found = json.loads(examine_data(paths, "HEAD", as_json=True))
    assert list(found)[:3] == list(measure(paths, CPU))
    assert found["drift of classes"]["text"].startswith("Jensen-Shannon divergence 0.0")
    mean, former = (float(part.split()[-1]) for part in found["drift of pixels"]["text"].split(";")[0].split(", there"))
    assert mean == pytest.approx(2 * former, rel=0.03)
    assert "between 60 images of each, floor " in found["drift of features"]["text"]
    lines = examine_data(paths, "HEAD", as_json=False).splitlines()
    assert len(lines) > 6 and lines[0] == f"class balance: {found['class balance']['text']}"


def test_an_unknown_version_is_one_line(paths: Paths) -> None:
    with pytest.raises(UserError, match=r"^nowhere: no data/splits there .* may have it$"):
        examine_data(paths, "nowhere", as_json=False)


def test_examples_without_images_say_so_in_a_line(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    points = {"space": "points", "shape": [2], "dtype": "float32", "centre": [0.0, 0.0], "scale": 1.0}
    values = np.random.default_rng(0).normal(size=(8, 2)).astype(np.float32)
    write_splits(paths.splits, {"train": Examples(values, None)}, examples=points)
    quality = measure(paths, CPU)
    assert quality["class balance"].text == "the examples have no labels"
    assert quality["near-duplicates"].text == "not looked for: the points have no features by a classifier"
