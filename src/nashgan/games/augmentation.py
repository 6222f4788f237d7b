"""What D sees in place of an image, real or generated: the image, changed at random.

D's loss, its penalty and G's loss are of the changed images. The generator's own images are never changed. A gradient
penalty is on the gradient in the changed image. StyleGAN2-ADA and R3GAN take the one in the image before the change.

With the probability `adaptive` it is moved by how much D overfits, as in Karras et al., "Training generative
adversarial networks with limited data", 2020, section 3.1 (ADA). Their measure is r_t = E[sign D(x)] over real images.
It needs a logit at which D is undecided. Relativistic losses and the Wasserstein distance have none: a constant added
to all logits changes nothing. There the sign of D(x) - m is taken, with m = (E D(x) + E D(G(z))) / 2 of the batch. It
does not change with such a constant either. For a D that is undecided at 0 and answers both kinds alike, m is 0, so the
target keeps its meaning. The paper's other measure, r_v, would be valid, too; but it compares with validation images,
on which then the training would depend, and which are few where augmentation is needed.
"""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from nashgan.games.curves import Curve
from nashgan.objectives import AUGMENTATIONS
from nashgan.objectives.params import ObjectiveParams, augmentations
from nashgan.runtime.randomness import derive_seed

EVERY = 4  # steps between two changes of the probability (ADA, section 3.1)
HIGHEST = 0.8  # of an adaptive probability: above, G may draw augmented images (ADA, section 2.2)
MEASURES = ("augment_p", "real_sign")  # of an adaptive probability

CURVES = (
    Curve(
        "Probability of an augmentation",
        {"augment_p": ("p", "n")},
        "it rises while D overfits, and then settles. 0.8 is the highest value. If it is reached, D still "
        "overfits, and more training images would help.",
        span=(0, 1),
    ),
    Curve(
        "Sign of D’s answers to real images",
        {"real_sign": ("real", "d")},
        "it stays below objective.augment_target. Above this value the probability rises. Near 1, D tells almost all "
        "real images from generated ones. With few training images this may mean that D has memorised them.",
        span=(-1, 1),
    ),
)


class Augmentation(nn.Module):
    """Changes images, each with probability `p` for each kind; what changes `p` is part of the module's state."""

    p: Tensor
    signs: Tensor  # the sum of the mean signs since `p` was changed

    def __init__(self, objective: ObjectiveParams, seed: int, device: torch.device, shards: int = 1) -> None:
        super().__init__()
        self.changes = [AUGMENTATIONS[name].load() for name in augmentations(objective.augment)]
        self.adaptive = objective.augment_p == "adaptive"
        self.target, self.speed = objective.augment_target, objective.augment_speed
        self.seed = seed
        start = 0.0 if objective.augment_p == "adaptive" else objective.augment_p
        self.register_buffer("p", torch.tensor(start, device=device))
        self.register_buffer("signs", torch.zeros((), device=device))
        self.random = torch.Generator(device=device)
        self.shards = shards
        self.answers: list[Tensor] = []  # mean signs of D's answers to real images, in the moves of a step

    @property
    def measures(self) -> tuple[str, ...]:
        """The columns of the history: none for a probability that stays the same."""
        return MEASURES if self.adaptive else ()

    def begin(self, seen: int) -> None:
        """Begin a step. Its random numbers depend only on the seed and on the images seen."""
        self.answers.clear()
        self.random.manual_seed(derive_seed(self.seed, "augment", seen))

    def forward(self, images: Float[Tensor, "n c h w"]) -> Float[Tensor, "n c h w"]:
        """The images as D is to see them, in float32."""
        with torch.autocast(images.device.type, enabled=False):
            if self.shards > 1:  # a shard has random numbers of its own
                self.random.manual_seed(int(torch.randint(2**62, ())))
            images = images.float()
            for change in self.changes:
                images = change(images, self.p, self.random)
            return images

    def watch(self, sign: Float[Tensor, ""]) -> None:
        """Remember the mean sign of D's answers in one of its moves."""
        self.answers.append(sign)

    @torch.no_grad()
    def move(self, step: int, images: int) -> Float[Tensor, " measures"]:
        """After the `step`-th step, over `images` images: change `p` in every `EVERY`-th. Returns the measures."""
        if not self.adaptive:
            return self.p.new_zeros(0)
        mean = torch.stack(self.answers).mean()
        self.signs += mean
        if step % EVERY == EVERY - 1:
            self.p += (self.signs / EVERY - self.target).sign() * (EVERY * images / self.speed)
            self.p.clamp_(0, HIGHEST)
            self.signs.zero_()
        return torch.stack([self.p, mean])


def mean_sign(real: Float[Tensor, " n"], fake: Float[Tensor, " m"], boundary: float | None = None) -> Float[Tensor, ""]:
    """E[sign(D(x) - boundary)]: 0 where D tells nothing apart, 1 where it knows every real image.

    Without a boundary, the middle between the mean logits of real and of fake images is taken.
    """
    middle = (real.mean() + fake.mean()) / 2 if boundary is None else boundary
    return (real - middle).sign().mean()
