"""The adversarial game in which D also learns to name classes, from a few labelled examples.

Salimans et al., "Improved Techniques for Training GANs", 2016: D answers "class 1" … "class K" or "generated" (section
5), and G matches the means of D's features instead of deceiving D (section 3.1). The entropy of D's answers on real
examples without labels is minimised, too (Springenberg, 2016, "CatGAN"; Dai et al., 2017, equation 8). Where the
running average of D is sure of the class of a real example, D has to answer the same for the shifted, noisy example: a
consistency term as in Wei et al., 2018, with the averaged network as teacher (Tarvainen and Valpola, 2017) and a
threshold (Sohn et al., 2020, "FixMatch").
"""

from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from nashgan.games.adversarial import AdversarialGame, Examples
from nashgan.games.batches import Batches, PartlyLabelled
from nashgan.games.curves import Curve
from nashgan.games.optimisation import add_gradient, move
from nashgan.games.running_average import Average
from nashgan.models.classifying import ClassifyingDiscriminator
from nashgan.objectives.penalties import GradientPenalty, penalised

CERTAINTY = 0.3  # weight of the entropy of D's answers
SURE = 0.9  # from this probability of a class on, the averaged D's answer is a target for D

CLASS_CURVES = (
    Curve(
        "Cross-entropy of the labelled examples",
        {"label_loss": ("labelled", "d")},
        "it falls towards zero within the first rows, because the labelled examples are few.",
        from_zero=True,
    ),
    Curve(
        "Entropy of the answers on real examples",
        {"answer_entropy": ("without labels", "n")},
        "it falls from the logarithm of the number of classes. A small value means that D is certain, not that it is "
        "right.",
        from_zero=True,
    ),
    Curve(
        "Real examples whose class the averaged discriminator is sure of",
        {"sure_share": ("without labels", "d")},
        "it rises to nearly 1. A fall means that the discriminator forgets.",
        span=(0, 1),
    ),
)


@dataclass
class SemiSupervisedGame(AdversarialGame):
    """As the adversarial game, with labelled examples beside each batch, and a running average of D, which is kept."""

    ignores: ClassVar[frozenset[str]] = AdversarialGame.ignores | {
        *("train.evaluate_every", "train.keep", "train.patience", "train.accumulate")
    }  # fmt: skip

    average_d: Average = field(init=False)  # of the discriminator

    def __post_init__(self) -> None:
        self.average_d = Average(self.discriminator, self.average.half_life)

    @classmethod
    def objective(cls, loss: str) -> str:
        return "classes from few labels, feature matching"

    @classmethod
    def curves(cls, loss: str) -> tuple[Curve, ...]:
        return *CLASS_CURVES, *super().curves(loss)

    @property
    def measures(self) -> tuple[str, ...]:
        """Those of the adversarial game, where `g_loss` is the distance of the features' means; and of the answers."""
        return *super().measures, "label_loss", "answer_entropy", "sure_share"

    @property
    def partner(self) -> nn.Module:
        return self.average_d.module

    @property
    def classifying_d(self) -> ClassifyingDiscriminator:
        """The discriminator. Raises TypeError for one that does not name classes."""
        if not isinstance(self.discriminator, ClassifyingDiscriminator):
            raise TypeError("the discriminator must name classes: ModelConfig.answers is 0")
        return self.discriminator

    def modules(self) -> dict[str, nn.Module]:
        return super().modules() | {"average_d": self.average_d.module}

    def step(self, batches: Batches, seen: int) -> Float[Tensor, " measures"]:
        """`d_steps` moves of D, one of G. Returns the measures, D's averaged over its moves.

        Raises TypeError for batches without labelled ones beside them.
        """
        if not isinstance(batches, PartlyLabelled):
            raise TypeError("few labels need batches that are partly labelled")
        first, weight = seen // self.batch, self.penalty_weight(seen)
        moves = []
        for k in range(self.d_steps):
            real, _ = batches(first + k)
            moves.append(self.learn(real, *batches.labelled(first + k), weight))
        of_d = torch.stack(moves).mean(0)
        of_g = self.match_features(real)
        self.average_d.update(self.discriminator, self.step_images, seen + self.step_images)
        return torch.cat([self.told(of_d[:-3], of_g), of_d[-3:]])

    def learn(
        self, real: Examples, known: Examples, labels: Int64[Tensor, " n"], weight: float = 0.0
    ) -> Float[Tensor, " told"]:
        """One move of D. It minimises the loss of the game, that of the labelled examples, and those of its answers.

        Returns the loss of the game, `answers`, the penalty, the gradient norm, the cross-entropy, the entropy of the
        answers, and the share of examples that the averaged D is sure of.
        """
        self.let_learn()
        on_shard = partial(self.differentiate, weight=weight)
        own = self.shards.cut(real, self.latents(len(real)), known, labels)
        told = self.shards.differentiate(on_shard, own, self.modules().values(), self.optimizer_d)
        return torch.cat([told[:-3], move(self.optimizer_d)[None], told[-3:]])

    def differentiate(
        self,
        real: Examples,
        z: Float[Tensor, "n latent"],
        known: Examples,
        labels: Int64[Tensor, " n"],
        weight: float,
    ) -> Float[Tensor, " told"]:
        """Add the gradient of D's loss of a shard to that of the weights. Returns what `learn` does, but the norm."""
        with torch.no_grad(), self.device.autocast():
            fake = self.generator(z)
        names, cost = self.classifying_d.classes, real.new_zeros(())
        with self.device.autocast():
            answers, of_fake, of_known = names(real).float(), names(fake).float(), names(known).float()
        if isinstance(self.penalty, GradientPenalty):
            rows = penalised(len(real), self.penalty_share)
            cost = self.penalty(self.in_training_precision, real[rows], fake[rows].float())
        on_real, on_fake = answers.logsumexp(1), of_fake.logsumexp(1)
        game = self.loss.discriminator(on_real, on_fake)
        label_loss, doubt = cross_entropy(of_known, labels), entropy(answers)
        unlike, sure = self.disagreement(real, answers)
        add_gradient(game / 2 + label_loss + unlike + CERTAINTY * doubt + weight * cost)
        told = [game, *self.answers(on_real, on_fake), cost, label_loss, doubt, sure]
        return torch.stack([value.detach() for value in told])

    def in_training_precision(self, images: Examples) -> Float[Tensor, " n"]:
        """D's logits of "real", in the precision of the training, as in every game."""
        with self.device.autocast():
            return self.discriminator(images).float()  # type: ignore[no-any-return]

    def disagreement(
        self, real: Examples, answers: Float[Tensor, "n k"]
    ) -> tuple[Float[Tensor, ""], Float[Tensor, ""]]:
        """Cross-entropy of D's `answers` with those of the averaged D where it is sure, and the share of these."""
        teacher = self.average_d.module
        assert isinstance(teacher, ClassifyingDiscriminator)
        with torch.no_grad(), self.device.autocast():
            taught = teacher.classes(real).float().softmax(dim=1)
        sure = (taught.max(dim=1).values > SURE).float()
        return -(sure * (taught * answers.log_softmax(dim=1)).sum(dim=1)).mean(), sure.mean()

    def match_features(self, real: Examples) -> Float[Tensor, "2"]:
        """One move of G: down ‖E f(x) - E f(G(z))‖² / d of D's d features f. Returns this and the gradient norm."""
        return self.move_generator(self.match_features_of, self.shards.cut(real))

    def match_features_of(self, real: Examples) -> Float[Tensor, "1"]:
        """Add the gradient of G's loss of a shard to that of the weights. Returns the loss."""
        self.discriminator.requires_grad_(False)
        with self.device.autocast():
            with torch.no_grad():
                wanted = self.classifying_d.features(real).float().mean(0)
            made = self.classifying_d.features(self.generator(self.latents(len(real)))).float().mean(0)
        loss = (made - wanted).square().mean()
        add_gradient(loss)
        return loss.detach()[None]


def entropy(logits: Float[Tensor, "n k"]) -> Float[Tensor, ""]:
    """Mean entropy, in nats, of the classes whose probabilities are the softmax of `logits`."""
    log_probabilities = logits.log_softmax(dim=1)
    return -(log_probabilities.exp() * log_probabilities).sum(dim=1).mean()
