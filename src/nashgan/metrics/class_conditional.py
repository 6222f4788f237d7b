"""How well a class-conditional generator draws the classes that it was asked for."""

import math

import numpy as np
from jaxtyping import Float, Int64

from nashgan.metrics.frechet import frechet_influences, normalised_frechet_distance, total_variance
from nashgan.metrics.interval import Estimate, normal_interval, share, standard_error
from nashgan.runtime.errors import UserError


def class_accuracy(
    predicted: Int64[np.ndarray, " n"], requested: Int64[np.ndarray, " n"], names: list[str]
) -> Estimate:
    """The share of images that a classifier puts into the class that was asked for; 0 … 1, higher is better.

    Details: this share for each class that was asked for. Raises UserError where there is no image.
    """
    right = predicted == requested
    asked = {name: right[requested == index] for index, name in enumerate(names)}
    classes = {name: float(hits.mean()) for name, hits in asked.items() if len(hits)}
    return share(int(right.sum()), len(right), {"classes": classes})


def frechet_per_class(
    real: Float[np.ndarray, "n d"],
    real_labels: Int64[np.ndarray, " n"],
    fake: Float[np.ndarray, "m d"],
    fake_labels: Int64[np.ndarray, " m"],
    names: list[str],
) -> Estimate:
    """The mean over classes of the normalised Fréchet distance between a class's samples and its real images.

    Details: the distance of each class. It is None where a set has fewer than two images of the class or all its real
    images have equal features; such a class is not in the mean. Raises UserError where no class has a distance, and as
    `normalised_frechet_distance` does.
    """
    distances: dict[str, float | None] = {}
    errors = []
    for index, name in enumerate(names):
        of_real, of_fake = real[real_labels == index], fake[fake_labels == index]
        if min(len(of_real), len(of_fake)) < 2 or (of_real == of_real[0]).all():
            distances[name] = None
            continue
        distances[name] = normalised_frechet_distance(of_real, of_fake)
        errors.append(standard_error(frechet_influences(of_real, of_fake)) / total_variance(of_real))
    known = [distance for distance in distances.values() if distance is not None]
    if not known:
        raise UserError("labels: no class has two real images and two samples, a Fréchet distance needs them")
    value = float(np.mean(known))
    return Estimate(value, normal_interval(value, math.hypot(*errors) / len(known), 0), {"classes": distances})
