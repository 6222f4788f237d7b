"""The two players of a GAN and their moves."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor, nn
from torch.optim import Optimizer

from nashgan.games.augmentation import CURVES as AUGMENTATION_CURVES
from nashgan.games.augmentation import Augmentation, mean_sign
from nashgan.games.batches import Batches
from nashgan.games.curves import (
    GRADIENT_CURVE,
    LOGIT_CURVE,
    LOSS_CURVE,
    MEMORY,
    ORDER_CURVE,
    PROBABILITY_CURVE,
    SPEED,
    Curve,
    Fact,
)
from nashgan.games.game import GameParams
from nashgan.games.optimisation import add_gradient, create_optimizer, move, scheduled, unfrozen
from nashgan.games.running_average import Average, HalfLife
from nashgan.games.shards import Shards, Told
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.objectives import LOSSES, PENALTIES
from nashgan.objectives.losses import Loss, PairedLoss
from nashgan.objectives.penalties import GradientPenalty, Reparametrisation, WeightConstraint
from nashgan.runtime.device import Device
from nashgan.runtime.randomness import derive_seed

Examples = Float[Tensor, "n ..."]
Given = Shaped[Tensor, "n ..."] | None  # beside z: classes, or degraded images
Penalty = GradientPenalty | WeightConstraint | Reparametrisation | None


@dataclass
class AdversarialGame:
    """Generator, discriminator, the generator's running average, and how they learn.

    A move of a player is one step of its optimizer.
    """

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
    penalty_share: float  # of a batch's pairs, at which a gradient penalty is taken
    pixel_weight: float  # of the mean absolute difference: from the true image, or from the one that comes back
    images: int  # length of the training
    d_steps: int
    batch: int
    shards: Shards
    parts: int  # of a shard, computed one after the other
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
        weights = (0.0, 0.0)
        if isinstance(penalty, Reparametrisation):
            penalty.apply(d)
        elif penalty:
            start = penalty.weight if objective.penalty_weight is None else objective.penalty_weight
            weights = (start, objective.penalty_weight_end or start)
        g, d = device.place(g), device.place(d)
        augment = objective.augment != "none"
        return cls(
            config=config,
            generator=g,
            discriminator=d,
            average=Average(g, HalfLife.of(train)),
            optimizer_g=create_optimizer(g.parameters(), train.lr_generator, train),
            optimizer_d=create_optimizer(unfrozen(d, train.freeze_d), train.lr_discriminator, train),
            loss=LOSSES[objective.loss].load(),
            penalty=penalty,
            penalty_weights=weights,
            penalty_share=objective.penalty_share,
            pixel_weight=objective.pixel_weight,
            images=train.images,
            d_steps=objective.d_steps,
            batch=train.batch,
            shards=Shards(train.shards, device.processes),
            parts=1 if "train.accumulate" in cls.ignores else train.accumulate,
            device=device,
            augmentation=Augmentation(objective, train.seed, device.torch, train.shards) if augment else None,
        )

    @classmethod
    def objective(cls, loss: str) -> str:
        return loss

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        probabilities = (PROBABILITY_CURVE,) if LOSSES[loss].load().gives_probabilities else ()
        answers = LOSS_CURVE, ORDER_CURVE, *probabilities, LOGIT_CURVE
        return *answers, GRADIENT_CURVE, *AUGMENTATION_CURVES, SPEED, MEMORY

    @property
    def measures(self) -> tuple[str, ...]:
        """Losses, what D answered (`answers`), the penalty and the gradients' norms, and those of the augmentation."""
        probabilities = ("d_real", "d_fake") if self.loss.gives_probabilities else ()
        answers = ("d_ordered", *probabilities, "logit_real", "logit_fake")
        more = self.augmentation.measures if self.augmentation else ()
        return ("d_loss", "g_loss", *answers, "penalty", "grad_norm_d", "grad_norm_g", *more)

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
        told = self.told(torch.stack(moves).mean(0), self.generator_step(real, given))
        if self.augmentation is None:
            return told
        return torch.cat([told, self.augmentation.move(seen // self.step_images, self.step_images)])

    def told(self, of_d: Float[Tensor, " d"], of_g: Float[Tensor, " g"]) -> Float[Tensor, " measures"]:
        """The measures of a step, in the order of `measures`, from those of D's moves and those of G's move."""
        return torch.cat([of_d[:1], of_g[:1], of_d[1:], of_g[1:]])

    def answers(self, on_real: Float[Tensor, " n"], on_fake: Float[Tensor, " n"]) -> list[Float[Tensor, ""]]:
        """What D answered to a batch of real and one of fake images, of the same classes where there are classes.

        The share of pairs in which the real image has the higher logit, equal ones counted half; mean D(x) and
        D(G(z)) where the loss makes probabilities of logits; and the mean logits. Only the share means the same for
        every loss: where D compares pairs, a number added to all logits changes nothing.
        """
        on_real, on_fake = on_real.detach(), on_fake.detach()
        ordered = ((on_real - on_fake).sign().mean() + 1) / 2
        probabilities = (on_real.sigmoid().mean(), on_fake.sigmoid().mean()) if self.loss.gives_probabilities else ()
        return [ordered, *probabilities, on_real.mean(), on_fake.mean()]

    def as_seen(self, images: Examples) -> Examples:
        """The images as D sees them."""
        return images if self.augmentation is None else self.augmentation(images)

    def penalty_weight(self, seen: int) -> float:
        """The weight of the penalty after `seen` images: from its start to its end along half a cosine."""
        start, end = self.penalty_weights
        return scheduled(start, None if start == end else end, seen / self.images)

    def discriminator_step(self, real: Examples, given: Given = None, weight: float = 0.0) -> Float[Tensor, " d"]:
        """One move of D with the penalty at `weight`. Returns its loss, `answers`, the penalty, the gradient's norm."""

        def tell_apart(real: Examples, given: Given, z: Float[Tensor, "n latent"]) -> Told:
            with torch.no_grad(), self.device.autocast():
                fake = self.fakes(z, given)
            return self.tell_apart(real, fake, given, weight)

        return self.move_discriminator(tell_apart, self.shards.cut(real, given, self.latents(len(real))), weight)

    def move_discriminator(
        self, on_shard: Callable[..., Told], own: Sequence[tuple[Any, ...]], weight: float
    ) -> Float[Tensor, " d"]:
        """One move of D, where `on_shard` calls `tell_apart` for each tuple of `own`. Returns what D's move does."""
        self.let_learn()
        told = self.shards.differentiate(on_shard, own, self.modules().values(), self.optimizer_d)
        norm = move(self.optimizer_d)
        if self.augmentation and self.augmentation.adaptive:
            self.augmentation.watch(told[-1])
            told = told[:-1]
        if isinstance(self.penalty, WeightConstraint):
            self.penalty.apply(self.discriminator, weight)
        return torch.cat([told, norm[None]])

    def tell_apart(self, real: Examples, fake: Examples, given: Given, weight: float) -> Told:
        """Add the gradient of D's loss of a shard to that of the weights.

        Returns the loss, `answers`, the penalty, and what an adaptive augmentation watches.
        """
        real, fake = self.as_seen(real), self.as_seen(fake)
        points = self.penalty.drawn(real, fake) if isinstance(self.penalty, GradientPenalty) else None
        told, judged = [], list[tuple[Tensor, Tensor]]()
        for part in self.in_parts(real, fake, given, points):
            on_real, on_fake, cost = self._judge(*part)
            loss = self.loss.discriminator(on_real, on_fake)
            told.append(torch.stack([loss.detach(), *self.answers(on_real, on_fake), cost.detach()]))
            judged.append((on_real.detach(), on_fake.detach()))
            add_gradient((loss + weight * cost) / self.parts)
        mean = torch.stack(told).mean(0)
        if self.augmentation is None or not self.augmentation.adaptive:
            return mean
        on_real, on_fake = map(torch.cat, zip(*judged, strict=True))
        return torch.cat([mean, mean_sign(on_real, on_fake, self.loss.boundary)[None]])

    def let_learn(self) -> None:
        """Switch on the gradients of the parameters that D learns. A move of G switches them off."""
        for parameter in self.optimizer_d.param_groups[0]["params"]:
            parameter.requires_grad_(True)

    def generator_step(self, real: Examples, given: Given = None) -> Float[Tensor, "2"]:
        """One move of G; `real` and `given` are D's last batch. Returns its loss and gradient norm."""
        return self.move_generator(self.deceive, self.shards.cut(real, given, self.latents(len(real))))

    def move_generator(self, on_shard: Callable[..., Told], own: Sequence[tuple[Any, ...]]) -> Float[Tensor, " g"]:
        """One move of G, where `on_shard` adds the gradient of a shard's loss. Returns its measures and the norm."""
        told = self.shards.differentiate(on_shard, own, self.modules().values(), self.optimizer_g)
        return torch.cat([told, move(self.optimizer_g)[None]])

    def deceive(self, real: Examples, given: Given, z: Float[Tensor, "n latent"]) -> Float[Tensor, "1"]:
        """Add the gradient of G's loss of a shard to that of the weights. Returns the loss."""
        told = []
        for part, true, beside in self.in_parts(z, real, given):
            with self.device.autocast():
                fake = self.generator(part, beside)
                loss = self.fool(true, fake, beside)
            if self.pixel_weight:
                loss = loss + self.pixel_weight * (fake.float() - true).abs().mean()
            told.append(loss.detach())
            add_gradient(loss / self.parts)
        return torch.stack(told).mean()[None]

    def fakes(self, z: Float[Tensor, "n latent"], given: Given) -> Examples:
        """The generated examples of D's move."""
        drawn = [self.generator(part, beside) for part, beside in self.in_parts(z, given)]
        return drawn[0] if len(drawn) == 1 else torch.cat(drawn)

    def in_parts(self, *batches: Tensor | None) -> Iterator[tuple[Any, ...]]:
        """The equal parts of a shard of batches that belong together, part by part.

        Losses and penalties are means over examples or over pairs of a real and a fake one, so the mean of their parts
        is that of the whole batch, and so is its gradient. What is drawn for a batch is drawn before it is cut, except
        for the augmentation of what G makes in its move.
        """
        cut = [[None] * self.parts if batch is None else batch.chunk(self.parts) for batch in batches]
        return zip(*cut, strict=True)

    def fool(self, real: Examples, fake: Examples, given: Given = None) -> Float[Tensor, ""]:
        """G's loss, with a gradient with respect to `fake` alone. It is called inside of the device's autocast."""
        self.discriminator.requires_grad_(False)  # its gradients are not needed, and take a third of the backward pass
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
        self, real: Examples, fake: Examples, given: Given, points: Examples | None
    ) -> tuple[Float[Tensor, " n"], Float[Tensor, " n"], Float[Tensor, ""]]:
        """D's logits of real and of fake images, and the gradient penalty, 0 where there is none.

        `points` are what the penalty's `drawn` returned.
        """
        judge, penalty = self.discriminator, self.penalty
        if not isinstance(penalty, GradientPenalty):
            with self.device.autocast():
                # each batch by itself: batch norm must not mix real and fake statistics (DCGAN's reference training)
                return judge(real, given).float(), judge(fake, given).float(), real.new_zeros(())

        def judge_rows(images: Examples, rows: Int64[Tensor, " n"]) -> Float[Tensor, " n"]:
            with self.device.autocast():
                return judge(images, None if given is None else given[rows]).float()  # type: ignore[no-any-return]

        return penalty.with_logits(judge_rows, real, fake, points, self.penalty_share)
