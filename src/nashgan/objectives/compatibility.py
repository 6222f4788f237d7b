"""Which loss, penalty and discriminator make sense together. Names only: params.yaml is checked without torch."""

GRADIENT_PENALTIES = frozenset({"wgan_gp", "dragan", "r1", "r2", "r1_r2"})
BATCH_NORM = frozenset({"dcgan", "pool"})  # discriminators that have it; a test compares this with the modules
ZERO_START = frozenset({"r3gan"})  # discriminators some of whose layers start as zero


def check_pair(loss: str, penalty: str, discriminator: str) -> None:
    """Raise ValueError, with a sentence that says why, for a senseless combination; an unusual one passes."""
    if penalty in GRADIENT_PENALTIES and discriminator in BATCH_NORM:
        raise ValueError(
            f"penalty {penalty!r} is of each image's own gradient, which the batch norm of discriminator "
            f"{discriminator!r} mixes with the other images'; choose discriminator 'conv' or penalty 'none'"
        )
    if penalty == "clip" and loss != "wgan":
        raise ValueError(
            f"penalty 'clip' bounds the slope that loss 'wgan' needs bounded; with loss {loss!r} it only weakens "
            "the discriminator; choose loss 'wgan' or another penalty"
        )
    if loss == "wgan" and penalty == "none":
        raise ValueError(
            "loss 'wgan' has no lower bound for a discriminator of any slope; "
            "choose penalty 'wgan_gp', 'clip' or 'spectral'"
        )
    if loss == "wgan" and penalty == "spectral" and discriminator in BATCH_NORM:
        raise ValueError(
            f"penalty 'spectral' bounds the slope of each layer for loss 'wgan', and the batch norm of discriminator "
            f"{discriminator!r} scales it up again; choose discriminator 'conv'"
        )
    if penalty == "spectral" and discriminator in ZERO_START:
        raise ValueError(
            f"penalty 'spectral' divides by a layer's largest singular value, which is zero for the residual blocks "
            f"of discriminator {discriminator!r} at the start; choose discriminator 'conv' or penalty 'r1_r2'"
        )
