"""Directions in latent space along which the examples of a generator change the most.

After Härkönen et al., 2020, "GANSpace: discovering interpretable GAN controls", section 2.2, who find principal
components of a layer and then, by regression, the latent vectors that move along them. What differs: the layer is the
output, as `to_vectors` of the space looks at it, so that it fits every generator.
"""

import numpy as np
from jaxtyping import Float, Int64

EXPLAINED = 0.05  # the least share of a component's variance that z must explain, linearly
RELATIVE = 1e-6  # to the largest component: smaller ones are rounding


def latent_directions(
    z: Float[np.ndarray, "n latent"],
    vectors: Float[np.ndarray, "n d"],
    count: int,
    labels: Int64[np.ndarray, " n"] | None = None,
) -> Float[np.ndarray, "k latent"]:
    """Unit vectors in latent space, that of the largest change first; at most `count`.

    `vectors` are the examples of `z`. The mean of a class is taken away first, so that no direction is a class. A
    component that z does not explain has no direction; it is left out.
    """
    centred = vectors - vectors.mean(0)
    for label in np.unique(labels) if labels is not None else ():
        centred[labels == label] -= centred[labels == label].mean(0)
    components, sizes, _ = np.linalg.svd(centred.astype(np.float64), full_matrices=False)
    along = components[:, sizes > RELATIVE * sizes.max(initial=0)]
    slopes, *_ = np.linalg.lstsq(z.astype(np.float64), along, rcond=None)
    explained = 1 - ((along - z @ slopes) ** 2).sum(0)  # a component has the length 1
    chosen = slopes[:, explained >= EXPLAINED][:, :count]
    found: Float[np.ndarray, "k latent"] = (chosen / np.linalg.norm(chosen, axis=0)).T
    return found
