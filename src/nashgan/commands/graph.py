"""A generator as a graph that runs without nashgan: a program of torch.export, and ONNX.

The graph maps latent vectors, and labels or given images, to the numbers that the players see. It is written only after
it was run beside the network, on a batch of another size than the one it was traced with.
"""

import inspect
import io
import json
import tempfile
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram

from nashgan.models.generator import BLOCK, LoadedGenerator
from nashgan.reporting.operations import refusal
from nashgan.runtime.errors import UserError

MOST = 1e-4  # the largest error of a number, beside the network's own; images are numbers from -1 to 1
TRACED, COMPARED = 3, 5  # examples in the batches
CALIBRATED = 512  # examples that show the ranges of numbers for 8 bits
METADATA = "nashgan"  # the key in ONNX, and the name of a torch program's extra file without .json
OUTPUT = "examples"
SEED_RULE = (
    f"block = i // {BLOCK}; s = int.from_bytes(sha256(repr((seed, 'latents', block)).encode()).digest()[:8], 'big') >> "
    f"1; z = torch.randn({BLOCK}, latent, generator=torch.Generator().manual_seed(s))[i % {BLOCK}]"
)


@dataclass(frozen=True)
class Graph:
    """The content of a file, and the largest difference between what it computes and what the network computes."""

    content: bytes
    error: float


class _Network(nn.Module):
    """The network under a name that no attribute of a graph has, with float32 as its output."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, z: Float[Tensor, "n latent"], given: Tensor | None = None) -> Float[Tensor, "n ..."]:
        made: Tensor = self.network(z, given)
        return made.float()


def input_names(generator: LoadedGenerator) -> list[str]:
    """The inputs of a graph: z, and the label or the image that the network is given."""
    if generator.config.given:
        return ["z", "given"]
    return ["z", "label"] if generator.config.classes else ["z"]


def described(generator: LoadedGenerator) -> dict[str, Any]:
    """What the file says of itself: shapes, ranges, classes, and which latent vector belongs to a seed."""
    config, space = generator.config, generator.space
    shape = ", ".join(map(str, ("n", *space.shape)))
    inputs = {"z": f"float32 (n, {config.latent}), numbers from N(0, 1)"}
    if config.given:
        inputs["given"] = f"float32 ({shape}), an image as the network sees it: {_first(space.to_players)}"
    elif config.classes:
        inputs["label"] = f"int64 (n,), 0 to {config.classes - 1}"
    seeds = {} if config.given else {"z of example i of a seed of nashgan": SEED_RULE}
    return {
        "nashgan": version("nashgan"),
        "weights_sha256": generator.sha256,
        "model": config.model_dump(mode="json"),
        "inputs": inputs,
        "output": f"float32 ({shape}), as the network sees it; as stored: {_first(space.from_players)}",
        "classes": config.classes,
        **seeds,
        "corrected": generator.choose is not None,  # the evaluated samples were, and the graph's are not
    }


def torch_program(generator: LoadedGenerator) -> Graph:
    """A program of torch.export, loaded again and compared. Raises UserError as `program`, and where it differs."""
    exported, buffer = program(generator), io.BytesIO()
    extra = {f"{METADATA}.json": json.dumps(described(generator))}
    with warnings.catch_warnings(action="ignore"):  # of torch's own old functions
        torch.export.save(exported, buffer, extra_files=extra)
        again: Callable[..., Tensor] = torch.export.load(io.BytesIO(buffer.getvalue())).module()
    return Graph(buffer.getvalue(), compare(generator, lambda *inputs: again(*inputs).detach().numpy()))


def onnx_model(generator: LoadedGenerator) -> Graph:
    """An ONNX model, run by onnxruntime and compared.

    Raises UserError as `program`, where the result differs, and where ONNX is not installed.
    """
    try:
        import onnxruntime  # noqa: F401  # runs what was written
        import onnxscript  # noqa: F401  # torch writes ONNX with it
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name}: not installed; `pip install 'nashgan[onnx]'`") from None
    names = input_names(generator)
    with warnings.catch_warnings(action="ignore"):
        written = torch.onnx.export(
            program(generator), input_names=names, output_names=[OUTPUT], dynamo=True, verbose=False
        )
    assert written is not None
    model = written.model_proto
    model.metadata_props.add(key=METADATA, value=json.dumps(described(generator)))
    content: bytes = model.SerializeToString()
    return Graph(content, compare(generator, run_onnx(content, generator)))


def int8_model(generator: LoadedGenerator) -> Graph:
    """The ONNX model with weights and results of 8 bits, scaled by `CALIBRATED` examples (Jacob et al., 2018).

    Its error is measured and not limited. Raises UserError as `onnx_model`, and where images would have to be given.
    """
    if generator.config.given:
        raise UserError("int8: this generator is given images, and there are none here to find the scales with")
    exact = onnx_model(generator).content
    from onnxruntime.quantization import QuantType, quantize_static
    from onnxruntime.quantization.shape_inference import quant_pre_process

    names = input_names(generator)
    blocks = (block_inputs(generator, block) for block in range(CALIBRATED // BLOCK))
    batches = ({name: one.numpy() for name, one in zip(names, block, strict=True)} for block in blocks)
    with tempfile.TemporaryDirectory() as folder:
        whole, prepared, small = (Path(folder) / name for name in ("whole.onnx", "prepared.onnx", "small.onnx"))
        whole.write_bytes(exact)
        quant_pre_process(whole, prepared)
        reader = SimpleNamespace(get_next=lambda: next(batches, None))
        quantize_static(
            prepared, small, reader, per_channel=True, weight_type=QuantType.QInt8, activation_type=QuantType.QUInt8
        )
        content = small.read_bytes()
    return Graph(content, difference(generator, run_onnx(content, generator)))


def block_inputs(generator: LoadedGenerator, block: int) -> tuple[Tensor, ...]:
    """The latent vectors, and the labels, of a block of samples of seed 0; without a correction."""
    labels = generator.labels(0, BLOCK, block * BLOCK)
    z = generator.latents(0, block)
    return (z,) if labels is None else (z, torch.from_numpy(labels))


def run_onnx(content: bytes, generator: LoadedGenerator) -> Callable[..., Shaped[np.ndarray, "n ..."]]:
    """A function that runs an ONNX model on latent vectors, and on labels or given images."""
    import onnxruntime

    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    names = input_names(generator)

    def run(*inputs: Tensor) -> np.ndarray:
        (made,) = session.run(None, {name: one.numpy() for name, one in zip(names, inputs, strict=True)})
        return np.asarray(made)

    return run


def program(generator: LoadedGenerator) -> ExportedProgram:
    """The network on the CPU as a graph for batches of any size.

    Raises UserError where no graph can do what the generator does.
    """
    if why := refusal(generator):
        raise UserError(why)
    inputs, batch = trial_inputs(generator, TRACED), Dim("n", min=1)
    with warnings.catch_warnings(action="ignore"), torch.no_grad():
        return torch.export.export(
            _Network(generator.module), inputs, dynamic_shapes=tuple({0: batch} for _ in inputs), strict=False
        )


def compare(generator: LoadedGenerator, run: Callable[..., Shaped[np.ndarray, "n ..."]]) -> float:
    """The largest difference of a number between `run` and the network. Raises UserError above the limit."""
    error = difference(generator, run)
    if not error <= MOST:
        raise UserError(f"not written: differs from the network by {error:.1e}, more than {MOST:.0e}")
    return error


def difference(generator: LoadedGenerator, run: Callable[..., Shaped[np.ndarray, "n ..."]]) -> float:
    """The largest difference of a number between `run` and the network."""
    inputs = trial_inputs(generator, COMPARED)
    return float(np.abs(run(*inputs) - generator(*inputs).numpy()).max())


def trial_inputs(generator: LoadedGenerator, count: int) -> tuple[Tensor, ...]:
    """`count` latent vectors, with labels in turn or given images of noise."""
    config, random = generator.config, torch.Generator().manual_seed(count)
    z = torch.randn(count, config.latent, generator=random)
    if config.given:
        return z, 2 * torch.rand(count, *generator.space.shape, generator=random) - 1
    return (z, torch.arange(count) % config.classes) if config.classes else (z,)


def sizes(generator: LoadedGenerator) -> str:
    """The inputs in a few words: ``z (n, 64), label (n)``."""
    names, inputs = input_names(generator), trial_inputs(generator, 1)
    shapes = (", ".join(map(str, ("n", *one.shape[1:]))) for one in inputs)
    return ", ".join(f"{name} ({shape})" for name, shape in zip(names, shapes, strict=True))


def _first(method: Callable[..., object]) -> str:
    """What the space says of a conversion, in its own words."""
    return (inspect.getdoc(method) or "").partition("\n\n")[0].replace("\n", " ")
