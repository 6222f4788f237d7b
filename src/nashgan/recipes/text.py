"""Text: a long short-term memory that learns by likelihood and by the answers of a convolutional D with R1 + R2."""

RECIPE = {
    "model.name": "seqgan",
    "model.latent": 384,
    "model.width": 32,
    "objective.loss": "non_saturating",
    "objective.penalty": "r1_r2",
    "objective.penalty_weight": 0.005,
    "objective.penalty_weight_end": None,
    "objective.d_steps": 1,
    "train.images": 200_000,
    "train.batch": 64,
    "train.lr_generator": 0.003,
    "train.lr_discriminator": 0.003,
    "train.lr_end": 0.1,
    "train.beta1": 0.0,
    "train.beta2": 0.99,
    "train.precision": "fp32",
    "train.log_every": 6_400,
    "train.sample_every": 50_000,
    "train.evaluate_every": 50_000,
    "train.checkpoint_every": 100_000,
}
