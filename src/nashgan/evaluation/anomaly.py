"""Anomalies: whether images of a class that was left out of all splits are told from the others."""

from collections.abc import Callable

import numpy as np
import torch
from jaxtyping import Float, UInt8

from nashgan.evaluation.feature_metrics import Metrics, measured
from nashgan.evaluation.representations import Components, error
from nashgan.features.discriminator_features import load_discriminator_features, pair_or_image_logits
from nashgan.metrics.auroc import auroc
from nashgan.models.encoder import Codec
from nashgan.records.evaluation import Baseline
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths

Images = UInt8[np.ndarray, "n c h w"]
Anomaly = Callable[[Images], Float[np.ndarray, " n"]]  # the higher, the less an image is like the training's


def measure_anomalies(
    paths: Paths,
    codec: Codec,
    components: Components,
    usual: Examples,
    unseen: Examples,
    protocol: str,
) -> Metrics:
    """The AUROC of `unseen` against `usual` held-out images, by the error of an image's reconstruction.

    Nothing where a set has fewer than two images. The baseline is the same error of the principal components. Further
    methods are D's score, and the distance of image and
    reconstruction in D's features (the feature part of Schlegl et al., "f-AnoGAN", 2019, equation 6).
    """

    def of_vectors(images: Images) -> Float[np.ndarray, " n"]:
        return error(images, codec.decode(codec.encode(images)))

    def of_components(images: Images) -> Float[np.ndarray, " n"]:
        return error(images, components.reconstructed(images))

    beside = discriminator_scores(paths, codec)
    both = [np.asarray(part.values) for part in (unseen, usual)]
    if min(map(len, both)) < 2:
        return {}
    ways: dict[str, Anomaly] = {"vectors": of_vectors, f"{components.count} principal components": of_components}
    found = {name: auroc(*(way(images) for images in both)) for name, way in (ways | beside).items()}
    ours, rival, *others = found.items()
    line = f"unseen={len(unseen)} {protocol}"
    rows = [Baseline(name=name, value=one.value, interval=one.interval) for name, one in (rival, *others)]
    metric = measured(ours[1], None, len(usual), line)
    return {"anomaly_auroc": metric.model_copy(update={"baseline": rows[0], "beside": rows[1:]})}


def discriminator_scores(paths: Paths, codec: Codec) -> dict[str, Anomaly]:
    """Measures, by D, of how unlike the training's images an image is; empty where there is no discriminator."""
    device: torch.device = codec.generator.device
    features = load_discriminator_features(paths.discriminator, device)
    if features is None:
        return {}

    def score(images: Images) -> Float[np.ndarray, " n"]:
        return -pair_or_image_logits(paths.discriminator, images, codec.encode(images), device)

    def distance(images: Images) -> Float[np.ndarray, " n"]:
        made = codec.decode(codec.encode(images))
        return np.asarray(np.square(features(images) - features(made)).mean(axis=1))

    return {"D’s score": score, "error in D’s features": distance}
