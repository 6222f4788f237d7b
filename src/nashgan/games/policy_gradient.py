"""A generator of text that learns by the policy gradient, with the discriminator's answer as the reward.

Yu, Zhang, Wang, Yu, 2017, "SeqGAN: Sequence generative adversarial nets with policy gradient", and Williams, 1992
(REINFORCE). A drawn character has no gradient; its probability has one. Characters of lines that the discriminator
takes for real become more probable, those of other lines less.

As in the paper, the generator begins with maximum likelihood on the training lines; the discriminator learns from the
beginning. What differs:

- the likelihood stays in the loss beside the reward (teacher forcing; Li et al., 2017, "Adversarial learning for neural
  dialogue generation", section 3.2);
- the reward is D's logit, not a probability. With the cross-entropy the logit tends to log p(x) / p_G(x) (Goodfellow et
  al., 2014, proposition 1). So likelihood and reward together go down KL(p ‖ p_G) + KL(p_G ‖ p);
- a line's reward is that of each of its characters, where the paper completes each beginning of a line 16 times and
  takes the mean of the answers;
- the baseline is the mean reward of the batch;
- one generator step follows each `objective.d_steps` of the discriminator.
"""

from dataclasses import dataclass
from typing import ClassVar

import torch
from jaxtyping import Float, Int64
from torch import Tensor

from nashgan.games.adversarial import AdversarialGame
from nashgan.games.batches import Batches
from nashgan.games.optimisation import add_gradient
from nashgan.models.seqgan import Generator

LIKELIHOOD = 0.5  # share of the training in which G learns by maximum likelihood alone


@dataclass
class PolicyGradientGame(AdversarialGame):
    """Generator and discriminator of text. `g_loss` is minus a line's log-likelihood, later also minus the reward."""

    ignores: ClassVar[frozenset[str]] = AdversarialGame.ignores | {"train.accumulate"}
    depends_on_length: ClassVar[bool] = True

    rewarded: bool = False  # whether G learns from D's answers now

    def step(self, batches: Batches, seen: int) -> Float[Tensor, " measures"]:
        """`d_steps` moves of D, one of G. Returns the measures, D's averaged over its moves."""
        self.rewarded = seen >= LIKELIHOOD * self.images
        return super().step(batches, seen)

    def generator_step(
        self, real: Float[Tensor, "n c l"], labels: Int64[Tensor, " n"] | None = None
    ) -> Float[Tensor, "2"]:
        """One move of G. Returns its loss and gradient norm. Raises TypeError for another generator than SeqGAN's."""
        return self.move_generator(self.differentiate, self.shards.cut(real))

    def differentiate(self, real: Float[Tensor, "n c l"]) -> Float[Tensor, "1"]:
        """Add the gradient of G's loss of a shard to that of the weights. Returns the loss."""
        generator = self.generator
        if not isinstance(generator, Generator):
            raise TypeError(f"{self.config.name} has no probabilities of what it draws")
        with self.device.autocast():
            loss = -generator.log_likelihood(real).mean()
            if self.rewarded:
                lines = generator(self.latents(len(real)))
                loss = loss - (self.advantages(lines) * generator.log_likelihood(lines)).mean()
        add_gradient(loss)
        return loss.detach()[None]

    @torch.no_grad()
    def advantages(self, lines: Float[Tensor, "n c l"]) -> Float[Tensor, " n"]:
        """D's logits of lines, minus their mean."""
        logits: Tensor = self.discriminator(lines, None).float()
        return logits - logits.mean()
