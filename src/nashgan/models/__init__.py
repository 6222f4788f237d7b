"""Networks of the players: one family a file.

Imported from here: the registries, the only lists of models and discriminators, and the modules beside them. How a
network learns does not belong here (games), nor what it minimises (objectives).
"""

from dataclasses import dataclass

from nashgan.runtime.registered import Registered
from nashgan.spaces import SPACES, Layout

ANY: tuple[Layout, ...] = ("image", "vector", "sequence", "video")
CONVOLUTIONAL = 16, 256  # pixels a side, at least and at most, that the convolutional families are made for


@dataclass(frozen=True)
class Model(Registered):
    """A generator, built from (space, latent, width, classes), with facts that are known without importing it."""

    game: str = "adversarial"  # how it learns: a name in nashgan.games.GAMES
    discriminator: str | None = None  # what `auto` stands for; None: it learns without a discriminator
    knows_classes: bool = True  # whether it can be told the class to draw
    layouts: tuple[Layout, ...] = ("image",)  # of the examples that it can draw
    space: str | None = None  # the only space, by name, whose examples it can draw; None: any with these layouts
    sides: tuple[int, int] | None = None  # of the images, at least and at most; None: any
    restores: bool = False  # it is given a degraded image, besides its latent vector
    translates: bool = False  # it is given an image of another dataset

    @property
    def draws(self) -> bool:
        """Whether it makes images of latent vectors and classes alone."""
        return not (self.restores or self.translates)

    def makes(self, space: str) -> bool:
        """Whether it can draw examples of the space of this name."""
        return SPACES[space].layout in self.layouts and self.space in (None, space)


@dataclass(frozen=True)
class Discriminator(Registered):
    """A discriminator, built from (space, width, classes), with facts that are known without importing it."""

    mixes_examples: bool = False  # it has batch norm: an example's logit depends on the other examples of the batch
    layouts: tuple[Layout, ...] = ("image",)  # of the examples that it can judge
    sides: tuple[int, int] | None = None  # of the images, at least and at most; None: any
    starts_at_zero: bool = False  # some layers are zero at the start, so a spectral norm cannot divide by them


MODELS = {
    "mlp": Model("nashgan.models.mlp:Generator", discriminator="mlp", layouts=ANY),
    "dcgan": Model("nashgan.models.dcgan:Generator", discriminator="dcgan", sides=CONVOLUTIONAL),
    "dense": Model("nashgan.models.dense:Generator", discriminator="dense", layouts=("vector", "sequence")),
    "conv1d": Model("nashgan.models.conv1d:Generator", discriminator="conv1d", layouts=("sequence",)),
    "lstm": Model("nashgan.models.recurrent:LSTMGenerator", discriminator="lstm", layouts=("sequence",)),
    "gru": Model("nashgan.models.recurrent:GRUGenerator", discriminator="gru", layouts=("sequence",)),
    "r3gan": Model("nashgan.models.r3gan:Generator", discriminator="r3gan", sides=CONVOLUTIONAL),
    "r3gan_paper": Model("nashgan.models.r3gan_paper:Generator", discriminator="r3gan_paper", sides=CONVOLUTIONAL),
    "residual1d": Model("nashgan.models.residual1d:Generator", discriminator="residual1d", layouts=("sequence",)),
    "gumbel": Model("nashgan.models.gumbel:Generator", discriminator="pyramid1d", layouts=("sequence",), space="text"),
    "seqgan": Model(
        "nashgan.models.seqgan:Generator",
        game="policy_gradient",
        discriminator="pyramid1d",
        knows_classes=False,
        layouts=("sequence",),
        space="text",
    ),
    "sprites": Model("nashgan.models.sprites:Generator", discriminator="sprites", layouts=("video",)),
    "mocogan": Model("nashgan.models.mocogan:Generator", discriminator="mocogan", layouts=("video",)),
    "unet": Model(
        "nashgan.models.unet:Generator",
        discriminator="r3gan",
        knows_classes=False,
        layouts=("image", "video"),
        sides=CONVOLUTIONAL,
        restores=True,
    ),
    "unet_regression": Model(
        "nashgan.models.unet:Generator",
        game="regression",
        knows_classes=False,
        layouts=("image", "video"),
        sides=CONVOLUTIONAL,
        restores=True,
    ),
    "unet_cycle": Model(
        "nashgan.models.unet:LightGenerator",
        game="cycle",
        discriminator="r3gan",
        knows_classes=False,
        sides=CONVOLUTIONAL,
        translates=True,
    ),
    "vae": Model("nashgan.models.vae:Decoder", game="vae", sides=CONVOLUTIONAL),
    "vae_gan": Model("nashgan.models.vae:Decoder", game="vae_gan", discriminator="conv", sides=CONVOLUTIONAL),
    "gaussian": Model("nashgan.models.gaussian:Generator", game="gaussian", knows_classes=False),
}

DISCRIMINATORS = {
    "mlp": Discriminator("nashgan.models.mlp:Discriminator", layouts=ANY),
    "dcgan": Discriminator("nashgan.models.dcgan:Discriminator", mixes_examples=True, sides=CONVOLUTIONAL),
    "conv": Discriminator("nashgan.models.conv:Discriminator", sides=CONVOLUTIONAL),
    "pool": Discriminator("nashgan.models.pool:Discriminator", mixes_examples=True, sides=CONVOLUTIONAL),
    "lstm": Discriminator("nashgan.models.recurrent:LSTM", layouts=("image", "sequence")),
    "gru": Discriminator("nashgan.models.recurrent:GRU", layouts=("image", "sequence")),
    "dense": Discriminator("nashgan.models.dense:Discriminator", layouts=("vector", "sequence")),
    "conv1d": Discriminator("nashgan.models.conv1d:Discriminator", layouts=("sequence",)),
    "r3gan": Discriminator("nashgan.models.r3gan:Discriminator", starts_at_zero=True, sides=CONVOLUTIONAL),
    "r3gan_paper": Discriminator("nashgan.models.r3gan_paper:Discriminator", starts_at_zero=True, sides=CONVOLUTIONAL),
    "residual1d": Discriminator("nashgan.models.residual1d:Discriminator", layouts=("sequence",)),
    "pyramid1d": Discriminator("nashgan.models.residual1d:Pyramid", layouts=("sequence",)),
    "sprites": Discriminator("nashgan.models.sprites:Discriminator", layouts=("video",), starts_at_zero=True),
    "mocogan": Discriminator("nashgan.models.mocogan:Discriminator", layouts=("video",), starts_at_zero=True),
}
