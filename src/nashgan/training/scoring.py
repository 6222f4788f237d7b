"""The score of the averaged generator during the training: a distance that the stage evaluate measures, too.

For images it is the fcd, in the features of the pipeline's classifier. Examples that no feature network looks at are
compared themselves, by the metric that `SCORES` names for their space.
"""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float, Int64, UInt8
from torch import nn

from nashgan.data.degrading import GivenImages
from nashgan.features.classifier import LoadedClassifier
from nashgan.features.reference import Selection, compute_reference
from nashgan.metrics.frechet import normalised_frechet_distance
from nashgan.models.config import ModelConfig
from nashgan.models.generator import BLOCK, LoadedGenerator
from nashgan.records.examples import Examples
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed
from nashgan.runtime.registered import Registered
from nashgan.spaces.space_with_images import SpaceWithImages
from nashgan.training.loop import Scored
from nashgan.training.watchdog import Predictions


@dataclass(frozen=True)
class SpaceScore(Registered):
    """A function of two sets of examples, real ones and samples: how far apart they are."""

    name: str  # of the metric


SAMPLES = 2000  # and up to as many real examples; fewer if the training split has less
SCORES = {  # by space
    "points": SpaceScore("nashgan.metrics.sliced_wasserstein:sliced_wasserstein", "sliced_wasserstein"),
    "text": SpaceScore("nashgan.metrics.ngrams:ngram_jsd_4", "ngram_jsd_4"),
    "series": SpaceScore("nashgan.metrics.spectrum_distance:spectrum_distance", "spectrum_distance"),
}


def of_samples(line: str, config: ModelConfig, selection: Selection) -> str:
    """The protocol `line` with what samples depend on besides the generator."""
    given = f" given={config.given.described}" if config.given else ""
    return f"{line}{given} {config.classes_drawn(selection.real.labels is not None)}".rstrip()


class ExampleScorer:
    """A distance of a generator's samples from real examples, from latents that stay the same."""

    def __init__(self, score: SpaceScore, selection: Selection, config: ModelConfig, device: Device, seed: int) -> None:
        self.real, floor = np.array(selection.real.values), np.array(selection.floor.values)
        self.count = len(floor)
        self.name, self.distance = score.name, score.load()
        self.floor = float(self.distance(self.real, floor))
        self.split = selection.split
        self.protocol = of_samples(f"{config.space.name} {selection.protocol}", config, selection)
        self.config = config
        self.device = device
        self.seed = derive_seed(seed, "score")

    @torch.inference_mode()
    def __call__(self, module: nn.Module) -> Scored:
        """The distance of `module`'s samples. Draws no number of torch's global generator."""
        generator = LoadedGenerator(self.config, module, "in training", self.device.torch)
        starts = range(0, self.count, BLOCK)
        made = [
            generator(generator.latents(self.seed, at // BLOCK), generator.given(self.seed, at // BLOCK))
            for at in starts
        ]
        samples = self.config.space.from_players(torch.cat(made))[: self.count]
        return Scored(float(self.distance(self.real, samples)))


class FeatureScorer:
    """fcd of a generator's samples from latents that stay the same: two scores differ by the weights alone.

    `floor` is the distance of as many training images from the real ones.
    """

    def __init__(
        self,
        classifier: LoadedClassifier,
        selection: Selection,
        config: ModelConfig,
        device: Device,
        seed: int,
        other: UInt8[np.ndarray, "m c h w"] | None = None,
    ) -> None:
        """Compute the real images' features. `other` are images that are translated.

        Raises UserError for images of another shape than the classifier's, and where the features of the real ones are
        all the same.
        """
        space = config.space
        if not isinstance(space, SpaceWithImages):
            raise TypeError(f"the classifier sees no images in {space.plural}")
        self.space = space
        real, floor = (space.one_image_each(part.values) for part in (selection.real, selection.floor))
        classifier.check(real)
        self.classifier = classifier
        self.network = classifier.network
        self.reference = compute_reference(self.network, real, floor, selection.split)
        self.name = space.images_distance
        self.split = selection.split
        self.protocol = of_samples(self.reference.protocol(len(floor)), config, selection)
        self.floor = normalised_frechet_distance(self.reference.real, self.reference.floor)
        self.real_classes = self._classes(self.reference.floor)  # of as many real images as there are samples
        self.config = config
        # The images that are restored are not among those that the samples are compared with.
        given = selection.floor.values if other is None else other[np.arange(SAMPLES) % len(other)]
        self.images = GivenImages(Examples(given), config.given) if config.given else None
        self.device = device
        self.seed = derive_seed(seed, "score")  # the stage evaluate measures other samples

    @torch.inference_mode()
    def __call__(self, module: nn.Module) -> Scored:
        """`normalised_frechet_distance` of `module`'s samples, and their classes.

        Draws no number of torch's global generator.
        """
        generator = LoadedGenerator(self.config, module, "in training", self.device.torch, self.images)
        features = np.empty_like(self.reference.floor)
        for start in range(0, len(features), BLOCK):
            block = start // BLOCK
            made = generator(generator.latents(self.seed, block), generator.given(self.seed, block))
            samples = self.space.one_image_each(self.space.from_players(made), start)
            rows = self.network.forward(torch.from_numpy(samples).to(self.network.device)).cpu().numpy()
            features[start : start + BLOCK] = rows[: len(features) - start]
        return Scored(normalised_frechet_distance(self.reference.real, features), self._predictions(features))

    def _predictions(self, features: Float[np.ndarray, "n d"]) -> Predictions | None:
        predicted = self._classes(features)
        if predicted is None or self.real_classes is None:
            return None
        return Predictions(predicted, self.real_classes, list(self.classifier.config.classes))

    def _classes(self, features: Float[np.ndarray, "n d"]) -> Int64[np.ndarray, " p"] | None:
        """The classes of the images behind `features`, or of their channels; None if the classifier names rotations."""
        if self.classifier.config.task == "rotation":
            return None
        return self.classifier.channel_classes(features).ravel()
