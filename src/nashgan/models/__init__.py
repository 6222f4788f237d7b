"""The players. The registries below are all that names a model; a class is imported when it is asked for."""

GENERATORS = {
    "mlp": "nashgan.models.mlp:Generator",
    "dcgan": "nashgan.models.dcgan:Generator",
}

DISCRIMINATORS = {
    "mlp": "nashgan.models.mlp:Discriminator",
    "dcgan": "nashgan.models.dcgan:Discriminator",
}
