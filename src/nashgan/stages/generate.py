"""generate: the averaged generator in; samples as arrays, and grids to look at, out."""

from pathlib import Path

from nashgan.data.store import appended_array, write_array, write_manifest
from nashgan.models.bundle import LoadedGenerator, load_generator
from nashgan.params import Params
from nashgan.paths import Paths
from nashgan.reporting.grid import image_grid, save_png
from nashgan.training.device import pick_device

GRID = 64  # samples in the grid, 8 a row
WALKS, STEPS = 6, 10  # interpolations, and the images of each


def run(paths: Paths, params: Params) -> None:
    """Draw ``generate.samples`` images."""
    generator = load_generator(paths.generator, device=pick_device().torch)
    seed, count = params.generate.seed, params.generate.samples
    write_samples(generator, paths.samples, seed, count)
    save_png(paths.sample_figures / "grid.png", image_grid(generator.sample(seed, GRID), columns=8))
    walks = generator.interpolate(seed, WALKS, STEPS)
    save_png(paths.sample_figures / "interpolation.png", image_grid(walks, columns=STEPS))


def write_samples(generator: LoadedGenerator, folder: Path, seed: int, count: int) -> None:
    """Write `count` images as an array, block by block, so that they need not fit into memory; then the manifest."""
    image = generator.config.image
    shape = (image.channels, image.size, image.size)
    with appended_array(folder / "samples.images.npy", shape, "uint8") as append:
        for _, images in generator.blocks(seed, count):
            append(images)
    if (labels := generator.labels(count)) is not None:
        write_array(folder / "samples.labels.npy", labels)
    manifest = {"seed": seed, "count": count, "image": image.model_dump(), "generator": generator.fingerprint}
    write_manifest(folder, manifest)
