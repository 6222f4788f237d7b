"""Restoring clips: the U-Net of images, frame by frame, beside the discriminator of frames and clips."""

RECIPE = {
    "model.name": "unet",
    "model.discriminator": "mocogan",
    "model.latent": 16,
    "objective.penalty_weight": 0.4,
    "objective.pixel_weight": 10.0,
    "train.images": 8_000,
    "train.batch": 32,
    "train.lr_generator": 0.001,
    "train.lr_discriminator": 0.001,
    "train.ema_ramp": 0.05,
    "train.precision": "auto",
    "train.log_every": 320,
    "train.sample_every": 2_000,
    "train.evaluate_every": 2_000,
    "train.checkpoint_every": 4_000,
}
