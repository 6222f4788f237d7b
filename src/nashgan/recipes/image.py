"""Images: R3GAN's players and game (Huang et al., 2024), in a size that 2 CPU cores train in minutes."""

RECIPE = {
    "model.name": "r3gan",
    "model.latent": 64,
    "model.width": 64,
    "objective.loss": "rpgan",
    "objective.penalty": "r1_r2",
    "objective.penalty_weight": None,
    "objective.penalty_weight_end": None,
    "objective.penalty_share": 0.25,  # docs/quality.md has what this brings
    "objective.d_steps": 1,
    "train.images": 160_000,
    "train.batch": 64,
    "train.lr_generator": 0.002,
    "train.lr_discriminator": 0.002,
    "train.lr_end": 0.1,
    "train.beta1": 0.0,
    "train.beta2": 0.99,
    "train.log_every": 3_200,
    "train.sample_every": 16_000,
    "train.evaluate_every": 16_000,
    "train.checkpoint_every": 32_000,
}
