"""What the players minimise. The registries below are all that names a loss or a penalty."""

LOSSES = {
    "non_saturating": "nashgan.objectives.losses:NON_SATURATING",
    "minimax": "nashgan.objectives.losses:MINIMAX",
    "bce_mse": "nashgan.objectives.losses:BCE_MSE",
    "lsgan": "nashgan.objectives.losses:LSGAN",
    "wgan": "nashgan.objectives.losses:WGAN",
    "hinge": "nashgan.objectives.losses:HINGE",
    "rpgan": "nashgan.objectives.losses:RPGAN",
}

PENALTIES = {  # what keeps D in bounds; "none" stands for nothing
    "clip": "nashgan.objectives.penalties:CLIP",
    "wgan_gp": "nashgan.objectives.penalties:WGAN_GP",
    "dragan": "nashgan.objectives.penalties:DRAGAN",
    "r1": "nashgan.objectives.penalties:R1",
    "r2": "nashgan.objectives.penalties:R2",
    "r1_r2": "nashgan.objectives.penalties:R1_R2",
    "spectral": "nashgan.objectives.penalties:SPECTRAL",
}
