"""What the discriminator would change in images, and what the generator learns from it: scores and pictures."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Int64, UInt8
from PIL import Image
from torch import Tensor

from nashgan.evaluation.answer import Answer
from nashgan.evaluation.params import EvaluateParams
from nashgan.features.discriminator import LoadedDiscriminator, load_discriminator
from nashgan.games.advice import Lesson, Score, Step, advise, learn, slope
from nashgan.models.generator import EACH, LoadedGenerator, load_generator
from nashgan.objectives import LOSSES
from nashgan.records import splits
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.samples import read_manifest, read_samples
from nashgan.records.train_run import read_train_run
from nashgan.spaces.alpha import over_page
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.strip import signed, strip

NEAR, BY = 0.40, 0.01  # the sample that the report shows has about this score; its first rise
LOOKED_AT = 256  # samples among which it is chosen
PUPILS = 8  # samples that show what one step of the generator's weights does


@dataclass(frozen=True)
class Adviser:
    """A discriminator of images, with the meaning of its score."""

    discriminator: LoadedDiscriminator
    space: ImageSpace
    score: Score
    held_out: int  # real images that the score is a share of; 0 where it is a probability

    @property
    def meaning(self) -> str:
        """What the score is, in words."""
        if self.held_out:
            return f"the share of {self.held_out} held-out real images with a lower logit than the image"
        return "how likely D finds the image real"

    def shown(self, image: UInt8[np.ndarray, "c h w"]) -> Tensor:
        """One stored image as the players see it."""
        return self.space.to_players(torch.from_numpy(np.array(image))[None].to(self.discriminator.device))

    def advise(self, image: UInt8[np.ndarray, "c h w"], label: int | None, by: float) -> tuple[list[Step], Tensor]:
        """The steps of `nashgan.games.advice.advise`, and the gradient at the image itself."""
        labels = None if label is None else torch.tensor([label], device=self.discriminator.device)

        def judge(examples: Tensor) -> Tensor:
            return self.discriminator(examples, labels)

        shown = self.shown(image)
        return advise(judge, self.score, shown, by), slope(judge, shown)

    def teach(self, generator: LoadedGenerator, by: float, seed: int = 0) -> Lesson:
        """What one step of the generator's weights changes in its first samples of `seed`."""
        known = generator.labels(seed, PUPILS, label=EACH)
        labels = None if known is None else torch.from_numpy(known).to(generator.device)
        z = generator.latents(seed, 0)[:PUPILS].to(generator.device)
        return learn(generator.module, self.discriminator, self.score, z, labels, by)

    def way(self, steps: list[Step], gradient: Tensor) -> Image.Image:
        """The image, the gradient, the image at each score, and what changed up to the last one."""
        cells = [(self._picture(steps[0].image), f"score {steps[0].score:.3f}")]
        cells += [(signed(gradient[0].cpu().numpy()), "gradient")]
        cells += [(self._picture(step.image), f"{step.score:.3f}") for step in steps[1:]]
        change = steps[-1].image - steps[0].image
        return strip([[*cells, (signed(change[0].cpu().numpy()), "all changes")]])

    def before_and_after(self, lesson: Lesson) -> Image.Image:
        """Samples before the step, the same after it, and what changed."""
        rows = []
        for images, scores in ((lesson.before, lesson.scores_before), (lesson.after, lesson.scores_after)):
            cells = zip(images, scores, strict=True)
            rows.append([(self._picture(image[None]), f"{score:.3f}") for image, score in cells])
        rows.append([(signed(change.numpy()), "change") for change in lesson.after - lesson.before])
        return strip(rows)

    def _picture(self, image: Tensor) -> UInt8[np.ndarray, "c h w"]:
        """As people see it: grey or RGB, transparency over white."""
        stored = self.space.from_players(image.detach().float().cpu())
        seen: np.ndarray = over_page(torch.from_numpy(stored))[0].numpy()
        return seen


def load_adviser(paths: Paths, device: torch.device) -> Adviser | None:
    """The trained discriminator and its score; None where there is none, or it does not look at images alone.

    Raises UserError where a file is missing or broken.
    """
    discriminator = load_discriminator(paths.discriminator, device)
    if discriminator is None or not isinstance(space := discriminator.config.space, ImageSpace):
        return None
    if discriminator.config.given:  # its generator draws nothing by itself
        return None
    if LOSSES[read_train_run(paths.train_run).params["objective"]["loss"]].load().gives_probabilities:
        return Adviser(discriminator, space, Score(), 0)
    data = splits.read_held_out(paths.splits)
    if not len(data):
        return None
    return Adviser(discriminator, space, Score(discriminator.logits(data)), len(data))


def ask(paths: Paths, evaluate: EvaluateParams, device: torch.device) -> Answer | None:
    """Pictures for the report: a sample whose score is near NEAR, moved to higher scores, and a step of the generator.

    None where there is no discriminator of images. There are no metrics. The scores are written in the pictures.
    """
    if not all(path.exists() for path in (paths.discriminator, paths.generator, paths.train_run)):
        return None
    adviser = load_adviser(paths, device)
    if adviser is None:
        return None
    data = read_samples(paths.samples).first(LOOKED_AT)
    chosen, label = _near(adviser, data)
    steps, gradient = adviser.advise(chosen, label, BY)
    pictures = {"image": adviser.way(steps, gradient)}
    generator = load_generator(paths.generator, "raw", device)
    lesson = adviser.teach(generator, BY, read_manifest(paths.samples).seed)
    return Answer({}, pictures | {"generator": adviser.before_and_after(lesson)})


def _near(adviser: Adviser, data: Examples) -> tuple[UInt8[np.ndarray, "c h w"], int | None]:
    """The sample whose score is nearest to NEAR, and its class where D knows classes."""
    scores = adviser.score(torch.from_numpy(adviser.discriminator.logits(data)))
    place = int(np.abs(scores - NEAR).argmin())
    known: Int64[np.ndarray, " _"] | None = data.labels if adviser.discriminator.config.classes else None
    return np.array(data.values[place]), None if known is None else int(known[place])
