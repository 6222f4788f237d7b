"""Which loss, penalty and discriminator can be combined. Only the registries are read, so torch is not imported."""

from nashgan.models import DISCRIMINATORS
from nashgan.objectives import LOSSES, PENALTIES, PenaltyEntry


def check_pair(loss: str, penalty: str, discriminator: str) -> None:
    """Raise ValueError, with the reason and a way out, for a combination that cannot work. Unusual ones are allowed."""
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
