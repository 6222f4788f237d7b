"""Translating images: two U-Nets beside two of R3GAN's discriminators, and the image that comes back."""

RECIPE = {
    "model.name": "unet_cycle",
    "model.latent": 16,
    "model.width": 16,
    "objective.penalty_share": 1.0,
    "objective.pixel_weight": 10.0,
    "train.images": 16_000,
    "train.batch": 32,
}
