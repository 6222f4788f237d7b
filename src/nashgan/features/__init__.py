"""Networks that turn examples into features: Inception, the pipeline's own classifier, a discriminator's logits.

Imported from here: all modules; `network.FeatureNetwork` is what the evaluation works with. How features are compared
does not belong here (metrics).
"""
