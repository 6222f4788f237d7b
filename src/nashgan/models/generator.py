"""A trained generator in a folder: config.json, weights.safetensors (averaged) and raw.safetensors (not averaged)."""

import copy
import hashlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import torch
from jaxtyping import Float, Int64, Shaped, UInt8
from torch import Tensor, nn

from nashgan.data.degrading import GivenImages
from nashgan.models.config import ModelConfig, build_generator
from nashgan.records import splits
from nashgan.records.computed import Rows, computed
from nashgan.records.examples import Examples
from nashgan.records.given import Translation
from nashgan.records.paths import Paths
from nashgan.records.record import mend
from nashgan.records.weights import load_config, load_weights, save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256
from nashgan.runtime.progress import progress
from nashgan.runtime.randomness import derive_seed

# Examples in one forward pass. The number is fixed, because a network's last bits depend on it. So an example depends
# only on the seed and its index, not on how many are drawn.
BLOCK = 64
STAGE = "train"
EACH: Literal["each"] = "each"
Asked = int | Literal["each"] | None  # one class; each class in turn; None: as the training data have them
PUBLISHED = "model.safetensors"  # the averaged weights, as Hugging Face names the file of a model
BACK = "back.safetensors"  # beside the discriminator: the averaged weights of a generator that leads back


def save_generator(folder: Path, config: ModelConfig, averaged: nn.Module, raw: nn.Module) -> None:
    """Write a generator folder."""
    save_weights(folder / "weights.safetensors", averaged)
    save_weights(folder / "raw.safetensors", raw)
    save_config(folder, config)


def read_generator_config(folder: Path) -> ModelConfig:
    """The configuration in a generator folder. Raises UserError where it is missing or broken."""
    return load_config(folder, ModelConfig, mend(STAGE))


def load_generator(
    folder: Path, weights: Literal["weights", "raw"] = "weights", device: torch.device | None = None
) -> "LoadedGenerator":
    """Read a generator folder; ``weights`` are the averaged ones. Raises UserError naming the file that is wrong.

    A folder that was exported for others has the averaged ones in `PUBLISHED`.
    """
    config = read_generator_config(folder)
    generator = build_generator(config)
    path = folder / f"{weights}.safetensors"
    if weights == "weights" and not path.exists() and (folder / PUBLISHED).exists():
        path = folder / PUBLISHED
    load_weights(path, generator, mend(STAGE))
    return LoadedGenerator(config, generator.eval(), sha256(path), device or torch.device("cpu"))


def load_sampler(
    paths: Paths, weights: Literal["weights", "raw"] = "weights", device: torch.device | None = None
) -> "LoadedGenerator":
    """The generator of a workspace, with the held-out images that it is given, if it is given images.

    Images to restore are degraded. Images to translate are those of the other dataset; they have labels where the
    classes of both datasets have the same names.
    """
    generator = load_generator(paths.generator, weights, device)
    if isinstance(how := generator.config.given, Translation):
        manifest, other = splits.read_manifest(paths.splits), splits.read_manifest(paths.other_splits)
        images = splits.read_held_out(paths.other_splits)
        alike = manifest.classes == other.classes and manifest.classes is not None
        generator.images = GivenImages(
            images if alike else Examples(images.values), how, len(manifest.classes or ()) if alike else 0
        )
    elif how:
        manifest = splits.read_manifest(paths.splits)
        held_out = splits.read_split(paths.splits, manifest.held_out)
        generator.images = GivenImages(held_out, how, len(manifest.classes or ()))
    return generator


def load_back(generator: "LoadedGenerator", folder: Path) -> "LoadedGenerator":
    """The generator that translates back, to the dataset that `generator` is given images of.

    `folder` is that of the discriminator.

    Raises UserError where the file is missing or broken.
    """
    module, path = build_generator(generator.config), folder / BACK
    load_weights(path, module, mend(STAGE))
    return LoadedGenerator(generator.config, module.eval(), sha256(path), generator.device)


@runtime_checkable
class Correcting(Protocol):
    """A network whose latents are corrected after they were drawn."""

    def correct(self, z: Float[Tensor, "n latent"], random: torch.Generator) -> Float[Tensor, "n latent"]:
        """The corrected latents. They depend only on `z` and on `random`, a generator of the CPU."""


class Choosing(Protocol):
    """Chooses the latents of a block of examples among those that the generator draws."""

    def __call__(
        self, generator: "LoadedGenerator", seed: int, block: int, labels: Int64[np.ndarray, " n"] | None
    ) -> Float[Tensor, "n latent"]:
        """The latents of images BLOCK·block … of `seed`, which have these labels."""


class LoadedGenerator:
    """A generator to sample from; `sha256` is that of its weights.

    `images` are those that it restores or translates. `choose` corrects its samples, but not its interpolations.
    """

    choose: Choosing | None = None
    truncation: float | None = None  # the largest magnitude of a latent's numbers; None: any
    again: "Callable[[], LoadedGenerator] | None" = None  # loads it in another process

    def __init__(
        self,
        config: ModelConfig,
        module: nn.Module,
        sha256: str,
        device: torch.device,
        images: GivenImages | None = None,
    ) -> None:
        self.config = config
        self.images = images
        self.space = config.space
        self.module = module.to(device)
        self.sha256 = sha256
        self.device = device

    def truncated(self, truncation: float | None) -> "LoadedGenerator":
        """The same generator, with latents from the normal distribution cut off at ± `truncation`.

        Raises UserError for a truncation that is not positive, and where the generator corrects its latents itself.
        """
        if truncation is not None and not truncation > 0:
            raise UserError(f"truncation {truncation:g}: must be greater than 0")
        if truncation is not None and isinstance(self.module, Correcting):
            raise UserError(f"truncation: the model {self.config.name!r} corrects its latents itself; leave it out")
        same = copy.copy(self)
        same.truncation, same.again = truncation, None
        return same

    def latents(self, seed: int, block: int) -> Float[Tensor, "block latent"]:
        """The latents of images BLOCK·block … BLOCK·(block + 1) - 1 of `seed`: from N(0, I), corrected where needed."""
        random = torch.Generator().manual_seed(derive_seed(seed, "latents", block))
        z = truncated_normal(torch.randn(BLOCK, self.config.latent, generator=random), self.truncation)
        return self.module.correct(z, random).cpu() if isinstance(self.module, Correcting) else z

    def chosen(self, seed: int, block: int, label: Asked = None) -> Float[Tensor, "block latent"]:
        """The latents that a block is sampled from: the generator's own, or those that `choose` takes for them."""
        if self.choose is None:
            return self.latents(seed, block)
        return self.choose(self, seed, block, self.labels(seed, BLOCK, block * BLOCK, label))

    def labels(self, seed: int, count: int, start: int = 0, label: Asked = None) -> Int64[np.ndarray, " count"] | None:
        """The labels of images `start` … `start + count - 1` of `seed`; each depends on `seed` and its index alone.

        They are drawn with the frequencies of the training split, or in turn where the configuration has none.
        Restored and translated images have the labels of the images they are made from. None where there are no labels.
        Raises UserError for a `label` that the generator does not know.
        """
        classes, histogram = self.config.classes, self.config.histogram
        one = None if label == EACH else label
        if one is not None and not classes:
            raise UserError(f"class {label}: this generator is not class-conditional; leave the class out")
        if one is not None and not 0 <= one < classes:
            raise UserError(f"class {label}: this generator knows the classes 0 to {classes - 1}")
        if self.images and self.images.images.labels is not None:
            of_true: Int64[np.ndarray, " count"] = np.asarray(self.images.images.labels)[
                self.images.indices(start, count)
            ]
            return of_true
        if not classes:
            return None
        if one is not None:
            return np.full(count, one)
        if label == EACH or histogram is None:
            return np.arange(start, start + count) % classes
        first, end = start // BLOCK, -(-(start + count) // BLOCK)
        drawn = [draw_labels(histogram, seed, block) for block in range(first, end)]
        return np.concatenate(drawn)[start - first * BLOCK :][:count]

    def given(self, seed: int, block: int, label: Asked = None) -> Shaped[Tensor, "block ..."] | None:
        """What the network is given beside the latents of `block`: nothing, labels, or degraded images in [-1, 1].

        Raises UserError where images are to be restored and there are none.
        """
        if self.config.given:
            if self.images is None:
                does, command = ("restores", "restore") if self.config.given.paired else ("translates", "translate")
                raise UserError(f"this generator {does} images; give it some with `nashgan {command}`")
            return self.space.to_players(self.images.degraded(seed, block * BLOCK, BLOCK))
        labels = self.labels(seed, BLOCK, block * BLOCK, label)
        return None if labels is None else torch.from_numpy(labels)

    def restore(self, given: UInt8[np.ndarray, "n *frames c h w"], seed: int) -> UInt8[np.ndarray, "n *frames c h w"]:
        """Degraded images restored, or images of another dataset translated.

        Each result is a function of `seed` and of the given image.
        """
        made = []
        task = "restore" if self.config.given is None or self.config.given.paired else "translate"
        with progress(task, len(given)) as advance:
            for start in range(0, len(given), BLOCK):
                part = given[start : start + BLOCK]
                padded = np.concatenate([part, np.zeros((BLOCK - len(part), *part.shape[1:]), np.uint8)])
                z = torch.stack([self._latent_of(image, seed) for image in padded])
                images = self(z, self.space.to_players(torch.from_numpy(padded)))
                made.append(self.space.from_players(images)[: len(part)])
                advance(len(part))
        return np.concatenate(made)

    def _latent_of(self, image: Shaped[np.ndarray, "..."], seed: int) -> Float[Tensor, " latent"]:
        content = hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest()
        random = torch.Generator().manual_seed(derive_seed(seed, "latent of an image", content))
        return torch.randn(self.config.latent, generator=random)

    def sample(self, seed: int, count: int, start: int = 0, label: Asked = None) -> Shaped[np.ndarray, "count ..."]:
        """Images `start` … `start + count - 1` of `seed`. They depend only on these numbers and on `label`."""
        return computed(*self.work(seed, count, start, label))

    def work(
        self, seed: int, count: int, start: int = 0, label: Asked = None
    ) -> tuple[tuple[int, ...], str, int, Rows, Rows | None]:
        """The arguments of `computed` and `write_computed` for the images of `sample`."""
        form, asked = self.config.examples, (seed, start, label)
        elsewhere = partial(_drawn_again, self.again, *asked) if self.again else None
        return (count, *form.shape), form.dtype, BLOCK, partial(_drawn, self, *asked), elsewhere

    def blocks(
        self, seed: int, count: int, start: int = 0, label: Asked = None
    ) -> Iterator[tuple[int, Shaped[np.ndarray, "n ..."]]]:
        """The images of `sample` in pieces, each with its position among the `count`."""
        self.labels(seed, 1, start, label)  # what is wrong is refused now, not when the first piece is drawn
        self.given(seed, start // BLOCK, label)
        return self._blocks(seed, count, start, label)

    def _blocks(
        self, seed: int, count: int, start: int, label: Asked
    ) -> Iterator[tuple[int, Shaped[np.ndarray, "n ..."]]]:
        done = 0
        with progress("sample", count) as advance:
            while done < count:
                block, skipped = divmod(start + done, BLOCK)
                made = self(self.chosen(seed, block, label), self.given(seed, block, label))
                images = self.space.from_players(made)[skipped : skipped + count - done]
                yield done, images
                done += len(images)
                advance(len(images))

    def interpolate(self, seed: int, rows: int, steps: int, label: Asked = EACH) -> Shaped[np.ndarray, "count ..."]:
        """`rows` interpolations between two latents each, of `steps` images (White, 2016, "Sampling GANs").

        The images of an interpolation have one class, or one given image.
        """
        ends = torch.cat([self.latents(seed, block) for block in range(-(-2 * rows // BLOCK))])
        path = torch.linspace(0, 1, steps)
        walks = torch.cat([slerp(ends[2 * row], ends[2 * row + 1], path) for row in range(rows)])
        given = self.given(seed, 0, label)
        padding = -len(walks) % BLOCK
        walked = None if given is None else given[:rows].repeat_interleave(steps, 0)
        if walked is not None:
            walked = torch.cat([walked, walked.new_zeros(padding, *walked.shape[1:])])
        padded = torch.cat([walks, walks.new_zeros(padding, walks.shape[1])])
        blocks = range(0, len(padded), BLOCK)
        pieces = [self(padded[i : i + BLOCK], None if walked is None else walked[i : i + BLOCK]) for i in blocks]
        return np.concatenate([self.space.from_players(piece) for piece in pieces])[: len(walks)]

    @torch.inference_mode()
    def __call__(
        self, z: Float[Tensor, "n latent"], given: Shaped[np.ndarray | Tensor, "n ..."] | None = None
    ) -> Float[Tensor, "n ..."]:
        """Images in [-1, 1] for latents, and for labels or degraded images where the generator is given them."""
        known = None if given is None else torch.as_tensor(given, device=self.device)
        images: Tensor = self.module(z.to(self.device), known)
        return images.float().cpu()


def _drawn(
    generator: LoadedGenerator, seed: int, start: int, label: Asked, part: range
) -> Iterator[Shaped[np.ndarray, "_ ..."]]:
    return (images for _, images in generator.blocks(seed, len(part), start + part.start, label))


def _drawn_again(
    load: Callable[[], LoadedGenerator], seed: int, start: int, label: Asked, part: range
) -> Iterator[Shaped[np.ndarray, "_ ..."]]:
    return _drawn(load(), seed, start, label, part)


def draw_labels(histogram: Sequence[int], seed: int, block: int) -> Int64[np.ndarray, " block"]:
    """The labels of images BLOCK·block … of `seed`, each class as likely as `histogram` has it."""
    ends = np.cumsum(histogram)
    places = np.random.default_rng(derive_seed(seed, "labels", block)).integers(0, ends[-1], BLOCK)
    return np.searchsorted(ends, places, side="right").astype(np.int64)


def truncated_normal(z: Float[Tensor, "n d"], truncation: float | None) -> Float[Tensor, "n d"]:
    """z from N(0, I) to z from N(0, I) under the condition that no number is further from 0 than `truncation`.

    The distribution is that of the truncation trick (Brock et al., 2019, BigGAN, section 3.1), who draw again what is
    too far out. Here each number moves to the same quantile of the cut distribution. So an image stays a function of
    the seed and its index, and it changes little by little with the truncation. With None, z is not changed.
    """
    if truncation is None:
        return z
    below = torch.special.ndtr(torch.tensor(-truncation, dtype=torch.float64))
    lower = below + torch.special.ndtr(-z.double().abs()) * (1 - 2 * below)  # of the two tails, which are symmetric
    cut: Tensor = -z.sign() * torch.special.ndtri(lower)
    return cut.clamp(-truncation, truncation).to(z.dtype)


def slerp(a: Float[Tensor, " d"], b: Float[Tensor, " d"], t: Float[Tensor, " steps"]) -> Float[Tensor, "steps d"]:
    """Spherical interpolation from `a` (t = 0) to `b` (t = 1); a straight line if they are parallel."""
    cosine = torch.dot(a, b) / (a.norm() * b.norm())
    angle = torch.acos(cosine.clamp(-1, 1))
    t = t[:, None]
    if angle.sin().abs() < 1e-6:
        return (1 - t) * a + t * b
    return (torch.sin((1 - t) * angle) * a + torch.sin(t * angle) * b) / torch.sin(angle)
