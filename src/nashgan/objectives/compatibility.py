"""Which loss, penalty and discriminator can be combined. Only the registries are read, so torch is not imported."""

from collections.abc import Mapping

from nashgan.models import DISCRIMINATORS, MODELS
from nashgan.objectives import LOSSES, PENALTIES, PenaltyEntry
from nashgan.spaces import SPACES, Layout


def check_layout(dataset: str, space: str, model: str, discriminator: str | None) -> None:
    """Raise ValueError where a player cannot draw, or judge, the examples of a dataset; it names players that can.

    `space` is the name of the examples' space.
    """
    if not MODELS[model].makes(space):
        able = ", ".join(name for name, entry in MODELS.items() if entry.makes(space))
        raise ValueError(f"model {model!r} does not draw what dataset {dataset!r} has; choose auto, {able}")
    layout = SPACES[space].layout
    if discriminator is not None and layout not in DISCRIMINATORS[discriminator].layouts:
        able = ", ".join(name for name, entry in DISCRIMINATORS.items() if layout in entry.layouts)
        raise ValueError(
            f"discriminator {discriminator!r} does not look at what dataset {dataset!r} has; choose auto, {able}"
        )


def check_sides(height: int, width: int, model: str, discriminator: str | None) -> None:
    """Raise ValueError where a player is not made for images, or frames, of this size."""
    players = {f"model {model!r}": MODELS[model].sides}
    if discriminator is not None:
        players[f"discriminator {discriminator!r}"] = DISCRIMINATORS[discriminator].sides
    for player, sides in players.items():
        if sides and not (sides[0] <= min(height, width) and max(height, width) <= sides[1]):
            raise ValueError(
                f"image_size: {player} is made for sides of {sides[0]} to {sides[1]} pixels, not for {width} × {height}"
            )


def check_given(given: str | None, other: str | None, layout: Layout, model: str, pixel_weight: float) -> None:
    """Raise ValueError where images are to be restored or translated and a model is not made for it, or vice versa."""
    entry = MODELS[model]
    if entry.restores and given is None:
        raise ValueError(f"model: {model!r} restores images; set data.given, or model.name: auto")
    if entry.translates and other is None:
        raise ValueError(f"model: {model!r} translates images; set data.other, or model.name: auto")
    if given is None and other is None and pixel_weight:
        raise ValueError(
            "objective.pixel_weight: without data.given or data.other there is no image to stay close to; set it to 0 "
            "or auto"
        )
    if given is not None and layout not in ("image", "video"):
        raise ValueError("data.given: only images and clips are restored; set it to null")
    if given is not None and not entry.restores:
        able = ", ".join(name for name, one in MODELS.items() if one.restores)
        raise ValueError(f"model: {model!r} is not given images; choose auto, {able}, or data.given: null")
    if other is not None and not entry.translates:
        able = ", ".join(name for name, one in MODELS.items() if one.translates)
        raise ValueError(f"model: {model!r} does not translate images; choose auto, {able}, or data.other: null")


def check_one_question(asked: Mapping[str, object]) -> None:
    """Raise ValueError where more than one of `asked` is set.

    These are the parameters, by name, that ask a training for more than samples: to restore, to translate, an encoder,
    or classes from few labels.
    """
    named = [name for name, value in asked.items() if value not in (None, "none")]
    if len(named) > 1:
        raise ValueError(f"{' and '.join(named)}: a training answers one question; set the others to null or none")


def check_encoder(encoder: str, dataset: str, layout: Layout, model: str, loss: str) -> None:
    """Raise ValueError where an encoder cannot learn: from other examples than images, or in this game."""
    if encoder == "none":
        return
    if MODELS[model].game != "adversarial":
        raise ValueError(f"model {model!r} learns by a game of its own, which an encoder cannot join; set none")
    if layout != "image":
        raise ValueError(f"an encoder is for images, which dataset {dataset!r} does not have; set none")
    if encoder == "adversarial" and not LOSSES[loss].symmetric:
        able = ", ".join(name for name, entry in LOSSES.items() if entry.symmetric)
        raise ValueError(
            f"an encoder in the game needs a loss that is symmetric about a logit of 0, and {loss!r} is not; "
            f"choose inverse, or a loss of {able}"
        )


def check_few_labels(dataset: str, layout: Layout, model: str, loss: str, conditional: bool | str) -> None:
    """Raise ValueError where a discriminator cannot learn classes from a few labels, with the reason and a way out."""
    if MODELS[model].game != "adversarial":
        raise ValueError(
            f"labelled: model {model!r} learns by a game of its own, in which D names no classes; choose auto or dcgan"
        )
    if layout != "image":
        raise ValueError(f"labelled: classes are learned from images, dataset {dataset!r} has none; set it to null")
    if loss != "non_saturating":
        raise ValueError(
            f"labelled: with K + 1 answers the discriminator's loss is a cross-entropy, so loss {loss!r} does not fit; "
            "choose auto or 'non_saturating'"
        )
    if conditional is True:
        raise ValueError(
            "labelled: model.conditional tells the players the classes of all images; set it to auto or false"
        )


def check_augment(augment: str, layout: Layout, game: str, augments: bool, given: bool) -> None:
    """Raise ValueError where images cannot be augmented: there are none, or D sees more than an image."""
    if augment == "none":
        return
    if layout != "image":
        raise ValueError("augment: only images are augmented; set it to none")
    if given:
        raise ValueError("augment: the given images would not be changed with the others; set it to none")
    if not augments:
        raise ValueError(f"augment: the game {game!r} cannot augment images; set it to none")


def check_pair(loss: str, penalty: str, discriminator: str) -> None:
    """Raise ValueError, with the reason and a way out, for a combination that cannot work. Others are allowed."""
    d = DISCRIMINATORS[discriminator]
    unbounded = LOSSES[loss].needs_bounded_slope
    bounds = PENALTIES.get(penalty, PenaltyEntry(""))
    if bounds.of_each_example and d.mixes_examples:
        raise ValueError(
            f"penalty {penalty!r} needs the gradient of each image alone, but the batch norm of discriminator "
            f"{discriminator!r} mixes the images of a batch; choose discriminator 'conv' or penalty 'none'"
        )
    if bounds.clips_weights and not unbounded:
        raise ValueError(
            f"penalty {penalty!r} is made for loss 'wgan', which needs a bounded slope; with loss {loss!r} it only "
            "weakens the discriminator; choose loss 'wgan' or another penalty"
        )
    if unbounded and penalty == "none":
        raise ValueError(
            f"loss {loss!r} has no lower bound when nothing limits the discriminator's slope; "
            "choose penalty 'wgan_gp', 'clip' or 'spectral'"
        )
    if unbounded and bounds.divides_weights and d.mixes_examples:
        raise ValueError(
            f"penalty {penalty!r} limits the slope of each layer for loss {loss!r}, but the batch norm of "
            f"discriminator {discriminator!r} scales it up again; choose discriminator 'conv'"
        )
    if bounds.divides_weights and d.starts_at_zero:
        raise ValueError(
            f"penalty {penalty!r} divides by a layer's largest singular value, which is zero at the start in residual "
            f"blocks of discriminator {discriminator!r}; choose discriminator 'conv' or penalty 'r1_r2'"
        )
