"""A generator as a list of operations on arrays, to be computed where there is no torch: in the report, by a browser.

`operations` traces the network with torch.export for a fixed number of examples. So each array has one known shape, and
what remains are few operations with their numbers. What a browser can compute is `COMPUTED`.
"""

import json
import operator
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.fx import Node

from nashgan.models.generator import Correcting, LoadedGenerator
from nashgan.runtime.errors import UserError

COMPUTED = frozenset(  # by the report's script, which has a function of each name
    {"add", "batch_norm", "cat", "chunk", "clamp", "contiguous", "conv2d", "conv_transpose2d", "embedding", "getitem"}
    | {"leaky_relu", "linear", "mul", "relu", "tanh", "unflatten", "unsqueeze", "upsample_nearest2d", "view"}
)
NO_NUMBERS = ("cudnn_enabled", "dtype", "layout", "memory_format", "momentum", "training")  # arguments without effect


@dataclass(frozen=True)
class Operations:
    """A network as data.

    Arrays have numbers: first the constants, then the inputs, then the result of each step. `text` is JSON. There,
    ``constants`` and ``inputs`` are shapes, and ``steps`` has the name, the arguments and the shape of the result
    of each operation. An argument ``{"array": i}`` is the array number i. The last result is the network's. `weights`
    are the constants as little-endian float32, one after the other.
    """

    text: str
    weights: bytes

    @property
    def base64(self) -> str:
        """The weights as text."""
        return b64encode(self.weights).decode()


def refusal(generator: LoadedGenerator) -> str | None:
    """Why no fixed list of operations can draw as `generator` does; None where one can."""
    if isinstance(generator.module, Correcting):
        name = generator.config.name
        return f"the model {name!r} corrects its latent vectors by a random walk of no fixed length, which no graph has"
    return None


def operations(network: nn.Module, inputs: Sequence[Tensor | None]) -> Operations:
    """`network` for inputs of these shapes. Raises UserError where one of its operations is not in `COMPUTED`."""
    with torch.no_grad():
        program = torch.export.export(network, tuple(inputs), strict=False)
    constants = dict(_constants(program))
    given = [name for name in program.graph_signature.user_inputs if isinstance(name, str)]
    numbers = {name: number for number, name in enumerate([*constants, *given])}
    steps: list[dict[str, object]] = []
    for node in program.graph.nodes:
        if node.op == "call_function" and node.meta.get("val") is not None:
            steps.append({"operation": _name(node), "shape": _shape(node.meta["val"]), **_arguments(node, numbers)})
            numbers[node.name] = len(constants) + len(given) + len(steps) - 1
            if _in_place(node):  # what comes later means the changed array
                numbers[_first(node).name] = numbers[node.name]
    if unknown := sorted({str(step["operation"]) for step in steps} - COMPUTED):
        raise UserError(f"no page can compute {', '.join(unknown)}")
    shapes = [list(tensor.shape) for tensor in constants.values()]
    asked = [list(one.shape) for one in inputs if one is not None]
    text = json.dumps({"constants": shapes, "inputs": asked, "steps": steps}, separators=(",", ":"))
    return Operations(text, b"".join(tensor.float().numpy().astype("<f4").tobytes() for tensor in constants.values()))


def _constants(program: ExportedProgram) -> Iterator[tuple[str, Tensor]]:
    """The parameters and buffers that a step uses, by the name of their place in the graph."""
    signature = program.graph_signature
    targets = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    values = {**program.state_dict, **program.constants}
    for node in program.graph.nodes:
        if node.op == "placeholder" and node.name in targets and node.users:
            yield node.name, values[targets[node.name]].detach()


def _name(node: Node) -> str:
    """``leaky_relu`` of ``aten.leaky_relu_.default``."""
    if node.target is operator.getitem:
        return "getitem"
    return str(node.target).removeprefix("aten.").partition(".")[0].removesuffix("_")


def _in_place(node: Node) -> bool:
    return str(node.target).partition(".default")[0].endswith("_")


def _first(node: Node) -> Node:
    first = node.args[0]
    assert isinstance(first, Node)
    return first


def _arguments(node: Node, numbers: dict[str, int]) -> dict[str, Any]:
    """The arguments by name, as the operation's schema has them, with its defaults."""
    if node.target is operator.getitem:
        return {"self": {"array": numbers[_first(node).name]}, "index": node.args[1]}
    schema = getattr(node.target, "_schema", None)
    if schema is None:
        return {}  # of an operation that is none of torch's own, and not computed
    values: dict[str, Any] = {one.name: one.default_value for one in schema.arguments if one.has_default_value()}
    values |= {**dict(zip((one.name for one in schema.arguments), node.args, strict=False)), **node.kwargs}
    return {name: _argument(value, numbers) for name, value in values.items() if name not in NO_NUMBERS}


def _argument(value: object, numbers: dict[str, int]) -> object:
    if isinstance(value, Node):
        return {"array": numbers[value.name]}
    if isinstance(value, (list, tuple)):
        return [_argument(one, numbers) for one in value]
    return value


def _shape(made: Any) -> list[Any]:
    """The shape of a result; of several results, their shapes."""
    return [list(one.shape) for one in made] if isinstance(made, (list, tuple)) else list(made.shape)
