"""What the program of R3GAN's authors schedules (Huang et al., 2024, train.py), and what is taken from it.

| preset | γ | β2 | learning rate | half-life of the average | augmentation | over |
|---|---|---|---|---|---|---|
| CIFAR-10 (32 px) | 0.05 → 0.005 | 0.9 → 0.99 | 2e-4 → 5e-5 | 0 → 5M images | 0 → 0.55 | 20M images |
| FFHQ-64 | 2 → 0.2 | 0.9 → 0.99 | 2e-4 → 5e-5 | 0 → 500k images | 0 → 0.3 | 20M images |
| FFHQ-256 | 150 → 15 | 0.9 → 0.99 | 2e-4 → 5e-5 | 0 → 500k images | 0 → 0.3 | 20M images |

All fall or rise along half a cosine. Taken are γ and β2 of the two larger presets. The rates, the length and the
half-life of the recipe are for trainings of minutes with smaller networks. Below 64 pixels, the recipe's γ of 1 and β2
of 0.99 were chosen on digits; the authors' values for CIFAR-10 were not tried there.
"""

_ALIKE = {"objective.penalty_share": 1.0, "train.beta2": 0.9, "train.beta2_end": 0.99}
FFHQ64 = {"objective.penalty_weight": 2.0, "objective.penalty_weight_end": 0.2, **_ALIKE}
FFHQ256 = {"objective.penalty_weight": 150.0, "objective.penalty_weight_end": 15.0, **_ALIKE}
