"""Series: a fully connected generator, a convolutional discriminator and the game of R3GAN, in float32."""

RECIPE = {
    "model.name": "dense",
    "model.discriminator": "conv1d",
    "model.latent": 16,
    "model.width": 16,
    "objective.loss": "rpgan",
    "objective.penalty": "r1_r2",
    "objective.d_steps": 1,
    "train.images": 1_000_000,
    "train.batch": 128,
    "train.lr_generator": 0.001,
    "train.lr_discriminator": 0.001,
    "train.lr_end": 0.01,
    "train.beta1": 0.0,
    "train.beta2": 0.99,
    "train.precision": "fp32",
    "train.log_every": 20_000,
    "train.sample_every": 200_000,
    "train.evaluate_every": 100_000,
    "train.checkpoint_every": 250_000,
}
