"""``nashgan explore``: a page on this machine that moves through the latent space of a generator."""

import math
import socket
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
import torch
import uvicorn
from fastapi import FastAPI, Query
from jaxtyping import Float, Shaped, UInt8
from torch import Tensor

from nashgan.commands import explore_given
from nashgan.commands.explore_page import HOST, MOST_SEED, Seed, serving, shown
from nashgan.commands.sample import as_evaluated
from nashgan.features.directions import latent_directions
from nashgan.features.discriminator import LoadedDiscriminator, load_discriminator
from nashgan.games.advice import slope
from nashgan.metrics.neighbours import nearest
from nashgan.models.generator import BLOCK, Correcting, LoadedGenerator, slerp
from nashgan.pages.html import fill
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.splits import read_manifest, read_split
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.strip import signed
from nashgan.tracking.promotion import resolve_generator

DIRECTIONS, REACH = 8, 4.0  # sliders, and how far one moves, in standard deviations of a latent number
DRAWN = 8 * BLOCK  # examples that directions and typical scores are found from


@dataclass(frozen=True)
class Explorer:
    """A generator that draws new examples, and the discriminator that it learned with, where there is one."""

    generator: LoadedGenerator
    discriminator: LoadedDiscriminator | None
    training: Examples | None = None  # what it learned from, where this is beside it
    lock: threading.Lock = field(default_factory=threading.Lock)  # one picture at a time

    @cached_property
    def typical(self) -> tuple[Float[np.ndarray, "n latent"], Examples]:
        """The latent vectors and the examples of seed 0."""
        generator = self.generator
        z = torch.cat([generator.latents(0, block) for block in range(DRAWN // BLOCK)]).numpy()
        return z, Examples(generator.sample(0, DRAWN), generator.labels(0, DRAWN))

    @cached_property
    def directions(self) -> Float[np.ndarray, "k latent"]:
        """The directions of the sliders."""
        z, drawn = self.typical
        return latent_directions(z, self.generator.space.to_vectors(drawn.values), DIRECTIONS, drawn.labels)

    @cached_property
    def scores(self) -> Float[np.ndarray, " n"] | None:
        """The discriminator's logits of the generator's own examples, in order."""
        return None if self.discriminator is None else np.sort(self.discriminator.logits(self.typical[1]))

    def latent(
        self, seed: int, other: int, way: float, moves: Sequence[float], truncation: float | None
    ) -> Float[Tensor, "1 latent"]:
        """The first latent vector of `seed`, the share `way` towards that of `other`, then moved along directions."""
        generator = self.generator.truncated(truncation)
        ends = [generator.latents(one, 0)[0] for one in (seed, other)]
        z = slerp(ends[0], ends[1], torch.tensor([way])) if way and seed != other else ends[0][None]
        steps = np.asarray(moves, np.float64) @ self.directions[: len(moves)]
        return z + torch.from_numpy(steps).to(z.dtype)

    def example(self, z: Float[Tensor, "1 latent"], label: int | None) -> Shaped[np.ndarray, "1 ..."]:
        """The example of a latent vector, as it is stored. Raises UserError for an unknown class."""
        known = self.generator.labels(0, 1, label=label)
        return self.generator.space.from_players(self.generator(z, known))

    def score(self, example: Shaped[np.ndarray, "1 ..."], label: int | None) -> dict[str, float] | None:
        """D's logit, and the share of the generator's own examples that have a lower one."""
        if self.discriminator is None or self.scores is None:
            return None
        logit = float(self.discriminator.logits(Examples(example, self.generator.labels(0, 1, label=label)))[0])
        return {"logit": logit, "above": float(np.searchsorted(self.scores, logit) / len(self.scores))}

    def slope(self, example: Shaped[np.ndarray, "1 ..."], label: int | None) -> UInt8[np.ndarray, "3 h w"] | None:
        """The gradient of D's logit in the pixels of an image: red where brighter would score higher, blue: darker."""
        space, judge = self.generator.space, self.discriminator
        if judge is None or not isinstance(space, ImageSpace):
            return None
        labels = self.generator.labels(0, 1, label=label) if judge.config.classes else None
        given = None if labels is None else torch.from_numpy(labels).to(judge.device)
        image = space.to_players(torch.from_numpy(example)).to(judge.device)
        return signed(slope(lambda pixels: judge(pixels, given), image)[0].cpu().numpy())

    def nearest(self, example: Shaped[np.ndarray, "1 ..."]) -> tuple[float, Shaped[np.ndarray, "..."]] | None:
        """The closest of the training examples, and its distance."""
        if self.training is None:
            return None
        (distance,), (index,) = nearest(example, self.training.values, self.generator.space.to_vectors)
        return float(distance), np.array(self.training.values[index])


def explore(source: str, port: int) -> None:
    """Serve the page of the generator at `source` until Ctrl-C, to this machine only.

    Raises UserError where the port is in use.
    """
    app = opened(resolve_generator(source), source)
    try:
        server = socket.create_server((HOST, port))
    except OSError as error:
        raise UserError(f"--port {port}: {error.strerror}; choose another one, or 0 for any") from None
    with server:
        print(f"http://{HOST}:{server.getsockname()[1]} shows {source}; Ctrl-C ends", flush=True)
        uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[server])


def opened(folder: Path, name: str) -> FastAPI:
    """The page of the generator in `folder`: it takes pictures where the generator restores or translates."""
    generator = as_evaluated(folder)
    if how := generator.config.given:
        return explore_given.application(explore_given.open_given(folder, generator), how, name)
    return application(explorer_of(folder, generator), name)


def explorer_of(folder: Path, generator: LoadedGenerator) -> Explorer:
    """The generator that was read from `folder`, with the discriminator and the training examples beside it."""
    judge = folder.resolve().parent / "discriminator"
    fits, paths = judge.is_dir() and (folder.resolve().name == "generator"), Paths(folder.resolve().parent.parent)
    training = None
    beside = paths.generator == folder.resolve() and paths.splits.exists()
    if beside and read_manifest(paths.splits).examples == generator.config.examples:  # else they are of other data
        training = read_split(paths.splits, "train")
    return Explorer(generator, load_discriminator(judge, generator.device) if fits else None, training)


def application(explorer: Explorer, name: str) -> FastAPI:
    """The page, and the one address that it asks for examples."""
    generator = explorer.generator
    page = fill(
        "explore.html.j2",
        ["nashgan.commands"],
        ["style.css", "explore.css"],
        ["explore.js"],
        fetches=True,
        name=name,
        model=generator.config.name,
        described=generator.space.described,
        one=generator.space.plural,
        classes=generator.config.classes,
        latent=generator.config.latent,
        directions=len(explorer.directions),
        reach=REACH,
        truncates=not isinstance(generator.module, Correcting),
        judged=explorer.scores is not None,
        most_seed=MOST_SEED,
    )

    app = serving(page)

    @app.get("/example")
    def example(
        seed: Seed = 0,
        other: Seed = 1,
        way: Annotated[float, Query(ge=0, le=1)] = 0.0,
        moves: Annotated[str, Query(max_length=400)] = "",
        label: Annotated[int | None, Query()] = None,
        truncation: Annotated[float | None, Query(gt=0, le=100)] = None,
    ) -> dict[str, object]:
        with explorer.lock:
            z = explorer.latent(seed, other, way, _numbers(moves, len(explorer.directions)), truncation)
            label = 0 if label is None and generator.config.classes else label
            made = explorer.example(z, label)
            answer = {**shown(generator.space, made[0]), "score": explorer.score(made, label)}
            if (gradient := explorer.slope(made, label)) is not None:
                answer["gradient"] = shown(ImageSpace(*gradient.shape), gradient)
            if found := explorer.nearest(made):
                answer["nearest"] = {"distance": found[0], **shown(generator.space, found[1])}
            return answer

    return app


def _numbers(text: str, most: int) -> list[float]:
    try:
        numbers = [float(part) for part in text.split(",") if part]
    except ValueError:
        numbers = [math.nan]
    if len(numbers) > most or not all(abs(number) <= REACH for number in numbers):
        raise UserError(f"moves: must be at most {most} numbers between -{REACH:g} and {REACH:g}, got {text!r}")
    return numbers
