"""Stage `generate`: the averaged generator in; samples as arrays, and grids to look at, out."""

import shutil
import sys
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from nashgan.features.correction import correct, corrected_sampler, fit_correction
from nashgan.features.discriminator import LoadedDiscriminator, load_discriminator
from nashgan.features.judge import train_judge
from nashgan.metrics.interval import Estimate
from nashgan.metrics.out_of_range import out_of_range_share
from nashgan.models import gaussian
from nashgan.models.config import ModelConfig
from nashgan.models.encoder import ENCODER
from nashgan.models.generator import EACH, LoadedGenerator, load_generator, load_sampler
from nashgan.models.params import GenerateParams
from nashgan.models.vae import load_encoder
from nashgan.params import Params
from nashgan.records import samples, splits
from nashgan.records.computed import divided, write_computed
from nashgan.records.examples import Examples, values_path, write_labels, write_manifest
from nashgan.records.paths import Paths
from nashgan.records.samples import Correction, OutOfRange, SamplesManifest
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import atomic_path
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.grid import at_most, save_png
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.video import VideoSpace

GRID, COLUMNS = 64, 8  # samples in the grid, and in a row
CLIPS = 16  # samples in the grid, where each is a row
WIDEST = 544  # pixels of the grid that goes into Git: 64 pixels a sample
WALKS, STEPS = 6, 10  # interpolations, and the samples of each
PAIRS = 32  # examples beside their reconstructions
SHARE, PROPOSALS, CHAIN = 0.5, 100, 20  # what null stands for: generate.share, generate.steps of reject, of metropolis
JUDGED = 4000  # samples that a discriminator is trained against, where the model has none
RANGE_BLOCKS = 4  # of BLOCK samples, looked at for values out of range


def run(paths: Paths, params: Params) -> None:
    """Draw ``generate.samples`` samples, in as many processes as the section compute says."""
    generator = load_sampler(paths, device=pick_device(params.compute).torch)
    pairs = reconstructions(paths, generator.device) if generator.config.name == "vae" else None
    seed, count, space = params.generate.seed, params.generate.samples, generator.space
    if generator.images:
        count = min(count, len(generator.images.images))  # each held-out image is restored once
    apply_correction(generator, paths, params.generate)
    generator.again = partial(corrected_sampler, paths, "weights", generator.device)
    with divided(params.compute, paths.scratch):
        write_samples(generator, paths.samples, seed, count)
    shown, rows = (count, 1) if space.together else (GRID, GRID // COLUMNS) if space.columns > 1 else (CLIPS, CLIPS)
    grid = space.grid(generator.sample(seed, shown, label=None if space.together else EACH), COLUMNS)
    save_png(paths.grid, grid, rows)
    save_png(paths.sample_picture, at_most(grid, WIDEST), rows)
    if isinstance(space, VideoSpace):
        with atomic_path(paths.film) as temporary:
            temporary.write_bytes(space.film(generator.sample(seed, GRID, label=EACH), COLUMNS))
    else:
        paths.film.unlink(missing_ok=True)  # of clips that were here before
    walks = generator.interpolate(seed, WALKS, STEPS)
    save_png(paths.interpolation, space.grid(walks, STEPS))
    if pairs is None:
        paths.reconstructions.unlink(missing_ok=True)  # of a VAE that was here before
    else:
        save_png(paths.reconstructions, pairs)


def apply_correction(generator: LoadedGenerator, paths: Paths, generate: GenerateParams) -> None:
    """Make `generator` draw as ``generate.correct`` says, and write the correction beside the samples."""
    shutil.rmtree(paths.correction, ignore_errors=True)  # of samples that were here before
    if correction := fitted_correction(generator, paths, generate):
        samples.write_correction(paths.correction, correction)
    correct(generator, paths.correction)


def fitted_correction(generator: LoadedGenerator, paths: Paths, generate: GenerateParams) -> Correction | None:
    """How samples are corrected; None where they stay as they are drawn.

    The discriminator is written beside the samples. It is trained for this where the model has none. Raises
    UserError where there are no held-out examples to calibrate with.
    """
    if generate.correct == "none":
        return _walk(generator, paths, generate)
    if generator.config.given:
        raise UserError(
            f"params.yaml: generate.correct: {generate.correct!r} chooses what is drawn; nothing is drawn here"
        )
    held_out = splits.read_split(paths.splits, "validation")
    if len(held_out) < 2:  # not the test split: samples are not chosen by what they are compared with
        raise UserError(
            f"params.yaml: generate.correct: {generate.correct!r} needs held-out examples; set split.validation"
        )
    own = load_discriminator(paths.discriminator, generator.device)
    judge = _written(own or _trained_judge(generator, paths, generate.seed), paths.correction / samples.JUDGE)
    seed, count = derive_seed(generate.seed, "calibration"), len(held_out)
    drawn = Examples(generator.sample(seed, count), generator.labels(seed, count))
    reject = generate.correct == "reject"
    return fit_correction(
        generate.correct,
        judge.logits(held_out),
        judge.logits(drawn),
        generate.steps or (PROPOSALS if reject else CHAIN),
        (generate.share or SHARE) if reject else None,
        judge,
    )


def _walk(generator: LoadedGenerator, paths: Paths, generate: GenerateParams) -> Correction | None:
    """The normal model's walk with another requirement; None for another model, or where none is asked for."""
    asked = {name: value for name in ("share", "steps") if (value := getattr(generate, name)) is not None}
    if not asked:
        return None
    if not isinstance(module := generator.module, gaussian.Generator):
        names = ", ".join(f"generate.{name}" for name in asked)
        print(f"warning: params.yaml: {names}: without effect with generate.correct: none", file=sys.stderr)
        return None
    limit = float(module.limit)
    if generate.share is not None:
        train = splits.read_split(paths.splits, "train").values
        images = generator.space.to_players(torch.from_numpy(np.array(train)).to(generator.device))
        limit = module.overshoot_quantile(images, generate.share)
    return Correction(method="walk", steps=generate.steps or gaussian.STEPS, share=generate.share, limit=limit)


def _trained_judge(generator: LoadedGenerator, paths: Paths, seed: int) -> LoadedDiscriminator:
    """A new discriminator that learned to tell training images from the generator's."""
    if not isinstance(generator.space, ImageSpace):
        raise UserError("params.yaml: generate.correct: this model has no discriminator; set none")
    train = splits.read_split(paths.splits, "train").values
    drawn = generator.sample(derive_seed(seed, "judge"), min(len(train), JUDGED))
    return train_judge(np.array(train), drawn, seed, generator.device)


def _written(judge: LoadedDiscriminator, folder: Path) -> LoadedDiscriminator:
    """Write a discriminator to `folder` and read it again, so that its sha256 is that of the file."""
    save_weights(folder / "weights.safetensors", judge.module)
    save_config(folder, judge.config)
    return load_discriminator(folder, judge.device) or judge


def write_samples(generator: LoadedGenerator, folder: Path, seed: int, count: int) -> None:
    """Write `count` samples as an array, block by block, so that they need not fit into memory; then the manifest."""
    config = generator.config
    write_computed(values_path(folder, samples.NAME), *generator.work(seed, count))
    write_labels(folder, samples.NAME, None if generator.images else generator.labels(seed, count))
    beyond = out_of_range(generator, seed) if generator.space.bounded else None
    manifest = SamplesManifest(
        seed=seed,
        count=count,
        examples=config.examples,
        classes=[str(label) for label in range(config.classes)] or None,
        generator=generator.sha256,
        out_of_range=OutOfRange(value=beyond.value, interval=beyond.interval) if beyond and beyond.interval else None,
    )
    write_manifest(folder, manifest)


def out_of_range(generator: LoadedGenerator, seed: int) -> Estimate:
    """The share of values that rounding to bytes cuts off, over the first samples of `seed`."""
    values = [
        generator(generator.chosen(seed, block), generator.given(seed, block)).numpy() for block in range(RANGE_BLOCKS)
    ]
    return out_of_range_share(np.concatenate(values))


def reconstructions(paths: Paths, device: torch.device) -> Image.Image:
    """Rows of examples that the VAE has not seen, each above what encoder and decoder make of it.

    The decoder is the one that learned with the encoder, not its average; z is the mean of q(z | x). Raises UserError
    where a file is missing or broken, or the examples are of another kind than those trained on.
    """
    decoder, encoder = load_generator(paths.generator, "raw", device), load_encoder(paths.generator / ENCODER, device)
    space, data = decoder.space, _held_out(paths, decoder.config).first(PAIRS)
    columns = min(COLUMNS, len(data))
    data = data.first(len(data) - len(data) % columns)  # whole rows, so that each stands above its own
    real = np.array(data.values)
    labels = None if data.labels is None else np.array(data.labels)
    with torch.inference_mode():
        mean, _ = encoder(
            space.to_players(torch.from_numpy(real).to(device)),
            None if labels is None else torch.from_numpy(labels).to(device),
        )
    made = space.from_players(decoder(mean, labels))
    rows = [values[at : at + columns] for at in range(0, len(real), columns) for values in (real, made)]
    return space.grid(np.concatenate(rows), columns)


def _held_out(paths: Paths, config: ModelConfig) -> Examples:
    """Real examples that a model of this kind can take, with labels where it needs them."""
    manifest = splits.read_manifest(paths.splits)
    data = splits.read_split(paths.splits, manifest.held_out)
    fits = manifest.examples == config.examples
    if config.classes:
        fits &= data.labels is not None and len(manifest.classes or ()) <= config.classes
    if not fits:
        raise UserError(
            f"{paths.splits}: not the kind of examples that {paths.generator} was trained on; run `dvc repro train`"
        )
    return data if config.classes else Examples(data.values)
