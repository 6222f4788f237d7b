"""What both players do, as one picture: the picture of the theory (Goodfellow et al., 2014, figure 1).

In one dimension: the data's density p, the model's q, D(x) beside the optimal D*(x) = p / (p + q), and lines from
latents z to the points x that they become. In two: samples over the density, and D's height with its gradient.
"""

import io
from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from torch import Tensor, nn

from nashgan.data.mixture import Mixture
from nashgan.data.mixtures import DENSITIES
from nashgan.games.adversarial import AdversarialGame
from nashgan.games.game import Game
from nashgan.metrics.optimal_discriminator import optimal_answers
from nashgan.runtime.randomness import derive_seed

SHOWN = 2000  # points on the map
DRAWN = 20_000  # points of the generator whose histogram stands for its density
LINES = 40  # from z to x
CELLS = 150  # along an axis of one dimension, for two a third
ARROWS = 18  # of D's gradient, along each axis
AROUND = 0.15  # of a map's side that is shown beyond the modes, on each side
DPI = 100
DATA, MODEL, CRITIC, FAINT = "#1f2933", "#2f9e44", "#24618e", "#8796a6"
Points = Float[np.ndarray, "_ d"]
Values = Float[np.ndarray, " _"]


@dataclass(frozen=True)
class PlayersPicture:
    """Draws the players of a game over points of one or two dimensions from a known density."""

    game: AdversarialGame
    density: Mixture
    seed: int

    def draw(self) -> Image.Image:
        """The picture now, with samples of its own: narrow modes need more than a grid has.

        It draws no number of torch's global generator.
        """
        line = self.density.dimensions == 1
        figure = Figure(figsize=(6.4, 4.4) if line else (8.8, 4.4), dpi=DPI, layout="constrained")
        (self._line if line else self._plane)(figure)
        file = io.BytesIO()
        figure.savefig(file, format="png")
        return Image.open(file).convert("RGB")

    def _line(self, figure: Figure) -> None:
        above, below = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
        low, high = (float(end[0]) for end in self.density.bounds())
        edges = np.linspace(low, high, CELLS + 1)
        middles, width = (edges[1:] + edges[:-1]) / 2, (high - low) / CELLS
        z, x = self._drawn(self.game.generator)
        p = np.exp(self.density.log_density(middles[:, None]))
        q = np.histogram(x[:, 0], edges)[0] / len(x) / width
        above.plot(middles, p, color=DATA, linestyle=":", linewidth=2, label="data p(x)")
        above.plot(middles, q, color=MODEL, linewidth=1.5, label="model q(x)")
        self._answers(above, middles, p, q)
        above.set_ylabel("density; D(x)")
        above.set_ylim(0, 1.15 * max(1.0, float(p.max())))
        above.legend(loc="upper right", fontsize=8, framealpha=0.9)
        ends = np.clip(np.sort(z[:LINES, 0]) / 3, -1, 1) * (high - low) / 2 + (high + low) / 2
        for start, end in zip(ends, x[np.argsort(z[:LINES, 0]), 0], strict=True):
            below.annotate("", (end, 1), (start, 0), arrowprops={"arrowstyle": "->", "color": FAINT, "lw": 0.7})
        below.set(xlim=(low, high), ylim=(0, 1), yticks=(0, 1), yticklabels=("z", "x = G(z)"), xlabel="x")

    def _answers(self, axes: Axes, middles: Values, p: Values, q: Values) -> None:
        logits = self._logits(middles[:, None])
        if not self.game.loss.gives_probabilities:
            shown = (logits - logits.min()) / max(float(np.ptp(logits)), 1e-9)
            axes.plot(middles, shown, color=CRITIC, linestyle="--", label="D(x), a score, scaled to 0 … 1")
            return
        axes.plot(middles, 1 / (1 + np.exp(-logits)), color=CRITIC, linestyle="--", label="D(x)")
        seen = p + q > 1e-3
        best = np.where(seen, optimal_answers(p, q), np.nan)
        axes.plot(middles, best, color=CRITIC, linewidth=0.8, label="optimal D*(x) = p / (p + q)")
        axes.axhline(0.5, color=FAINT, linewidth=0.6)

    def _plane(self, figure: Figure) -> None:
        left, right = figure.subplots(1, 2, sharex=True, sharey=True)
        low, high = self.density.bounds()
        low, high = low - AROUND * (high - low), high + AROUND * (high - low)
        side, at = CELLS // 3, [np.linspace(a, b, CELLS // 3) for a, b in zip(low, high, strict=True)]
        grid = np.stack(np.meshgrid(*at), axis=-1).reshape(-1, 2)
        if self.density.modes:
            left.scatter(*self.density.centres.T, s=90, facecolors="none", edgecolors=DATA, linewidths=0.7)
        else:
            p = np.exp(self.density.log_density(grid)).reshape(side, side)
            left.contour(*at, p, levels=[p.max() * share for share in (0.05, 0.5)], colors=DATA, linewidths=0.7)
        left.scatter(*self._drawn(self.game.average.module)[1][:SHOWN].T, s=5, color=MODEL, alpha=0.6, linewidths=0)
        left.set_title("samples of the average, and the density", fontsize=9)
        probabilities = self.game.loss.gives_probabilities
        logits = self._logits(grid).reshape(side, side)
        height = 1 / (1 + np.exp(-logits)) if probabilities else logits
        drawn = right.pcolormesh(*at, height, cmap="RdBu_r", shading="nearest", rasterized=True)
        figure.colorbar(drawn, ax=right, shrink=0.8)
        sparse = np.stack(np.meshgrid(*[np.linspace(a, b, ARROWS) for a, b in zip(low, high, strict=True)]), axis=-1)
        slopes = self._gradients(sparse.reshape(-1, 2)).reshape(ARROWS, ARROWS, 2)
        lengths = np.linalg.norm(slopes, axis=-1, keepdims=True)
        slopes = slopes / np.maximum(lengths, 1e-9) * np.sqrt(lengths / max(float(lengths.max()), 1e-9))
        right.quiver(sparse[..., 0], sparse[..., 1], slopes[..., 0], slopes[..., 1], color=DATA, width=0.003)
        right.set_title("D and its gradient" + ("" if probabilities else " (D gives scores)"), fontsize=9)
        left.set(xlim=(low[0], high[0]), ylim=(low[1], high[1]), aspect="equal")
        right.set(aspect="equal")

    @torch.no_grad()
    def _drawn(self, generator: nn.Module) -> tuple[Float[np.ndarray, "n latent"], Float[np.ndarray, "n d"]]:
        """Latents and what a generator makes of them."""
        random = torch.Generator().manual_seed(derive_seed(self.seed, "players picture"))
        z = torch.randn(DRAWN, self.game.config.latent, generator=random).to(self.game.device.torch)
        return z.cpu().numpy(), self.game.config.space.from_players(generator(z, None).cpu())

    @torch.no_grad()
    def _logits(self, points: Points) -> Values:
        logits: np.ndarray = self.game.discriminator(self._to_players(points), None).double().cpu().numpy()
        return logits

    def _gradients(self, points: Points) -> Points:
        x = self._to_players(points).requires_grad_()
        (slopes,) = torch.autograd.grad(self.game.discriminator(x, None).sum(), x)
        found: Points = slopes.double().cpu().numpy()
        return found

    def _to_players(self, points: Points) -> Tensor:
        stored = torch.from_numpy(points.astype(np.float32)).to(self.game.device.torch)
        return self.game.config.space.to_players(stored)


def players_picture(game: Game, dataset: str, seed: int) -> PlayersPicture | None:
    """The picture of a game's players; None without a discriminator or a known density, or above two dimensions."""
    density = DENSITIES.get(dataset)
    if not isinstance(game, AdversarialGame) or density is None or density.dimensions > 2:
        return None
    return PlayersPicture(game, density, seed)
