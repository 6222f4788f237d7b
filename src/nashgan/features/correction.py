"""Samples corrected by a discriminator's score: rejection (Azadi et al., 2019), Metropolis (Turner et al., 2019).

Both need the ratio of the densities, p_data(x) / p_G(x) = D(x) / (1 - D(x)) of an optimal D. A trained D is not
optimal, so its logits are calibrated first: a logistic regression of held-out real and generated examples on them.
The result for example i depends on the seed and i alone, because proposals are drawn in the generator's own blocks.
"""

from functools import partial
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from jaxtyping import Float, Int64
from torch import Tensor

from nashgan.features.discriminator import LoadedDiscriminator, load_discriminator
from nashgan.models import gaussian
from nashgan.models.generator import BLOCK, LoadedGenerator, load_sampler
from nashgan.records.paths import Paths
from nashgan.records.samples import JUDGE, Correction, read_correction
from nashgan.runtime.errors import UserError
from nashgan.runtime.randomness import derive_seed

Numbers = Float[np.ndarray, " _"]
Labels = Int64[np.ndarray, " _"] | None
EPSILON = 1e-6  # keeps the acceptance of the best example below 1, as in Azadi et al., equation 8
ROUNDS = 60  # of Newton's method, and of the bisection


def calibrate(real: Numbers, fake: Numbers) -> tuple[float, float]:
    """Slope and offset of the logarithm of the ratio, fitted to the logits of equally likely sets.

    Newton's method with a weak prior, which keeps it finite where the sets are apart. A D that prefers generated
    examples gets the slope 0: it says nothing then.
    """
    s = np.concatenate([real, fake]).astype(np.float64)
    y = np.concatenate([np.ones(len(real)), np.zeros(len(fake))])
    weights = np.concatenate([np.full(len(real), 0.5 / len(real)), np.full(len(fake), 0.5 / len(fake))]) * len(s)
    centre, spread = s.mean(), max(float(s.std()), 1e-12)
    x = np.stack([(s - centre) / spread, np.ones_like(s)], axis=1)
    beta, prior = np.zeros(2), np.diag([1.0, 1e-6])
    for _ in range(ROUNDS):
        p = 1 / (1 + np.exp(-np.clip(x @ beta, -50, 50)))
        hessian = (x * (weights * p * (1 - p))[:, None]).T @ x + prior
        beta = beta + np.linalg.solve(hessian, x.T @ (weights * (y - p)) - prior @ beta)
    slope = max(float(beta[0] / spread), 0.0)
    return slope, float(beta[1] - slope * centre) if slope else 0.0


def acceptance(ratio: Numbers, top: float, gamma: float) -> Numbers:
    """The probability that an example with this logarithm of the ratio is kept (Azadi et al., equation 8).

    `top` is the largest logarithm that is expected; a larger one counts as `top`. A lower `gamma` keeps more.
    """
    below = np.minimum(ratio - top, 0)
    found: Numbers = 1 / (1 + np.exp(-np.clip(below - np.log1p(-np.exp(below - EPSILON)) - gamma, -700, 700)))
    return found


def requirement(real: Numbers, top: float, share: float) -> float:
    """The `gamma` with which a real example is kept with probability `share`, on average."""
    low, high = -500.0, 500.0
    for _ in range(ROUNDS):
        middle = (low + high) / 2
        low, high = (middle, high) if acceptance(real, top, middle).mean() > share else (low, middle)
    return (low + high) / 2


def fit_correction(
    method: str, real: Numbers, fake: Numbers, steps: int, share: float | None, judge: LoadedDiscriminator
) -> Correction:
    """How samples are corrected, from the logits of held-out real and of generated examples."""
    slope, offset = calibrate(real, fake)
    ratios = [slope * np.asarray(one, np.float64) + offset for one in (real, fake)]
    top = float(max(one.max() for one in ratios))
    gamma = None if share is None else requirement(ratios[0], top, share)
    kept = None if gamma is None else float(acceptance(ratios[1], top, gamma).mean())
    return Correction.model_validate({
        "method": method, "steps": steps, "share": share, "slope": slope, "offset": offset, "top": top,
        "gamma": gamma, "accepted": kept, "judge": judge.sha256, "calibrated_on": len(real),
    })  # fmt: skip


class Corrector:
    """Chooses the latent vectors of a generator's examples by the discriminator's score of the examples."""

    def __init__(self, judge: LoadedDiscriminator, correction: Correction) -> None:
        self.judge = judge
        self.correction = correction

    def __call__(
        self, generator: LoadedGenerator, seed: int, block: int, labels: Labels
    ) -> Float[Tensor, "block latent"]:
        """The latent vectors of a block."""
        random = np.random.default_rng(derive_seed(seed, "correction", block))
        choose = self._reject if self.correction.method == "reject" else self._walk
        return choose(generator, seed, block, labels, random)

    def ratio(self, generator: LoadedGenerator, z: Float[Tensor, "n latent"], labels: Labels) -> Numbers:
        """The calibrated logarithm of the ratio, for the examples as they would be stored."""
        space, device = generator.space, self.judge.device
        stored = torch.from_numpy(space.from_players(generator(z, labels))).to(device)
        known = torch.from_numpy(labels).to(device) if labels is not None and self.judge.config.classes else None
        with torch.inference_mode():
            logits: Numbers = self.judge(space.to_players(stored), known).double().cpu().numpy()
        return self.correction.slope * logits + self.correction.offset

    def _proposals(self, generator: LoadedGenerator, seed: int, block: int, step: int) -> Float[Tensor, "block latent"]:
        """The proposals of a step. Those of step 0 are the generator's own."""
        return generator.latents(derive_seed(seed, "proposals", step) if step else seed, block)

    def _reject(
        self, generator: LoadedGenerator, seed: int, block: int, labels: Labels, random: np.random.Generator
    ) -> Float[Tensor, "block latent"]:
        """Each example is the first of its proposals that is kept; after the last step, the best one.

        The proposals of a block go, in turn, to the examples for which none was kept yet.
        """
        gamma = self.correction.gamma or 0.0
        z = self._proposals(generator, seed, block, 0)
        best, pending = np.full(BLOCK, -np.inf), np.arange(BLOCK)
        for step in range(self.correction.steps):
            rows = pending[np.arange(BLOCK) % len(pending)]
            there = self._proposals(generator, seed, block, step)
            ratio = self.ratio(generator, there, None if labels is None else labels[rows])
            kept = random.random(BLOCK) < acceptance(ratio, self.correction.top, gamma)
            done = set[int]()
            for place, row in enumerate(rows):
                if row not in done and (kept[place] or ratio[place] > best[row]):
                    z[row], best[row] = there[place], ratio[place]
                    done |= {int(row)} if kept[place] else set()
            pending = np.array([row for row in pending if row not in done], dtype=np.int64)
            if not len(pending):
                break
        return z

    def _walk(
        self, generator: LoadedGenerator, seed: int, block: int, labels: Labels, random: np.random.Generator
    ) -> Float[Tensor, "block latent"]:
        """The last states of independent chains: a proposal is taken with probability min(1, ratio' / ratio).

        A chain starts with the generator's own example. Turner et al. start with the score of a real one, which makes
        chains shorter, but then some never move and have to start again.
        """
        z = self._proposals(generator, seed, block, 0)
        at = self.ratio(generator, z, labels)
        for step in range(1, self.correction.steps + 1):
            there = self._proposals(generator, seed, block, step)
            ratio = self.ratio(generator, there, labels)
            moves = np.log(np.maximum(random.random(BLOCK), 1e-300)) < ratio - at
            z, at = torch.where(torch.from_numpy(moves)[:, None], there, z), np.where(moves, ratio, at)
        return z


def corrected_sampler(
    paths: Paths, weights: Literal["weights", "raw"] = "weights", device: torch.device | None = None
) -> LoadedGenerator:
    """As `load_sampler`, corrected as the samples of the workspace are. Other processes can load it, too."""
    generator = load_sampler(paths, weights, device)
    correct(generator, paths.correction)
    generator.again = partial(corrected_sampler, paths, weights, device)
    return generator


def correct(generator: LoadedGenerator, folder: Path) -> None:
    """Make `generator` draw as the correction in `folder` says. Nothing changes where there is none.

    Raises UserError where the discriminator is not the one that the correction was fitted to.
    """
    correction = read_correction(folder)
    if correction is None:
        return
    if correction.method == "walk":
        if not isinstance(generator.module, gaussian.Generator) or correction.limit is None:
            raise UserError(f"{folder}: not of this generator; run `dvc repro generate`")
        generator.module.limit.fill_(correction.limit)
        generator.module.steps = correction.steps
        return
    judge = load_discriminator(folder / JUDGE, generator.device)
    if judge is None or judge.sha256 != correction.judge:
        raise UserError(f"{folder}: not the discriminator that the samples were corrected by; run `dvc repro generate`")
    generator.choose = Corrector(judge, correction)
