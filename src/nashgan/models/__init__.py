"""The players. The registries below are all that names a model; a class is imported when it is asked for."""

GENERATORS = {  # that learn with a discriminator
    "mlp": "nashgan.models.mlp:Generator",
    "dcgan": "nashgan.models.dcgan:Generator",
    "r3gan": "nashgan.models.r3gan:Generator",
}

NOT_ADVERSARIAL = {  # that learn without one
    "vae": "nashgan.models.vae:Decoder",
    "gaussian": "nashgan.models.gaussian:Generator",
}

KNOW_NO_CLASSES = {"gaussian"}  # every other model can be told the class to draw

DISCRIMINATORS = {
    "mlp": "nashgan.models.mlp:Discriminator",
    "dcgan": "nashgan.models.dcgan:Discriminator",
    "conv": "nashgan.models.conv:Discriminator",
    "pool": "nashgan.models.pool:Discriminator",
    "lstm": "nashgan.models.recurrent:LSTM",
    "gru": "nashgan.models.recurrent:GRU",
    "r3gan": "nashgan.models.r3gan:Discriminator",
}

PARTNERS = {"mlp": "mlp", "dcgan": "dcgan", "r3gan": "r3gan"}  # the discriminator that "auto" stands for
