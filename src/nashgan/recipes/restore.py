"""Restoring images: a U-Net beside R3GAN's discriminator, and the distance from the true image."""

RECIPE = {
    "model.name": "unet",
    "model.latent": 16,
    "model.width": 48,
    "objective.penalty_share": 1.0,
    "objective.pixel_weight": 5.0,
    "train.images": 68_000,
}
