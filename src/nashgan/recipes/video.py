"""Video: sprites over a background, a discriminator of frames and of clips, the game of R3GAN."""

RECIPE = {
    "classifier.images": 400_000,  # frames
    "model.name": "sprites",
    "model.latent": 48,
    "model.width": 16,
    "objective.loss": "rpgan",
    "objective.penalty": "r1_r2",
    "objective.penalty_weight": 1.0,
    "objective.penalty_weight_end": None,
    "objective.penalty_share": 0.25,
    "objective.d_steps": 1,
    "train.images": 44_000,
    "train.batch": 16,
    "train.lr_generator": 0.002,
    "train.lr_discriminator": 0.002,
    "train.lr_end": 1.0,  # falling rates end the oscillation of the game, and with it what the average gains
    "train.beta1": 0.0,
    "train.beta2": 0.99,
    "train.ema_ramp": 0.15,
    "train.precision": "fp32",  # networks so small gain nothing from bf16
    "train.log_every": 1_600,
    "train.sample_every": 11_000,
    "train.evaluate_every": 11_000,
    "train.checkpoint_every": 22_000,
}
