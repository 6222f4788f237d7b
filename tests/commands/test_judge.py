"""`nashgan evaluate-images --judge`: sets of one distribution are not told apart, digits and noise are."""

import json
from pathlib import Path

import numpy as np
import pytest
from record_files import CPU
from typer.testing import CliRunner

from nashgan.cli import app
from nashgan.evaluation.judge import told_apart
from nashgan.metrics.judged import judged
from nashgan.records.examples import Examples
from nashgan.runtime.errors import UserError


def test_two_sets_of_digits_are_not_told_apart(digits: Examples) -> None:
    found = told_apart(digits.values[:400], digits.values[400:800], 0, CPU)
    for estimate in found.values():
        assert abs(estimate.value - 0.5) < 0.1
        assert estimate.interval and estimate.interval[0] < 0.5 < estimate.interval[1]
        assert estimate.details["p_value"] > 0.01
    shuffled = np.random.default_rng(0).permutation(400)
    assert told_apart(digits.values[:400][shuffled], digits.values[400:800], 0, CPU) == found


def test_digits_and_noise_are_told_apart_and_other_digits_are_the_floor(digits: Examples, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (100, 1, 32, 32), dtype=np.uint8)
    for name, images in (("real", digits.values[:100]), ("noise", noise), ("other", digits.values[100:200])):
        np.save(tmp_path / f"{name}.npy", images)
    sets = [str(tmp_path / "real.npy"), str(tmp_path / "noise.npy"), "--floor", str(tmp_path / "other.npy")]
    result = CliRunner().invoke(app, ["evaluate-images", *sets, "--judge", "--seed", "1"])
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout[result.stdout.index("{") :])
    for name in ("judge_accuracy", "judge_auroc"):
        assert found[name]["value"] > 0.95 and found[name]["p_value"] < 1e-6
        assert 0.3 < found[name]["floor"] < 0.7
        assert "judge seed=1 n=100 held-out=50" in found[name]["protocol"]


def test_what_cannot_be_judged_is_one_line(digits: Examples, tmp_path: Path) -> None:
    one = digits.values[:30]
    with pytest.raises(UserError, match=r"judge: images of \(1, 32, 32\) and of \(1, 16, 16\) .*; give both .* --size"):
        told_apart(one, one[:, :, :16, :16], 0, CPU)
    with pytest.raises(UserError, match="judge: 19 images are too few"):
        told_apart(one, one[:19], 0, CPU)
    with pytest.raises(UserError, match="judge: made for images of 16 to 256 pixels a side, these have 8 x 8"):
        told_apart(one[:, :, :8, :8], one[:, :, :8, :8], 0, CPU)
    result = CliRunner().invoke(app, ["evaluate-images", "a", "b", "--judge", "--classifier", str(tmp_path)])
    assert isinstance(result.exception, UserError) and "leave --classifier" in str(result.exception)


def test_the_estimates_of_known_logits() -> None:
    found = judged(np.array([1.0, 2.0, 3.0, -1.0]), np.array([-2.0, -3.0, -4.0, 2.5]))
    assert found["judge_accuracy"].value == 0.75
    assert found["judge_auroc"].value == 13 / 16
    assert found["judge_accuracy"].details["p_value"] == pytest.approx(37 / 256)  # at least 6 of 8 heads
