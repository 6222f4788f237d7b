"""The two players of a GAN and their moves."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.optim import Adam, Optimizer

from nashgan.games.augmentation import CURVES as AUGMENTATION_CURVES
from nashgan.games.augmentation import Augmentation
from nashgan.games.batches import Batches
from nashgan.games.curves import MEMORY, SPEED, Curve, Fact
from nashgan.games.game import GameParams
from nashgan.games.optimisation import annealed, descend
from nashgan.games.running_average import Average
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.objectives import LOSSES, PENALTIES
from nashgan.objectives.losses import Loss, PairedLoss
from nashgan.objectives.penalties import GradientPenalty, Reparametrisation, WeightConstraint
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed

Examples = Float[Tensor, "n ..."]
Given = Shaped[Tensor, "n ..."] | None  # beside z: classes, or degraded images
Penalty = GradientPenalty | WeightConstraint | Reparametrisation | None


LOSS_CURVE, PROBABILITY_CURVE, GRADIENT_CURVE = (
    Curve(
        "Losses",
        {"d_loss": ("discriminator", "d"), "g_loss": ("generator", "g")},
        "both stay within a band. If the discriminator's loss falls to zero, it has won, and the generator stops "
        "learning. The level of a loss says little about the quality of the images.",
    ),
    Curve(
        "D(x) and D(G(z))",
        {"d_real": ("real", "d"), "d_fake": ("generated", "g")},
        "the two curves stay away from 1 and 0 and approach the dashed line. There the discriminator can no longer "
        "tell real images from generated ones.",
        span=(0, 1),
        guide=(0.5, "equilibrium ½"),
    ),
    Curve(
        "Gradient norms",
        {"grad_norm_d": ("discriminator", "d"), "grad_norm_g": ("generator", "g")},
        "they stay within a factor of about ten. A rise over several powers of ten is an explosion. A fall towards "
        "zero means that the player no longer learns.",
        log=True,
    ),
)

CRITIC_CURVE = Curve(  # of a loss whose D gives no probabilities
    "Sigmoid of D’s scores",
    {"d_real": ("real", "d"), "d_fake": ("generated", "g")},
    "the two curves do not stay at 1 and 0. With this loss D gives scores, not probabilities, so their level has no "
    "meaning. At equilibrium the two curves meet, at any level.",
    span=(0, 1),
)


@dataclass
class AdversarialGame:
    """Generator, discriminator, the generator's running average, and how they learn."""

    in_one_step: ClassVar[bool] = False
    depends_on_length: ClassVar[bool] = False
    facts: ClassVar[tuple[Fact, ...]] = ()
    ignores: ClassVar[frozenset[str]] = frozenset({"model.beta", "model.gamma"})

    config: ModelConfig
    generator: nn.Module
    discriminator: nn.Module
    average: Average
    optimizer_g: Optimizer
    optimizer_d: Optimizer
    loss: Loss | PairedLoss
    penalty: Penalty
    penalty_weights: tuple[float, float]  # at the start and at the end of the training
    pixel_weight: float  # of the mean absolute difference: from the true image, or from the one that comes back
    images: int  # length of the training
    d_steps: int
    batch: int
    device: Device
    augmentation: Augmentation | None  # of what D sees

    @classmethod
    def create(cls, config: ModelConfig, game_params: GameParams, device: Device, split: int) -> "AdversarialGame":
        """New players; their weights are a function of ``train.seed``."""
        objective, train = game_params.objective, game_params.learning
        torch.manual_seed(derive_seed(train.seed, "weights"))
        g = build_generator(config)
        d = build_discriminator(config.model_copy(update={"name": game_params.model.discriminator_name}))
        penalty: Penalty = None if objective.penalty == "none" else PENALTIES[objective.penalty].load()
        weight = objective.penalty_weight
        if isinstance(penalty, Reparametrisation):
            penalty.apply(d)
        elif penalty and weight is None:
            weight = penalty.weight
        g, d = device.place(g), device.place(d)
        augment = objective.augment != "none"
        betas = (train.beta1, train.beta2)
        return cls(
            config=config,
            generator=g,
            discriminator=d,
            average=Average(g, train.ema_half_life),
            optimizer_g=Adam(g.parameters(), lr=train.lr_generator, betas=betas, fused=True),
            optimizer_d=Adam(d.parameters(), lr=train.lr_discriminator, betas=betas, fused=True),
            loss=LOSSES[objective.loss].load(),
            penalty=penalty,
            penalty_weights=(weight or 0.0, objective.penalty_weight_end or weight or 0.0),
            pixel_weight=objective.pixel_weight,
            images=train.images,
            d_steps=objective.d_steps,
            batch=train.batch,
            device=device,
            augmentation=Augmentation(objective, train.seed, device.torch) if augment else None,
        )

    @classmethod
    def objective(cls, loss: str) -> str:
        return loss

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        answers = PROBABILITY_CURVE if LOSSES[loss].load().gives_probabilities else CRITIC_CURVE
        return LOSS_CURVE, answers, GRADIENT_CURVE, *AUGMENTATION_CURVES, SPEED, MEMORY

    @property
    def measures(self) -> tuple[str, ...]:
        """Losses, mean probabilities of "real", the penalty, the gradients' norms, and those of the augmentation."""
        more = self.augmentation.measures if self.augmentation else ()
        return ("d_loss", "g_loss", "d_real", "d_fake", "penalty", "grad_norm_d", "grad_norm_g", *more)

    @property
    def indifferent_loss(self) -> float:
        """D's loss when it answers 0 to every image: 2 log 2 for the cross-entropy, 0 for a Wasserstein distance."""
        nothing = torch.zeros(1)
        return float(self.loss.discriminator(nothing, nothing))

    @property
    def step_images(self) -> int:
        """Real images that D sees before each move of G."""
        return self.batch * self.d_steps

    @property
    def partner(self) -> nn.Module:
        return self.discriminator

    def modules(self) -> dict[str, nn.Module]:
        players = {"g": self.generator, "d": self.discriminator, "average": self.average.module}
        return players | ({"augmentation": self.augmentation} if self.augmentation else {})

    def optimizers(self) -> dict[str, Optimizer]:
        return {"d": self.optimizer_d, "g": self.optimizer_g}

    def step(self, batches: Batches, seen: int) -> Float[Tensor, " measures"]:
        """`d_steps` moves of D, one of G. Returns the measures, D's averaged over its moves."""
        first, weight = seen // self.batch, self.penalty_weight(seen)
        moves = []
        if self.augmentation:
            self.augmentation.begin(seen)
        for k in range(self.d_steps):
            real, given = batches(first + k)
            moves.append(self.discriminator_step(real, given, weight))
        d_loss, d_real, d_fake, cost, norm_d = torch.stack(moves).mean(0)
        g_loss, norm_g, *more = self.generator_step(real, given)
        if self.augmentation:
            more = self.augmentation.move(seen // self.step_images, self.step_images) + more
        return torch.stack([d_loss, g_loss, d_real, d_fake, cost, norm_d, norm_g, *more])

    def as_seen(self, images: Examples) -> Examples:
        """The images as D sees them."""
        return images if self.augmentation is None else self.augmentation(images)

    def penalty_weight(self, seen: int) -> float:
        """The weight of the penalty after `seen` images: from its start to its end along half a cosine."""
        start, end = self.penalty_weights
        return start if start == end else start * annealed(seen / self.images, end / start)

    def discriminator_step(self, real: Examples, given: Given = None, weight: float = 0.0) -> Float[Tensor, "5"]:
        """One move of D with the penalty at `weight`.

        Returns its loss, mean D(x), mean D(G(z)), the penalty and the gradient norm.
        """
        with torch.no_grad(), self.device.autocast():
            fake = self.fakes(real, given)
        return self.tell_apart(real, fake, given, weight)

    def tell_apart(self, real: Examples, fake: Examples, given: Given, weight: float) -> Float[Tensor, "5"]:
        """The same for generated examples that are there already."""
        self.discriminator.requires_grad_(True)
        on_real, on_fake, cost = self._judge(self.as_seen(real), self.as_seen(fake), given)
        loss = self.loss.discriminator(on_real, on_fake)
        norm = descend(loss + weight * cost, self.optimizer_d)
        if isinstance(self.penalty, WeightConstraint):
            self.penalty.apply(self.discriminator, weight)
        on_real, on_fake = on_real.detach(), on_fake.detach()
        if self.augmentation:
            self.augmentation.watch(on_real, on_fake, self.loss.boundary)
        return torch.stack([loss.detach(), on_real.sigmoid().mean(), on_fake.sigmoid().mean(), cost.detach(), norm])

    def generator_step(self, real: Examples, given: Given = None) -> Float[Tensor, "2"]:
        """One move of G, beside D's last batch. Returns its loss and gradient norm."""
        with self.device.autocast():
            fake = self.generator(self.latents(len(real)), given)
            loss = self.fool(real, fake, given)
        if self.pixel_weight:
            loss = loss + self.pixel_weight * (fake.float() - real).abs().mean()
        norm = descend(loss, self.optimizer_g)
        return torch.stack([loss.detach(), norm])

    def fakes(self, real: Examples, given: Given) -> Examples:
        """What D sees beside real examples in its move."""
        drawn: Tensor = self.generator(self.latents(len(real)), given)
        return drawn

    def fool(self, real: Examples, fake: Examples, given: Given = None) -> Float[Tensor, ""]:
        """G's loss, with a gradient in `fake` alone. It is called inside of the device's autocast."""
        self.discriminator.requires_grad_(False)  # its gradients are not needed: a third of the backward pass
        on_fake = self.discriminator(self.as_seen(fake), given).float()
        if isinstance(self.loss, PairedLoss):
            with torch.no_grad():
                on_real = self.discriminator(self.as_seen(real), given).float()
            return self.loss.generator(on_real, on_fake)
        return self.loss.generator(on_fake)

    def latents(self, count: int) -> Float[Tensor, "count latent"]:
        """z from N(0, I), drawn from torch's global generator, which the loop seeds before each step."""
        return torch.randn(count, self.config.latent, device=self.device.torch)

    def _judge(
        self, real: Examples, fake: Examples, given: Given
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"], Float[Tensor, ""]]:
        """D's logits of real and of fake images, and the gradient penalty, 0 where there is none."""
        judge, penalty = self.discriminator, self.penalty
        if not isinstance(penalty, GradientPenalty):
            with self.device.autocast():
                # each batch by itself: batch norm must not mix real and fake statistics (DCGAN's reference training)
                return judge(real, given).float(), judge(fake, given).float(), real.new_zeros(())

        def judge_points(points: Examples) -> Float[Tensor, " points"]:
            return judge(points, None if given is None else torch.cat([given] * (len(points) // len(given))))  # type: ignore[no-any-return]

        if penalty.at_the_batch:  # its points are what D judges anyway: one pass serves both
            points = penalty.points(real, fake.float()).requires_grad_()
            with self.device.autocast():
                logits = judge_points(points).float()
            on_real, on_fake = logits.chunk(2)
            return on_real, on_fake, penalty.of_logits(points, logits)
        fake = fake.float()
        return judge_points(real), judge_points(fake), penalty(judge_points, real, fake)
