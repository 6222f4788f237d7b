"""What the players minimise: pure functions on logits. The registry below is all that names a loss."""

LOSSES = {
    "non_saturating": "nashgan.objectives.losses:NON_SATURATING",
    "minimax": "nashgan.objectives.losses:MINIMAX",
    "bce_mse": "nashgan.objectives.losses:BCE_MSE",
}
