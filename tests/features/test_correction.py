"""Calibrated scores, the requirement, and corrected samples, which depend on the seed and their index alone."""

from pathlib import Path

import numpy as np
import pytest
import torch
from benchmarks.correction import kept
from record_files import CPU, write_splits
from torch import Tensor, nn

from nashgan.features.correction import Corrector, acceptance, calibrate, correct, fit_correction, requirement
from nashgan.features.discriminator import LoadedDiscriminator
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.gaussian import STEPS, Generator
from nashgan.models.generator import BLOCK, LoadedGenerator, save_generator
from nashgan.models.params import GenerateParams
from nashgan.records.examples import ExampleFormat, Examples
from nashgan.records.paths import Paths
from nashgan.records.samples import JUDGE, read_correction, write_correction
from nashgan.records.weights import save_config
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.stages.generate import apply_correction

POINTS = ExampleFormat(space="points", shape=(1,), dtype="float32", centre=(0.0,), scale=1.0)
RANDOM = np.random.default_rng(0)


class Line(nn.Module):
    """G(z) = z, so p_G = N(0, 1); or a logit that is linear in x, and in the label."""

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        return x


class Critic(nn.Module):
    """The logit of p_data / p_G for p_data = N(0.8, 1), times 3 and shifted: it has to be calibrated."""

    def forward(self, x: Tensor, labels: Tensor | None = None) -> Tensor:
        return 3 * (0.8 * x[:, 0] - 0.32) + 5


def line(classes: int = 0) -> tuple[LoadedGenerator, LoadedDiscriminator]:
    config = ModelConfig(name="dense", examples=POINTS, latent=1, width=1, classes=classes)
    return LoadedGenerator(config, Line(), "", CPU), LoadedDiscriminator(config, Critic(), "d", CPU)


def logits(judge: LoadedDiscriminator, mean: float, count: int = 4000) -> np.ndarray:
    return judge.logits(Examples(RANDOM.normal(mean, 1, (count, 1)).astype(np.float32)))


def test_the_calibration_finds_the_ratio_of_the_densities() -> None:
    _, judge = line()
    slope, offset = calibrate(logits(judge, 0.8), logits(judge, 0.0))
    assert slope == pytest.approx(1 / 3, rel=0.08) and offset == pytest.approx(-5 / 3, rel=0.08)
    assert calibrate(logits(judge, 0.0), logits(judge, 0.8)) == (0.0, 0.0)  # it prefers what is generated
    slope, offset = calibrate(np.array([2.0, 3.0]), np.array([-1.0, 0.0]))  # apart
    assert np.isfinite([slope, offset]).all() and slope > 0


@pytest.mark.parametrize("share", [0.1, 0.5, 0.95])
def test_the_requirement_keeps_this_share_of_real_examples(share: float) -> None:
    real = RANDOM.normal(0, 1, 500)
    gamma = requirement(real, real.max(), share)
    kept = acceptance(real, real.max(), gamma)
    assert kept.mean() == pytest.approx(share, abs=1e-3)
    assert (np.diff(kept[np.argsort(real)]) >= 0).all()


def test_without_a_requirement_rejection_is_exact() -> None:
    ratio = np.array([-3.0, -1.0, -0.1])
    np.testing.assert_allclose(acceptance(ratio, 0.0, 0.0), np.exp(ratio), rtol=1e-4)


@pytest.mark.parametrize(("method", "share", "steps"), [("reject", 0.1, 100), ("metropolis", None, 20)])
def test_corrected_samples_are_nearer_to_the_data_and_a_function_of_seed_and_index(
    method: str, share: float | None, steps: int
) -> None:
    generator, judge = line()
    correction = fit_correction(method, logits(judge, 0.8), logits(judge, 0.0), steps, share, judge)
    plain = generator.sample(0, 10 * BLOCK)
    generator.choose = Corrector(judge, correction)
    samples = generator.sample(0, 10 * BLOCK)
    assert abs(plain.mean()) < 0.1 and samples.mean() == pytest.approx(0.8, abs=0.15)
    assert samples.std() == pytest.approx(1, abs=0.15)
    assert np.array_equal(generator.sample(0, 70, start=100), samples[100:170])
    assert not np.array_equal(generator.sample(1, 70), samples[:70])
    unmoved = (samples == plain).mean()
    assert (0.02 < unmoved < 0.5) == (method == "reject")  # a sample that meets the requirement stays what it was


def test_one_step_of_rejection_changes_nothing() -> None:
    generator, judge = line()
    plain = generator.sample(0, BLOCK)
    generator.choose = Corrector(judge, fit_correction("reject", logits(judge, 0.8), logits(judge, 0), 1, 0.3, judge))
    assert np.array_equal(generator.sample(0, BLOCK), plain)


def test_each_sample_keeps_its_class() -> None:
    generator, judge = line(classes=3)
    seen: list[Tensor] = []
    generator.module.register_forward_hook(lambda module, inputs, output: seen.append(inputs[1]))
    generator.choose = Corrector(judge, fit_correction("reject", logits(judge, 0.8), logits(judge, 0), 9, 0.2, judge))
    generator.sample(0, BLOCK)
    assert torch.equal(seen[0], torch.arange(BLOCK) % 3) and torch.equal(seen[-1], torch.arange(BLOCK) % 3)


def workspace(root: Path) -> tuple[Paths, LoadedGenerator]:
    """A normal model of noise, without a discriminator."""
    paths, space = Paths(root), ImageSpace(1, 16, 16)
    config = ModelConfig(name="gaussian", examples=space.format, latent=4, width=1)
    module = build_generator(config)
    assert isinstance(module, Generator)
    module.factor.copy_(torch.randn(4, 256, generator=torch.Generator().manual_seed(0)) / 2)
    module.limit.fill_(9.0)
    save_generator(paths.generator, config, module, module)
    save_config(paths.discriminator, config)
    noise = Examples(RANDOM.integers(0, 256, (64, 1, 16, 16), dtype=np.uint8))
    write_splits(paths.splits, {"train": noise, "validation": noise})
    return paths, LoadedGenerator(config, module, "", CPU)


def asked(**values: object) -> GenerateParams:
    return GenerateParams.model_validate(
        {"seed": 0, "samples": 2, "correct": "none", "share": None, "steps": None} | values
    )


def test_a_judge_is_trained_where_the_model_has_no_discriminator(tmp_path: Path) -> None:
    paths, generator = workspace(tmp_path)
    plain = generator.sample(0, 8)
    apply_correction(generator, paths, asked(correct="reject", share=0.1, steps=3))
    corrected = generator.sample(0, 8)
    assert (paths.correction / JUDGE / "weights.safetensors").is_file() and not np.array_equal(plain, corrected)
    other = LoadedGenerator(generator.config, generator.module, "", CPU)  # as the evaluation draws other seeds
    correct(other, paths.correction)
    assert np.array_equal(other.sample(0, 8), corrected)
    correction = read_correction(paths.correction)
    assert correction is not None
    assert kept(paths) == [f"keeps {correction.accepted:.2g}"]
    write_correction(paths.correction, correction.model_copy(update={"judge": "another"}))
    with pytest.raises(UserError, match="not the discriminator that the samples were corrected by"):
        correct(other, paths.correction)
    fresh = LoadedGenerator(generator.config, generator.module, "", CPU)
    apply_correction(fresh, paths, asked())
    assert np.array_equal(fresh.sample(0, 8), plain)
    assert not paths.correction.exists() and read_correction(paths.correction) is None and kept(paths) == []


def test_the_walk_of_the_normal_model_has_another_requirement(tmp_path: Path) -> None:
    paths, generator = workspace(tmp_path)
    assert isinstance(module := generator.module, Generator)
    plain = generator.sample(0, 8)
    apply_correction(generator, paths, asked(share=0.05))
    assert float(module.limit) < 9 and module.steps == STEPS
    assert not np.array_equal(generator.sample(0, 8), plain)
    correction = read_correction(paths.correction)
    assert correction is not None and correction.method == "walk" and correction.limit == float(module.limit)
    apply_correction(generator, paths, asked(steps=7))
    assert module.steps == 7


def test_parameters_without_effect_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    paths, _ = workspace(tmp_path)
    generator, _ = line()
    apply_correction(generator, paths, asked(share=0.5, steps=3))
    assert "generate.share, generate.steps: without effect with generate.correct: none" in capsys.readouterr().err
    with pytest.raises(UserError, match="this model has no discriminator; set none"):
        apply_correction(generator, paths, asked(correct="reject"))


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"share": 0}, "greater than 0"),
        ({"share": 1.0}, "less than 1"),
        ({"steps": 0}, "greater than or equal to 1"),
        ({"correct": "best"}, "'none', 'reject' or 'metropolis'"),
        ({"correct": "metropolis", "share": 0.5}, "share has no effect with correct: metropolis"),
    ],
)
def test_bad_values_are_refused(values: dict[str, object], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        asked(**values)
