"""generate: the averaged generator in; samples as arrays, and grids to look at, out."""

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from nashgan.metrics.interval import Estimate
from nashgan.metrics.out_of_range import out_of_range_share
from nashgan.models.bundle import BLOCK, LoadedGenerator, ModelConfig, load_generator, to_uint8
from nashgan.models.vae import load_encoder
from nashgan.params import Params
from nashgan.records.arrays import Images, appended_array, read_images, read_manifest, write_array, write_manifest
from nashgan.records.paths import Paths
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError
from nashgan.spaces.grid import image_grid, save_png

GRID, COLUMNS = 64, 8  # samples in the grid, and in a row
WALKS, STEPS = 6, 10  # interpolations, and the images of each
PAIRS = 32  # images beside their reconstructions
RANGE_BLOCKS = 4  # of BLOCK images, looked at for values out of range
MEND = "run `dvc repro split`"
HELD_OUT = ("test", "validation", "train")  # the first that has images is reconstructed


def run(paths: Paths, params: Params) -> None:
    """Draw ``generate.samples`` images."""
    generator = load_generator(paths.generator, device=pick_device().torch)
    pairs = reconstructions(paths, generator.device) if generator.config.name == "vae" else None
    seed, count = params.generate.seed, params.generate.samples
    write_samples(generator, paths.samples, seed, count)
    save_png(paths.sample_figures / "grid.png", image_grid(generator.sample(seed, GRID), COLUMNS))
    walks = generator.interpolate(seed, WALKS, STEPS)
    save_png(paths.sample_figures / "interpolation.png", image_grid(walks, columns=STEPS))
    if pairs is None:
        paths.reconstructions.unlink(missing_ok=True)  # of a VAE that was here before
    else:
        save_png(paths.reconstructions, pairs)


def write_samples(generator: LoadedGenerator, folder: Path, seed: int, count: int) -> None:
    """Write `count` images as an array, block by block, so that they need not fit into memory; then the manifest."""
    image = generator.config.image
    shape = (image.channels, image.size, image.size)
    with appended_array(folder / "samples.images.npy", shape, "uint8") as append:
        for _, images in generator.blocks(seed, count):
            append(images)
    if (labels := generator.labels(count)) is None:
        (folder / "samples.labels.npy").unlink(missing_ok=True)  # of a model with classes that was here before
    else:
        write_array(folder / "samples.labels.npy", labels)
    beyond = out_of_range(generator, seed)
    manifest = {
        "seed": seed,
        "count": count,
        "image": image.model_dump(),
        "classes": [str(label) for label in range(generator.config.classes)] or None,
        "generator": generator.fingerprint,
        "out_of_range": {"value": beyond.value, "interval": beyond.interval},
    }
    write_manifest(folder, manifest)


def out_of_range(generator: LoadedGenerator, seed: int) -> Estimate:
    """The share of values that rounding to bytes cuts off, over the first images of `seed`."""
    images = [
        generator(generator.latents(seed, block), generator.labels(BLOCK, block * BLOCK)).numpy()
        for block in range(RANGE_BLOCKS)
    ]
    return out_of_range_share(np.concatenate(images))


def reconstructions(paths: Paths, device: torch.device) -> Image.Image:
    """Rows of images that the VAE has not seen, each above what encoder and decoder make of it.

    The decoder is the one that learned with the encoder, not its average; z is the mean of q(z | x). Raises UserError
    where a file is missing or broken, or the images are of another kind than those trained on.
    """
    decoder, encoder = load_generator(paths.generator, "raw", device), load_encoder(paths.discriminator, device)
    data = _real_images(paths, decoder.config)
    count = len(data.images[:PAIRS])
    columns = min(COLUMNS, count)
    count -= count % columns  # whole rows, so that each image stands above its own
    real = np.array(data.images[:count])
    labels = None if data.labels is None else np.array(data.labels[:count])
    with torch.inference_mode():
        mean, _ = encoder(
            torch.from_numpy(real).to(device).float().div(127.5).sub(1),
            None if labels is None else torch.from_numpy(labels).to(device),
        )
    made = to_uint8(decoder(mean, labels))
    rows = [images[at : at + columns] for at in range(0, count, columns) for images in (real, made)]
    return image_grid(np.concatenate(rows), columns)


def _real_images(paths: Paths, config: ModelConfig) -> Images:
    """Real images that a model of this kind can take, with labels where it needs them."""
    splits = read_manifest(paths.splits, MEND)["splits"]
    data = read_images(paths.splits, next((name for name in HELD_OUT if name in splits), "train"), MEND)
    labels = data.labels if config.classes else None
    fits = data.images.shape[1:] == (config.image.channels, config.image.size, config.image.size)
    if config.classes:
        fits &= labels is not None and 0 <= labels.min() <= labels.max() < config.classes
    if not fits:
        raise UserError(f"{paths.splits}: not images as {paths.generator} was trained on; run `dvc repro train`")
    return Images(data.images, labels)
