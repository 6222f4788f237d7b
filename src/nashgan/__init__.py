"""nashgan: experiments with generative adversarial networks that can be repeated and compared."""
