"""`nashgan advise` on a workspace with a small trained pair; what it refuses is one line."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from record_files import CPU, train_run, write_samples, write_splits
from tiny_training import PICTURES

from nashgan.commands.advise import advise_images
from nashgan.evaluation.advise import ask
from nashgan.evaluation.params import EvaluateParams
from nashgan.features.classifier import Classifier, save_classifier
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.generator import save_generator
from nashgan.params import load_params
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.train_run import write_train_run
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

PARAMS = Path(__file__).parents[2] / "params.yaml"
EVALUATE = EvaluateParams(
    inception_weights=None, dinov2_weights=None, clip_weights=None, resizer="bilinear", seeds=0, inception_again=False
)
CLASSES = 3


def workspace(root: Path, loss: str, classes: int = 0, partner: str = "conv") -> Paths:
    """A new pair, images of noise as data and as samples."""
    paths, space = Paths(root), ImageSpace(1, 32, 32)
    torch.manual_seed(0)
    config = ModelConfig(name="dcgan", examples=space.format, latent=4, width=2, classes=classes)
    generator, judge = build_generator(config), config.model_copy(update={"name": partner})
    save_generator(paths.generator, config, generator, generator)
    save_config(paths.discriminator, judge)
    if partner == "conv":
        module = build_discriminator(judge)
        with torch.no_grad():
            for weight in module.parameters():
                weight.mul_(10)  # so that a score of 0.41 is within reach
        save_weights(paths.discriminator / "weights.safetensors", module)
    labels = np.arange(len(PICTURES)) % CLASSES if classes else None
    data = Examples(PICTURES, labels)
    names = [str(label) for label in range(classes)] or None
    write_splits(paths.splits, {"train": data, "test": data}, classes=names)
    write_samples(paths.samples, data)
    params = load_params(PARAMS).model_dump(mode="json", by_alias=True)
    params["objective"] |= {"loss": loss}
    write_train_run(paths.train_run, train_run(params))
    save_classifier(paths.classifier, Classifier(space, CLASSES).eval(), "class", ["0", "1", "2"], space, 64, None)
    return paths


def write_image(path: Path, pixels: np.ndarray = PICTURES[0, 0]) -> Path:
    Image.fromarray(pixels).save(path)
    return path


@pytest.mark.parametrize(("loss", "classes"), [("non_saturating", 0), ("rpgan", CLASSES)])
def test_scores_pictures_and_a_table_are_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], loss: str, classes: int
) -> None:
    paths = workspace(tmp_path, loss, classes)
    images = [write_image(tmp_path / "one.png"), write_image(tmp_path / "generator.png", PICTURES[1, 0])]
    advise_images(paths, images, tmp_path / "out", 0.01, None)
    told, lines = capsys.readouterr().out, (tmp_path / "out" / "advice.txt").read_text().splitlines()
    assert ("of 40 held-out real images" in told) == (loss == "rpgan")
    assert ("as class" in told) == bool(classes)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        *("one.png", "2-generator.png", "generator.png", "advice.txt")
    }
    rows = [line.split() for line in lines if line[:4].strip().isdigit()]
    first, second = (float(row[1]) for row in rows[:2])
    assert second >= first + 0.01 - 2e-4
    assert rows[0][3] == "0.000" and rows[0][1] == rows[0][4]
    if classes:
        advise_images(paths, images[:1], tmp_path / "out", 0.0, 1)
        assert "one: " in capsys.readouterr().out


@pytest.mark.parametrize("loss", ["non_saturating", "rpgan"])
def test_the_report_gets_two_pictures_and_no_metric(tmp_path: Path, loss: str) -> None:
    answer = ask(workspace(tmp_path, loss, CLASSES), EVALUATE, CPU)
    assert answer and not answer.metrics and set(answer.pictures) == {"image", "generator"}
    assert ask(workspace(tmp_path / "other", loss, partner="vae"), EVALUATE, CPU) is None


def test_what_is_no_image_of_this_kind_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    paths, out = workspace(tmp_path, "non_saturating", CLASSES), tmp_path / "out"
    good, noise = write_image(tmp_path / "good.png"), tmp_path / "noise.png"
    noise.write_bytes(b"no image")
    small = write_image(tmp_path / "small.png", PICTURES[0, 0, :16, :16])
    colour = write_image(tmp_path / "colour.png", np.stack([*PICTURES[:3, 0]], axis=-1))
    for path, says in (
        (noise, "noise.png: not an image of a known format; name an image file"),
        (tmp_path / "absent.png", "absent.png: No such file or directory; name an image file"),
        (small, "small.png: 16 x 16 pixels in 1 channels; the discriminator looks at 32 x 32 in 1"),
        (colour, "colour.png: 32 x 32 pixels in 3 channels; the discriminator looks at 32 x 32 in 1"),
    ):
        with pytest.raises(UserError, match=says):
            advise_images(paths, [good, path], out, 0.01, None)
    with pytest.raises(UserError, match="class 3: this discriminator knows the classes 0 to 2"):
        advise_images(paths, [good], out, 0.01, 3)
    with pytest.raises(UserError, match="discriminator: holds no discriminator of images"):
        advise_images(workspace(tmp_path / "vae", "rpgan", partner="vae"), [good], out, 0.01, None)
    assert not out.exists()
