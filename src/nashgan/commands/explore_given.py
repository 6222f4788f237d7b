"""``nashgan explore`` of a generator that restores or translates: a page that takes pictures."""

import threading
from pathlib import Path

import numpy as np
from fastapi import FastAPI, Request
from jaxtyping import UInt8
from starlette.concurrency import run_in_threadpool

from nashgan.commands.explore_page import MOST_SEED, Seed, serving, shown
from nashgan.data.given_picture import as_given
from nashgan.models.generator import LoadedGenerator, load_sampler
from nashgan.pages.html import fill
from nashgan.records.given import Given
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.spaces.picture_file import look_at

LARGEST = 20_000_000  # bytes of a picture


def open_given(folder: Path, generator: LoadedGenerator) -> LoadedGenerator:
    """`generator` with the held-out images that it is evaluated on, where `folder` is that of a workspace with data."""
    paths = Paths(folder.resolve().parent.parent)
    if paths.generator == folder.resolve() and paths.splits.exists():
        return load_sampler(paths, device=generator.device)
    return generator


def application(generator: LoadedGenerator, how: Given, name: str) -> FastAPI:
    """The page, the address that a picture is sent to, and that of held-out examples."""
    does = "restore" if how.paired else "translate"
    page = fill(
        "explore_given.html.j2",
        ["nashgan.commands"],
        ["style.css", "explore.css"],
        ["explore_given.js"],
        fetches=True,
        name=name,
        model=generator.config.name,
        does=does,
        plural=generator.space.plural,
        described=generator.space.described,
        how=how.described,
        held_out=generator.images is not None,
        most_seed=MOST_SEED,
    )
    app, lock, space = serving(page), threading.Lock(), generator.space  # one picture at a time

    def answered(given: UInt8[np.ndarray, "1 *frames c h w"], seed: int) -> dict[str, object]:
        with lock:
            made = generator.restore(given, seed)
        return {"given": shown(space, given[0]), "made": shown(space, made[0])}

    @app.post("/made")
    async def made(request: Request, seed: Seed = 0) -> dict[str, object]:
        content = bytearray()
        async for piece in request.stream():
            content += piece
            if len(content) > LARGEST:
                raise UserError(f"the picture has more than {LARGEST / 1e6:.0f} MB")
        try:
            given = look_at(bytes(content), lambda picture: as_given(picture, space, how))
        except ValueError as error:
            raise UserError(f"the picture: {error}") from None
        return await run_in_threadpool(answered, given[None], seed)

    @app.get("/example")
    def example(index: Seed = 0, seed: Seed = 0) -> dict[str, object]:
        if generator.images is None:
            raise UserError("there are no held-out images beside this generator")
        given = generator.images.degraded(0, index, 1).numpy()
        true = {"true": shown(space, generator.images.true(index, 1)[0])} if how.paired else {}
        return answered(given, seed) | true

    return app
