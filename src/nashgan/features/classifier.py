"""A small convolutional network trained on the dataset itself; the 128 features before its last layer serve `fcd`.

The network learns to name the class of an image. Without labels it learns by how many degrees an image was rotated: 0,
90, 180 or 270 (Gidaris et al. 2018, arXiv:1803.07728). So every dataset has features of its own. Where each channel is
a picture of its own, the network gets one channel after the other, and an image's features are the channels' features
in a row.
"""

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64, UInt8
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn
from torch.nn.functional import interpolate

from nashgan.features.network import FeatureNetwork, run_batched
from nashgan.records.examples import ExampleFormat
from nashgan.records.record import mend
from nashgan.records.weights import load_config, load_weights, save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256
from nashgan.spaces.image import ImageSpace

DIM = 128
MAX_SIZE = 64  # pixels of the shorter side; larger images are averaged down: the network is to be small
BATCH = 100  # images a pass
ROWS = 65_536  # images whose classes are computed from their features at a time
NAMES = {  # of metrics on these features; the rest are called classifier_…
    "frechet": "fcd",
    "kernel": "kcd",
    "frechet_infinity": "fcd_infinity",
    "memorisation": "memorisation",
}
STAGE = "classifier"
Task = Literal["class", "rotation", "channel"]  # channel: the class of each channel
TRUSTED = 0.75  # accuracy below which what is measured by a classifier is marked: a quarter of its answers is wrong


class ClassifierConfig(BaseModel):
    """What config.json says: the network's shape, and how it was trained and did."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    task: Task
    classes: Annotated[list[str], Field(min_length=2)]  # names, in the order of the logits
    examples: ExampleFormat
    images: int  # seen in training
    converged: bool | None = None  # null: not known without a validation split
    accuracy: float | None  # on the validation split; null where that is empty
    test_accuracy: float | None = None  # on the test split, by which nothing is chosen; null where that is empty
    test_interval: tuple[float, float] | None = None  # 95 %
    sha256: str  # of weights.safetensors

    @property
    def doubt(self) -> str:
        """The mark in the protocol of what is measured with this classifier; empty from the accuracy `TRUSTED` on."""
        known = self.accuracy if self.test_accuracy is None else self.test_accuracy
        if known is not None and known >= TRUSTED:
            return ""
        return f"doubtful:accuracy={'unknown' if known is None else f'{known:.2f}'}"

    @property
    def described(self) -> str:
        """How it was trained and how often it is right, for people; with a warning where it is not to be trusted."""
        parts = [f"{self.images:,} images seen"]
        if self.converged is False:
            parts.append("not converged: a larger budget may help (params.yaml: classifier.images)")
        if self.accuracy is not None:
            parts.append(f"right on {self.accuracy:.1%} of the validation images")
        if self.test_accuracy is not None and self.test_interval:
            low, high = self.test_interval
            parts.append(
                f"right on {self.test_accuracy:.1%} of the test images (95 % interval {low:.1%} to {high:.1%})"
            )
        if self.doubt:
            parts.append(f"warning: less than {TRUSTED:.0%}, or unknown, so do not trust what it measures")
        return "; ".join(parts)

    @property
    def space(self) -> ImageSpace:
        """The space that the images belong to."""
        return ImageSpace.of(self.examples)

    @property
    def pictures(self) -> int:
        """How many pictures the network sees in an image."""
        return self.space.channels if self.task == "channel" else 1

    @property
    def picture(self) -> ImageSpace:
        """The space of one of these pictures."""
        return replace(self.space, channels=self.space.channels // self.pictures)


class Classifier(nn.Module):
    """Convolutions until the shorter side has 4 to 7 pixels, averaged to 4 x 4, one hidden layer of 128, logits."""

    def __init__(self, image: ImageSpace, classes: int) -> None:
        super().__init__()
        self.to_players = image.to_players
        pixels = min(image.height, image.width, MAX_SIZE)
        stem = 2 if pixels > 32 else 1
        side, width = -(-pixels // stem), 32
        layers = [_convolution(image.channels, width, stem)]
        while side >= 8:
            layers.append(_convolution(width, min(2 * width, DIM), stride=2))
            side, width = -(-side // 2), min(2 * width, DIM)
        self.body = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(4), nn.Flatten())
        self.hidden = nn.Sequential(nn.Linear(16 * width, DIM, bias=False), nn.BatchNorm1d(DIM), nn.ReLU())
        self.last = nn.Linear(DIM, classes)

    def features(self, images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "n 128"]:
        x = self.to_players(images)
        height, width = x.shape[-2:]
        if (shorter := min(height, width)) > MAX_SIZE:
            size = round(height * MAX_SIZE / shorter), round(width * MAX_SIZE / shorter)
            x = interpolate(x, size=size, mode="area")
        features: Tensor = self.hidden(self.body(x.contiguous(memory_format=torch.channels_last)))
        return features

    def forward(self, images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "n k"]:
        logits: Tensor = self.last(self.features(images))
        return logits


def _convolution(inputs: int, outputs: int, stride: int) -> nn.Sequential:
    layer = nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(outputs), nn.ReLU())


class LoadedClassifier:
    """A trained classifier: its configuration, its features as a feature network, and its class probabilities."""

    def __init__(
        self, config: ClassifierConfig, module: Classifier, device: torch.device, folder: Path | None = None
    ) -> None:
        """`folder` is where it was read from, so that another process can read it."""
        self.config = config
        self.module = module
        self.device = device
        resizer = "none" if min(config.space.shape[1:]) <= MAX_SIZE else f"area-{MAX_SIZE}"
        dim = config.pictures * DIM
        again = partial(_load_network, folder, device) if folder else None
        known = config.sha256, dim, resizer
        self.network = FeatureNetwork(
            "classifier", *known, self._features, device, BATCH, NAMES, None, True, config.doubt, again
        )

    def _features(self, images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "n d"]:
        n, _, h, w = images.shape
        pictures = images.reshape(n * self.config.pictures, -1, h, w)
        return self.module.features(pictures).reshape(n, -1)

    def predict(self, images: UInt8[np.ndarray, "n c h w"]) -> Float32[np.ndarray, "p k"]:
        """Probabilities of `config.classes` for each picture, rows sum to 1; a picture is an image, or a channel of it.

        Raises UserError for images of another shape.
        """
        self.check(images)
        return self.probabilities(self.network.features(images))

    def probabilities(self, features: Float32[np.ndarray, "n d"]) -> Float32[np.ndarray, "p k"]:
        """As `predict`, for images whose features are known."""
        starts = range(0, max(1, len(features)), ROWS)
        return np.concatenate([self._probabilities(features[start : start + ROWS]) for start in starts])

    @torch.inference_mode()
    def _probabilities(self, features: Float32[np.ndarray, "n d"]) -> Float32[np.ndarray, "p k"]:
        pictures = np.array(features).reshape(-1, DIM)
        logits = self.module.last(torch.from_numpy(pictures).to(self.device))
        probabilities: np.ndarray = logits.softmax(dim=1).cpu().numpy()
        return probabilities

    def channel_classes(self, features: Float32[np.ndarray, "n d"]) -> Int64[np.ndarray, "n c"]:
        """The most likely class of each picture, from the features of the images."""
        likeliest: np.ndarray = self.probabilities(features).argmax(axis=1).reshape(len(features), -1)
        return likeliest

    def check(self, images: UInt8[np.ndarray, "n c h w"]) -> None:
        """Raise a UserError where `images` have other channels or another size than the classifier was trained on."""
        expected = self.config.examples.shape
        if images.shape[1:] != expected:
            raise UserError(
                f"models/classifier: trained on images of {expected}, these are {images.shape[1:]}; {mend(STAGE)}"
            )


def predict(
    module: Classifier, images: UInt8[np.ndarray, "n c h w"], device: torch.device
) -> Float32[np.ndarray, "n k"]:
    """Class probabilities from a classifier in evaluation mode; rows sum to 1."""
    probabilities = run_batched(
        lambda batch: module(batch).softmax(dim=1), images, module.last.out_features, BATCH, "classes", device
    )
    return probabilities


def save_classifier(
    folder: Path,
    module: Classifier,
    task: Task,
    classes: list[str],
    space: ImageSpace,
    images: int,
    accuracy: float | None,
    *,
    converged: bool | None = None,
    test: tuple[float, tuple[float, float] | None] | None = None,
) -> ClassifierConfig:
    """Write weights.safetensors and config.json; `test` is the accuracy on the test split and its interval."""
    weights = folder / "weights.safetensors"
    save_weights(weights, module)
    config = ClassifierConfig(
        task=task,
        classes=classes,
        examples=space.format,
        images=images,
        converged=converged,
        accuracy=accuracy,
        test_accuracy=test[0] if test else None,
        test_interval=test[1] if test else None,
        sha256=sha256(weights),
    )
    save_config(folder, config)
    return config


def read_classifier_config(folder: Path) -> ClassifierConfig | None:
    """What config.json says; None where there is no classifier. Raises UserError where the file is broken."""
    return load_config(folder, ClassifierConfig, mend(STAGE)) if (folder / "config.json").exists() else None


def load_classifier(folder: Path, device: torch.device) -> LoadedClassifier:
    """Read what `save_classifier` wrote, onto `device`.

    Raises UserError where a file is missing, broken, of another format, or does not fit the other.
    """
    config = load_config(folder, ClassifierConfig, mend(STAGE))
    module = Classifier(config.picture, len(config.classes))
    weights = folder / "weights.safetensors"
    load_weights(weights, module, mend(STAGE))
    if sha256(weights) != config.sha256:
        raise UserError(f"{weights}: not the weights that the config.json beside it names (sha256); {mend(STAGE)}")
    module = module.eval().requires_grad_(False).to(device).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return LoadedClassifier(config, module, device, folder)


def _load_network(folder: Path, device: torch.device) -> FeatureNetwork:
    return load_classifier(folder, device).network
