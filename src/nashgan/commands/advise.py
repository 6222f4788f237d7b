"""``nashgan advise``: what the trained discriminator would change in images, and what the generator learns from it."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import UInt8
from PIL import Image

from nashgan.evaluation.advise import Adviser, load_adviser
from nashgan.features.classifier import load_classifier
from nashgan.games.advice import Step
from nashgan.models.generator import load_generator
from nashgan.records.paths import Paths
from nashgan.runtime.device import pick_device
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import check_folder, write_text
from nashgan.spaces.fitting import fit_image, is_grey
from nashgan.spaces.grid import save_png
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.picture_file import look_at, one_line

TABLE, LESSON = "advice.txt", "generator.png"
GREY_LEVELS = 127.5  # of a byte, in one unit of what the players see


def advise_images(paths: Paths, images: Sequence[Path], out: Path, by: float, label: int | None) -> None:
    """Print the score of each image, and write its way to a higher one into `out`, with a table of the scores.

    Raises UserError where there is no discriminator of images, or an image is not one of its kind.
    """
    check_folder(out)
    device = pick_device().torch
    adviser = load_adviser(paths, device)
    if adviser is None:
        raise UserError(
            f"{paths.discriminator}: holds no discriminator of images, or there are no held-out images; "
            "train an adversarial model on images, with split.test above 0"
        )
    pictures = [read_image(path, adviser.space) for path in images]  # all of them before anything is written
    labels = _labels(paths, adviser, np.stack(pictures), label)
    lines = [f"score: {adviser.meaning}"]
    print(lines[0])
    for name, picture, given in zip(_names(images), pictures, labels, strict=True):
        steps, gradient = adviser.advise(picture, given, by)
        save_png(out / f"{name}.png", adviser.way(steps, gradient))
        lines += ["", *table(adviser, name, given, steps)]
        print(f"{name}: {steps[0].score:.4f}" + ("" if given is None else f", as class {given}"))
    lesson = adviser.teach(load_generator(paths.generator, "raw", device), by)
    save_png(out / LESSON, adviser.before_and_after(lesson))
    lines += ["", "generator: the same latent vectors before and after one step of its weights"]
    lines += [f"mean score {lesson.scores_before.mean():.4f} -> {lesson.scores_after.mean():.4f}"]
    lines += [f"change of the weights {lesson.change:.2g} of their size"]
    write_text(out / TABLE, "\n".join(lines) + "\n")
    print(f"pictures and {TABLE} in {out}")


def _labels(
    paths: Paths, adviser: Adviser, pictures: UInt8[np.ndarray, "n c h w"], label: int | None
) -> list[int] | list[None]:
    """The class of each image: `label`, or what the pipeline's classifier reads; None where D knows no classes."""
    classes = adviser.discriminator.config.classes
    if label is not None and not label < classes:
        known = f"knows the classes 0 to {classes - 1}" if classes else "is not told the class; leave the class out"
        raise UserError(f"class {label}: this discriminator {known}")
    if not classes:
        return [None] * len(pictures)
    if label is not None:
        return [label] * len(pictures)
    classifier = load_classifier(paths.classifier, adviser.discriminator.device)
    if classifier.config.task != "class" or len(classifier.config.classes) != classes:
        raise UserError(f"{paths.classifier}: reads no classes that this discriminator knows; name one with --class")
    return [int(found) for found in classifier.predict(pictures).argmax(axis=1)]


def table(adviser: Adviser, name: str, label: int | None, steps: list[Step]) -> list[str]:
    """The score at each step, how far the image has moved, and its score when it is stored in bytes."""
    lines = [f"{name}" + ("" if label is None else f", as class {label}")]
    lines += [f"{'step':>4}  {'score':>7}  {'logit':>9}  {'moved by, grey levels':>21}  {'score in bytes':>14}"]
    for number, step in enumerate(steps):
        distance = float((step.image - steps[0].image).square().mean().sqrt()) * GREY_LEVELS
        stored = adviser.space.from_players(step.image.cpu())[0]
        in_bytes = adviser.advise(stored, label, 0)[0][0].score
        lines += [f"{number:>4}  {step.score:>7.4f}  {step.logit:>9.4f}  {distance:>21.3f}  {in_bytes:>14.4f}"]
    return lines


def read_image(path: Path, space: ImageSpace) -> UInt8[np.ndarray, "c h w"]:
    """An image of the space. Raises UserError where it is none, or of another size or number of channels."""

    def look(image: Image.Image) -> tuple[tuple[int, int], int, UInt8[np.ndarray, "c h w"]]:
        bands = 1 if is_grey(image) else 4 if image.has_transparency_data else 3
        return image.size, bands, fit_image(image, space)

    try:
        with warnings.catch_warnings(action="ignore"):
            (width, height), bands, fitted = look_at(path.read_bytes(), look)
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: {one_line(error)}; name an image file") from None
    if (bands, height, width) != space.shape:
        raise UserError(
            f"{path}: {width} x {height} pixels in {bands} channels; the discriminator looks at "
            f"{space.width} x {space.height} in {space.channels}"
        )
    return fitted


def _names(images: Sequence[Path]) -> list[str]:
    """A name for each file that is written: the image's own, with a number in front where two are equal."""
    stems = [path.stem for path in images]
    alike = {stem for stem in stems if stems.count(stem) > 1} | {Path(LESSON).stem}
    return [f"{place}-{stem}" if stem in alike else stem for place, stem in enumerate(stems, start=1)]
