"""Networks that turn examples into features: Inception, the pipeline's own classifier, a discriminator's logits.

Imported from here: the registry of the networks that are used only where the user has weights for them, and all
modules; `network.FeatureNetwork` is what the evaluation works with. How features are compared does not belong here
(metrics).
"""

from nashgan.runtime.registered import Registered

WITH_WEIGHTS = {  # by the name of the parameter: each a function of the weights' path and the device
    "dinov2": Registered("nashgan.features.dinov2:load"),
    "clip": Registered("nashgan.features.clip:load"),
}
