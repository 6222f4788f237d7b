"""The generator inside the report: the reader draws further images, computed by the browser."""

from pathlib import Path

import torch
from torch.utils.flop_counter import FlopCounterMode

from nashgan.models.config import ModelConfig
from nashgan.models.generator import load_generator
from nashgan.reporting.inputs import Inputs
from nashgan.reporting.operations import Operations, operations, refusal
from nashgan.reporting.section import Section
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

COUNT = 10  # images at a time
LARGEST = 3_300_000  # bytes of weights: with them the page stays below 5 MB
LONGEST = 10**9  # multiplications for `COUNT` images: some seconds in a browser


def as_operations(folder: Path) -> Operations | str | None:
    """The generator in `folder` as operations for `COUNT` images, or why the page cannot compute it.

    None where it does not draw images of its own. Raises UserError where the folder is missing or broken.
    """
    generator = load_generator(folder)
    config = generator.config
    if not isinstance(config.space, ImageSpace) or config.given or config.space.channels not in (1, 3, 4):
        return None
    if why := refusal(generator):
        return why
    given = inputs(config)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        generator.module(*given)
    if (count := counter.get_total_flops() // 2) > LONGEST:  # a multiplication and an addition are two
        return f"it takes {count / 1e9:.1f} billion multiplications for {COUNT} images"
    try:
        made = operations(generator.module, given)
    except UserError as error:
        return str(error)
    return made if len(made.weights) <= LARGEST else f"its weights have {len(made.weights) / 1e6:.1f} MB"


def inputs(config: ModelConfig) -> tuple[torch.Tensor, torch.Tensor | None]:
    """Latent vectors and labels of the shapes for which the network becomes operations."""
    return torch.zeros(COUNT, config.latent), torch.zeros(COUNT, dtype=torch.int64) if config.classes else None


def live(made: Inputs) -> Section | None:
    """Images that the browser draws. None where the generator draws no images of its own."""
    if made.live is None:
        return None
    config, space = made.model, made.model.space
    context = {
        "why": made.live if isinstance(made.live, str) else None,
        "count": COUNT,
        "latent": config.latent,
        "shape": space.shape,
        "levels": made.data.examples.levels or 256,
        "classes": list(made.data.classes or map(str, range(config.classes)))[: config.classes],
        "corrected": made.correction is not None,
    }
    return Section("draw", "Draw others", context)
