"""Classes from few labels: DCGAN's players, the objective of Salimans et al. (2016), a length of minutes on a CPU."""

RECIPE = {
    "model.name": "dcgan",
    "model.latent": 64,
    "model.width": 16,
    "objective.loss": "non_saturating",
    "objective.penalty": "none",
    "objective.penalty_weight": None,
    "objective.penalty_weight_end": None,
    "objective.d_steps": 1,
    "train.images": 80_000,
    "train.batch": 64,
    "train.lr_generator": 0.002,
    "train.lr_discriminator": 0.002,
    "train.lr_end": 0.1,
    "train.beta1": 0.5,
    "train.beta2": 0.999,
    "train.beta2_end": None,
    "train.log_every": 3_200,
    "train.sample_every": 16_000,
    "train.evaluate_every": 16_000,
    "train.checkpoint_every": 32_000,
}
