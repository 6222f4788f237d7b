"""Restoring without a training for it: the image that a generator can draw whose degraded form is nearest to the given.

``python -m benchmarks.inversion noisy`` takes the generator, the classifier and the held-out images of the workspace,
degrades some of these and looks for latent vectors (gradient descent from several starts, all classes in turn; Bora et
al., 2017, "Compressed sensing using generative models"). It prints the metrics that the stage evaluate has for restored
images.
"""

import argparse
import time

import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor
from torch.nn.functional import avg_pool2d

from nashgan.data.degrading import GivenImages
from nashgan.evaluation.restore import RestorationMetrics
from nashgan.features.classifier import load_classifier
from nashgan.models.generator import LoadedGenerator, load_generator
from nashgan.params import load_params
from nashgan.records import splits
from nashgan.records.degradation import Degradation, parse_kinds
from nashgan.records.paths import Paths
from nashgan.runtime.progress import progress
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.image import as_images

LEARNING_RATE = 0.1
PRIOR = 0.002  # weight of |z|², which keeps z where the generator was trained


def main() -> None:
    """Print the metrics of some held-out images that are restored in this way."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("given", help="noisy, small, masked, grey, or several joined by +")
    asked.add_argument("--images", type=int, default=64)
    asked.add_argument("--steps", type=int, default=100)
    options = asked.parse_args()
    paths, device = Paths.find(), torch.device("cpu")
    how = load_params(paths.params).data.model_copy(update={"given": "+".join(parse_kinds(options.given))}).degradation
    assert how is not None
    generator, manifest = load_generator(paths.generator), splits.read_manifest(paths.splits)
    held_out = splits.read_split(paths.splits, manifest.held_out).first(options.images)
    images = GivenImages(held_out, how)
    given = images.degraded(0, 0, len(held_out))
    begun = time.monotonic()
    nearest = invert(generator, given, images.hidden(0, len(held_out)), how, options.steps)
    metrics = RestorationMetrics(
        images.true(0, len(held_out)),
        held_out.labels,
        load_classifier(paths.classifier, device),
        as_images(generator.space),
    )
    print(f"{how.described}: {len(held_out)} images, {options.steps} steps, {time.monotonic() - begun:.0f} s")
    for name, estimate in metrics(generator.space.from_players(nearest)).items():
        interval = estimate.interval or (float("nan"),) * 2
        print(f"{name:20}{estimate.value:10.4f}  ({interval[0]:.4f} to {interval[1]:.4f})")


def invert(
    generator: LoadedGenerator, given: UInt8[Tensor, "n c h w"], masks: Tensor | None, how: Degradation, steps: int
) -> Float[Tensor, "n c h w"]:
    """The nearest images, in [-1, 1], over one start for each class, or over ten starts without classes."""
    seen = generator.space.to_players(given)
    starts = generator.config.classes or 10
    best, nearest = torch.full((len(seen),), torch.inf), torch.zeros_like(seen)
    generator.module.requires_grad_(False)
    with progress("inversion", starts * steps) as advance:
        for start in range(starts):
            random = torch.Generator().manual_seed(derive_seed(0, "inversion", start))
            z = torch.randn(len(seen), generator.config.latent, generator=random).requires_grad_()
            labels = torch.full((len(seen),), start) if generator.config.classes else None
            optimizer = torch.optim.Adam([z], LEARNING_RATE)
            for _ in range(steps):
                error = distance(draw(generator, z, labels), seen, masks, how)
                optimizer.zero_grad()
                loss = (error + PRIOR * z.square().mean(1)).sum()
                loss.backward()  # type: ignore[no-untyped-call]
                optimizer.step()
                advance(1)
            with torch.no_grad():
                drawn = draw(generator, z, labels)
                error = distance(drawn, seen, masks, how)
                nearer = error < best
                best, nearest[nearer] = torch.where(nearer, error, best), drawn[nearer]
    return nearest


def draw(
    generator: LoadedGenerator, z: Float[Tensor, "n latent"], labels: Int64[Tensor, " n"] | None
) -> Float[Tensor, "n c h w"]:
    """The images of latent vectors, in [-1, 1]; they can be differentiated with respect to `z`."""
    images: Tensor = generator.module(z, labels)
    return images


def distance(
    drawn: Float[Tensor, "n c h w"], seen: Float[Tensor, "n c h w"], masks: Tensor | None, how: Degradation
) -> Float[Tensor, " n"]:
    """The mean squared difference of degraded images, as far as the degradation has a gradient: without noise."""
    if "grey" in how.kinds:
        drawn, seen = drawn[:, :3].mean(1, keepdim=True), seen[:, :3].mean(1, keepdim=True)
    if how.shrink:
        drawn, seen = avg_pool2d(drawn, how.shrink), avg_pool2d(seen, how.shrink)
    squared = (drawn - seen).square()
    if masks is not None and not how.shrink:
        squared = squared * ~masks
    return squared.mean((1, 2, 3))


if __name__ == "__main__":
    main()
