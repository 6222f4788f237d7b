"""DINOv2 and CLIP with small random weights: the features of other programs' networks, and one line for each fault."""

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from record_files import CPU
from small_transformers import Known, small_clip, small_dinov2

from nashgan.features.dinov2 import positions
from nashgan.features.vision_transformer import load_transformer
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256

Made = Callable[[Path], Known]


@pytest.mark.parametrize("small", [small_dinov2, small_clip])
def test_features_are_those_of_another_program(small: Made, colours: np.ndarray, tmp_path: Path) -> None:
    kind, theirs = small(tmp_path / "weights.safetensors")
    network = load_transformer(kind, tmp_path / "weights.safetensors", CPU)
    for images in (colours, colours[:3, :, :, :15]):  # enlarged, and of other proportions
        features = network.features(images)
        np.testing.assert_allclose(features, theirs(images), atol=1e-4)
    assert features.shape == (3, network.dim) and features.std() > 0.05
    assert network.sha256 == sha256(tmp_path / "weights.safetensors") and network.resizer == f"bicubic-{kind.side}"


def test_grey_is_tiled_and_alpha_laid_over_white(colours: np.ndarray, tmp_path: Path) -> None:
    kind, _ = small_clip(tmp_path / "clip.safetensors")
    network = load_transformer(kind, tmp_path / "clip.safetensors", CPU)
    grey = colours[:2, :1]
    np.testing.assert_array_equal(network.features(grey), network.features(grey.repeat(3, axis=1)))
    unseen = np.concatenate([colours[:2], np.zeros((2, 1, 24, 24), np.uint8)], axis=1)
    np.testing.assert_array_equal(network.features(unseen), network.features(np.full((2, 3, 24, 24), 255, np.uint8)))


def test_positions_of_the_right_number_stay() -> None:
    known = torch.randn(1, 1 + 16**2, 4)
    assert positions(known) is known
    even = torch.ones(1, 1 + 37**2, 4)
    torch.testing.assert_close(positions(even), torch.ones(1, 1 + 16**2, 4))


def test_what_is_not_such_a_file_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, mend = tmp_path / "clip.safetensors", r"correct evaluate\.clip_weights in params\.yaml, or set null$"
    kind, _ = small_clip(path)
    deeper = replace(kind, options={**kind.options, "depth": 3})
    of_dinov2, _ = small_dinov2(tmp_path / "dinov2.safetensors")
    (tmp_path / "text.safetensors").write_text("no weights")
    for wrong, name, says in (
        (kind, "absent.safetensors", f"not found; {mend}"),
        (kind, "text.safetensors", rf"not a safetensors file \(.*\); {mend}"),
        (deeper, path.name, rf"not the weights of CLIP's ViT-L/14 at 336 pixels \(.*blocks\.2\..*\); {mend}"),
        (kind, "dinov2.safetensors", rf"not the weights of CLIP's .*; {mend}"),
        (of_dinov2, path.name, "not the weights of DINOv2's ViT-L/14 "),
    ):
        with pytest.raises(UserError, match=says) as refused:
            load_transformer(wrong, tmp_path / name, CPU)
        assert "\n" not in str(refused.value) and str(refused.value).startswith(str(tmp_path / name))
    monkeypatch.setitem(sys.modules, "timm", None)
    with pytest.raises(UserError, match=r"evaluate\.clip_weights needs timm: pip install 'nashgan\[features\]'"):
        load_transformer(kind, path, CPU)
