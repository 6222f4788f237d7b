"""Images of other sizes, proportions, channels and levels run through all nine stages."""

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from workspaces import Sections, no_store_named, run_stages, use_few_digits, use_quick_inception, write_params

from nashgan.models.generator import load_generator
from nashgan.records.history import read_history
from nashgan.records.samples import read_samples
from nashgan.records.splits import read_split

PICTURES = 40
OWN = {"name": "folder", "path": "data/own"}
TINY: Sections = {
    "compute": {"device": "cpu"},
    "classifier": {"images": 256},
    "reference": {"images": 10},
    "model": {"width": 4, "latent": 4},
    "train": {"images": 128, "batch": 8, "log_every": 64, "sample_every": 128, "evaluate_every": 128},
    "generate": {"samples": 10},
    "evaluate": {"seeds": 1},
}


def draw_pictures(folder: Path) -> None:
    """Discs of random colours, half of each picture transparent, twice as many pixels across as 40 and down as 24."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for number in range(PICTURES):
        picture = Image.new("RGBA", (80, 48), (0, 0, 0, 0))
        draw = ImageDraw.Draw(picture)
        draw.rectangle([40, 0, 79, 47], fill=(40, 90, 160, 255))
        x, y, *colour = random.integers(8, [72, 40, 256, 256, 256]).tolist()
        draw.ellipse([x - 8, y - 8, x + 8, y + 8], fill=(*colour, 255))
        picture.save(folder / f"{number:02d}.png")


@pytest.mark.parametrize(
    ("data", "shape", "mode", "described"),
    [
        ({"name": "mnist5k", "image_size": 28}, (1, 28, 28), "L", "28 × 28, grey, 8 bits"),
        ({**OWN, "image_size": 24, "fit": "keep"}, (3, 24, 40), "RGB", "40 × 24, colour, 8 bits"),
        ({**OWN, "image_size": 20, "channels": 4, "fit": "pad"}, (4, 20, 20), "RGBA", "20 × 20, colour and alpha"),
        ({"name": "mnist5k", "levels": 2}, (1, 32, 32), "L", "32 × 32, grey, 2 levels"),
    ],
    ids=["28 pixels", "24 by 40", "alpha", "two levels"],
)
def test_a_kind_of_images_runs_through_all_stages(
    tmp_path: Path, data: dict[str, Any], shape: tuple[int, ...], mode: str, described: str
) -> None:
    draw_pictures(tmp_path / "data" / "own")
    paths = write_params(tmp_path, TINY, {"data": data})
    with no_store_named() as patch:
        use_quick_inception(patch, rows=shape[1])
        use_few_digits(patch)
        run_stages(paths)
    real, samples = read_split(paths.splits, "train").values, read_samples(paths.samples).values
    assert real.shape[1:] == samples.shape[1:] == shape and samples.dtype == np.uint8
    space = load_generator(paths.generator).space
    assert described in space.described
    for image in (real[0], samples[0]):
        with Image.open(io.BytesIO(space.encode(image))) as png:
            assert (png.mode, png.size) == (mode, (shape[2], shape[1]))
    with Image.open(paths.grid) as grid:
        assert grid.mode == ("L" if shape[0] == 1 else "RGB")
    if "levels" in data:
        assert set(np.unique(real)) == {0, 255} and set(np.unique(samples)) <= {0, 255}
    if shape[0] == 4:
        assert (real[:, :3][np.broadcast_to(real[:, 3:] == 0, real[:, :3].shape)] == 255).all()
        assert {0, 255} <= set(np.unique(real[:, 3]))
    evaluation = json.loads(paths.evaluation.read_text())
    assert evaluation["fcd"]["value"] > 0 and evaluation["fid"]["floor"] is not None
    assert all(row["memory_mb"] > 50 for row in read_history(paths.history))
    page = paths.report.read_text()
    assert described in page and "Peak memory" in page
