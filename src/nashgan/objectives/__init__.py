"""What the players minimise: losses and penalties, pure functions on logits and gradients. Augmentations of images.

Imported from here: the registries, the only lists of losses, penalties and augmentations, and the modules beside them.
Networks and optimizers do not belong here.
"""

from dataclasses import dataclass

from nashgan.runtime.registered import Registered


@dataclass(frozen=True)
class LossEntry(Registered):
    """A loss, with facts that are known without importing it."""

    needs_bounded_slope: bool = False  # without a limit on the discriminator's slope it has no lower bound
    symmetric: bool = True  # it stays the same if all logits change sign and real and fake change places


@dataclass(frozen=True)
class PenaltyEntry(Registered):
    """A penalty, with facts that are known without importing it."""

    of_each_example: bool = False  # it needs the gradient of each example's own logit
    clips_weights: bool = False
    divides_weights: bool = False  # it divides each layer's weights by their largest singular value


LOSSES = {
    "non_saturating": LossEntry("nashgan.objectives.losses:NON_SATURATING"),
    "minimax": LossEntry("nashgan.objectives.losses:MINIMAX"),
    "bce_mse": LossEntry("nashgan.objectives.losses:BCE_MSE"),
    "lsgan": LossEntry("nashgan.objectives.losses:LSGAN", symmetric=False),
    "wgan": LossEntry("nashgan.objectives.losses:WGAN", needs_bounded_slope=True),
    "hinge": LossEntry("nashgan.objectives.losses:HINGE"),
    "rpgan": LossEntry("nashgan.objectives.losses:RPGAN"),
}

PENALTIES = {  # they limit D's slope or its weights; the name "none" means no penalty
    "clip": PenaltyEntry("nashgan.objectives.penalties:CLIP", clips_weights=True),
    "wgan_gp": PenaltyEntry("nashgan.objectives.penalties:WGAN_GP", of_each_example=True),
    "dragan": PenaltyEntry("nashgan.objectives.penalties:DRAGAN", of_each_example=True),
    "r1": PenaltyEntry("nashgan.objectives.penalties:R1", of_each_example=True),
    "r2": PenaltyEntry("nashgan.objectives.penalties:R2", of_each_example=True),
    "r1_r2": PenaltyEntry("nashgan.objectives.penalties:R1_R2", of_each_example=True),
    "spectral": PenaltyEntry("nashgan.objectives.penalties:SPECTRAL", divides_weights=True),
}

AUGMENTATIONS = {  # in the order in which they are applied: pixels that are filled in are not recoloured
    "flip": Registered("nashgan.objectives.augmentations:flip"),
    "rotate90": Registered("nashgan.objectives.augmentations:rotate90"),
    "colour": Registered("nashgan.objectives.augmentations:colour"),
    "translation": Registered("nashgan.objectives.augmentations:translation"),
    "geometry": Registered("nashgan.objectives.augmentations:geometry"),
    "cutout": Registered("nashgan.objectives.augmentations:cutout"),
}
