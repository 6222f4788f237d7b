"""Points: fully connected players and the game of R3GAN. In float32, because bfloat16 has three digits only.

The penalty is strong at the start, so that the points spread over all modes, and weak at the end, so that each mode
becomes as narrow as it is: a discriminator whose slope is penalised cannot see a narrow mode's edge.
"""

RECIPE = {
    "model.name": "dense",
    "model.latent": 16,
    "model.width": 16,
    "objective.loss": "rpgan",
    "objective.penalty": "r1_r2",
    "objective.penalty_weight": 0.3,
    "objective.penalty_weight_end": 0.0005,
    "objective.d_steps": 1,
    "train.images": 4_000_000,
    "train.batch": 256,
    "train.lr_generator": 0.001,
    "train.lr_discriminator": 0.001,
    "train.lr_end": 0.1,
    "train.beta1": 0.0,
    "train.beta2": 0.99,
    "train.precision": "fp32",
    "train.log_every": 40_000,
    "train.sample_every": 400_000,
    "train.evaluate_every": 400_000,
    "train.checkpoint_every": 1_000_000,
}
