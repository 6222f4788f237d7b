"""Metrics of the classes that a classifier finds in the samples: their histogram, and the classifier score."""

import math

import numpy as np
from jaxtyping import Float, Int64

from nashgan.metrics.interval import Estimate, normal_interval, standard_error
from nashgan.metrics.moments import check_finite
from nashgan.runtime.errors import UserError


def class_kl(real: Int64[np.ndarray, " n"], fake: Int64[np.ndarray, " m"], names: list[str]) -> Estimate:
    """KL(samples ‖ real) in nats between the histograms of classes 0 … len(names) - 1; 0 is equal, lower is better.

    A class that samples show and no real image does counts as one real image, the histogram's resolution, so that the
    divergence is finite. Details: the share of each class among the samples and among the real images, and the missing
    classes, which real images show and no sample does. Raises UserError where a set is empty.
    """
    if not len(real) or not len(fake):
        raise UserError(f"images: a histogram of classes needs at least one image a set, got {len(real)}, {len(fake)}")
    of_real, of_fake = (np.bincount(classes, minlength=len(names)) for classes in (real, fake))
    q = np.where((of_real == 0) & (of_fake > 0), 1, of_real).astype(np.float64)
    p, q = of_fake / len(fake), q / q.sum()
    log_ratio = np.log(np.divide(p, q, out=np.ones_like(p), where=p > 0))
    value = max(0.0, float(p @ log_ratio))
    error = math.sqrt(max(0.0, float(p @ log_ratio**2) - value**2) / len(fake))
    missing = [name for name, r, f in zip(names, of_real, of_fake, strict=True) if r and not f]
    shares = {"classes": p, "real_classes": of_real / len(real)}
    by_class = {key: dict(zip(names, share.tolist(), strict=True)) for key, share in shares.items()}
    return Estimate(value, normal_interval(value, error, 0), {**by_class, "missing": missing})


def classifier_score(probabilities: Float[np.ndarray, "n k"]) -> Estimate:
    """exp(mean KL(p(class | image) ‖ p(class))): the Inception score (Salimans et al. 2016) of this classifier.

    It is 1 where all images have the same probabilities. It is k where the classifier is sure of each image and all k
    classes are equally frequent. Higher is better. Raises UserError for fewer than two images or probabilities that
    are not finite.
    """
    if len(probabilities) < 2:
        raise UserError(f"images: a classifier score needs at least two, got {len(probabilities)}")
    check_finite(probabilities)
    p = probabilities.astype(np.float64)
    tiny = np.finfo(np.float64).tiny  # 0 log 0 is 0
    divergences = (p * (np.log(np.maximum(p, tiny)) - np.log(np.maximum(p.mean(axis=0), tiny)))).sum(axis=1)
    value = math.exp(float(divergences.mean()))
    return Estimate(
        value, normal_interval(value, value * standard_error(divergences), 1, p.shape[1]), higher_is_better=True
    )
