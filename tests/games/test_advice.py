"""A discriminator's advice: the score rises along the gradient, and a step of size zero changes nothing."""

import numpy as np
import pytest
import torch
from jaxtyping import Float
from torch import Tensor

from nashgan.games.advice import Score, advise, learn, moved, reach, slope
from nashgan.models import DISCRIMINATORS
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.spaces.image import ImageSpace

LOOKING = [name for name, entry in DISCRIMINATORS.items() if "image" in entry.layouts]
SPACE = ImageSpace(1, 16, 16)


def player(name: str, classes: int = 0) -> torch.nn.Module:
    """A new discriminator whose logits are large enough to be a score of any height."""
    torch.manual_seed(0)
    module = build_discriminator(ModelConfig(name=name, examples=SPACE.format, latent=4, width=2, classes=classes))
    return alive(module).requires_grad_(False)


def alive(module: torch.nn.Module) -> torch.nn.Module:
    """`module` with weights so large that a layer's output is as large as its input, as in a trained player."""
    with torch.no_grad():
        for weight in module.parameters():
            if weight.dim() > 1:  # a new DCGAN answers almost the same to every image, and draws almost nothing
                weight.copy_(torch.randn_like(weight) / weight[0].numel() ** 0.5)
    return module.eval()


def picture(seed: int = 0) -> Float[Tensor, "1 c h w"]:
    return torch.rand(1, *SPACE.shape, generator=torch.Generator().manual_seed(seed)) - 0.5


@pytest.mark.parametrize("classes", [0, 3])
@pytest.mark.parametrize("name", LOOKING)
def test_the_score_rises_by_what_was_asked(name: str, classes: int) -> None:
    module, labels = player(name, classes), torch.tensor([1]) if classes else None

    def judge(examples: Tensor) -> Tensor:
        logits: Tensor = module(examples, labels)
        return logits

    centre = float(judge(picture())) + 0.4  # the image's score is 0.40, whatever the logits are
    steps = advise(lambda x: judge(x) - centre, Score(), picture(), 0.001, rises=3)
    start = steps[0].score
    assert all(step.score >= start + rise - 1e-6 for step, rise in zip(steps, (0, 0.001, 0.002, 0.004), strict=True))
    assert steps[1].score < steps[2].score < steps[3].score and steps[1].score < start + 0.0011
    assert all(step.image.abs().max() <= 1 and step.image.shape == picture().shape for step in steps)


@pytest.mark.parametrize("name", LOOKING)
def test_a_step_of_size_zero_changes_nothing(name: str) -> None:
    judge, image = player(name), picture()
    assert torch.equal(moved(image, slope(judge, image), 0.0), image)
    steps = advise(judge, Score(), image, by=0.0)
    assert all(torch.equal(step.image, image) and step.score == steps[0].score for step in steps)


def test_a_score_without_probabilities_is_the_share_of_real_images_beaten() -> None:
    score = Score(np.array([3.0, 1.0, 2.0, 4.0], np.float32))
    assert score(torch.tensor([0.0, 1.0, 2.5, 9.0])).tolist() == [0, 0, 0.5, 1]
    assert Score()(torch.zeros(2)).tolist() == [0.5, 0.5]


def test_what_cannot_be_reached_ends_the_way_and_a_flat_judge_moves_nothing() -> None:
    steps = advise(lambda x: 0.2 * x.flatten(1).mean(1), Score(), picture(), 0.4)  # at most sigmoid(0.2)
    assert len(steps) == 2 and steps[1].score == pytest.approx(1 / (1 + np.exp(-0.2)), abs=1e-3)
    flat = advise(lambda x: 0 * x.flatten(1).mean(1), Score(), picture(), 0.01)
    assert all(torch.equal(step.image, picture()) for step in flat)
    assert advise(lambda x: 9 + 0 * x.flatten(1).mean(1), Score(), picture(), 0.01)[-1].score > 0.999


def test_the_length_is_found_by_bisection() -> None:
    assert reach(lambda length: (length, 0.0), 0.3, 2.0**-10) == pytest.approx(0.3, rel=1e-3)
    assert reach(lambda length: (-length, 0.0), 0.3, 2.0**-10) == 0
    assert reach(lambda length: (-abs(length - 1), 0.0), 0.3, 2.0**-10) == 1  # the top, if no higher


@pytest.mark.parametrize("classes", [0, 3])
def test_one_step_of_the_weights_raises_the_mean_score_and_leaves_the_generator_as_it_was(classes: int) -> None:
    torch.manual_seed(0)
    config = ModelConfig(name="dcgan", examples=SPACE.format, latent=4, width=2, classes=classes)
    generator, module = alive(build_generator(config)), player("conv", classes)
    weights = {name: value.clone() for name, value in generator.state_dict().items()}
    z, labels = torch.randn(4, 4), torch.arange(4) % classes if classes else None
    lesson = learn(generator, module, Score(), z, labels, 0.001)
    assert lesson.scores_after.mean() == pytest.approx(lesson.scores_before.mean() + 0.001, abs=2e-4)
    assert 0 < lesson.change < 1 and not torch.equal(lesson.before, lesson.after)
    assert all(torch.equal(value, weights[name]) for name, value in generator.state_dict().items())
    unchanged = learn(generator, module, Score(), z, labels, 0.0)
    assert torch.equal(unchanged.before, unchanged.after) and unchanged.change == 0
