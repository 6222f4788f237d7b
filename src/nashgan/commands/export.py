"""``nashgan export``: a generator in a form that others can use, with or without nashgan."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

import torch

from nashgan.commands.card import card_records, record_files
from nashgan.commands.graph import (
    COMPARED,
    Graph,
    described,
    input_names,
    int8_model,
    onnx_model,
    sizes,
    torch_program,
)
from nashgan.commands.sample import as_evaluated
from nashgan.models.generator import PUBLISHED, LoadedGenerator
from nashgan.records.paths import Paths
from nashgan.records.samples import CORRECTION
from nashgan.reporting.operations import refusal
from nashgan.runtime.errors import UserError, no_space_is_user_error
from nashgan.runtime.files import atomic_folder, atomic_path, write_text
from nashgan.tracking.model_card import model_card
from nashgan.tracking.promotion import resolve_generator

Form = Literal["onnx", "int8", "torch", "hub"]
ONNX, INT8, PROGRAM, CARD = "model.onnx", "model.int8.onnx", "model.pt2", "README.md"
GRAPHS: dict[Form, tuple[str, Callable[[LoadedGenerator], Graph]]] = {
    "onnx": (ONNX, onnx_model),
    "int8": (INT8, int8_model),
    "torch": (PROGRAM, torch_program),
}


def export(source: str, form: Form, out: Path) -> None:
    """Write the generator at `source` into the folder `out`, and print what was written and how exact it is.

    `onnx`, `int8` and `torch` write a graph, which runs without nashgan; `int8` is ONNX with weights and results of 8
    bits. `hub` makes the folder a repository of Hugging Face:
    weights, configuration, model card, records, and a graph where there can be one. Raises UserError, and leaves what
    was there, where a graph of full precision differs from the network, or cannot do what the generator does.
    """
    folder = resolve_generator(source)
    generator = as_evaluated(folder, torch.device("cpu"))
    with no_space_is_user_error(out):
        if form == "hub":
            _hub(folder, generator, out)
            return
        name, make = GRAPHS[form]
        graph = make(generator)
        _write(out / name, graph)
        print(_line(out / name, graph, generator))


def _write(path: Path, graph: Graph) -> None:
    with atomic_path(path) as temporary:
        temporary.write_bytes(graph.content)


def _line(path: Path, graph: Graph, generator: LoadedGenerator) -> str:
    error = f"largest error {graph.error:.1e} on {COMPARED} latent vectors"
    without = "; it draws without the correction of the evaluated samples" if generator.choose else ""
    return f"{path}: {len(graph.content) / 1e6:.2f} MB, inputs {sizes(generator)}, {error}{without}"


def _hub(folder: Path, generator: LoadedGenerator, out: Path) -> None:
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out}: exists and is not an empty folder; name another one with --out")
    records, why = card_records(folder), refusal(generator)
    graph = None if why else onnx_model(generator)
    with atomic_folder(out) as place:
        leave = shutil.ignore_patterns("raw.safetensors", ONNX, CARD)  # what stays is used, an encoder for example
        shutil.copytree(folder, place, ignore=leave, copy_function=shutil.copyfile, dirs_exist_ok=True)
        if (weights := place / "weights.safetensors").exists():
            weights.rename(place / PUBLISHED)
        for path in record_files(folder):
            shutil.copyfile(path, place / path.name)
        if (correction := _correction(folder)).exists():
            shutil.copytree(correction, place / CORRECTION, copy_function=shutil.copyfile, dirs_exist_ok=True)
        if graph:
            _write(place / ONNX, graph)
        write_text(place / CARD, model_card(records, use_section(generator, why)))
    print(f"{out}: {', '.join(sorted(path.name for path in out.iterdir()))}")
    print(f"no {ONNX}: {why}" if graph is None else _line(out / ONNX, graph, generator))


def _correction(folder: Path) -> Path:
    """What corrects the samples of the generator in `folder`, if they are corrected."""
    workspace = Paths(folder.resolve().parent.parent)
    return workspace.correction if workspace.generator == folder.resolve() else folder / CORRECTION


def use_section(generator: LoadedGenerator, why: str | None) -> str:
    """The card's section on how the folder is loaded; `why` says why it has no graph."""
    config = generator.config
    given, label = config.given is not None, ", label=0" if config.classes else ""
    command = "restore" if config.given is None or config.given.paired else "translate"
    here = "generator.restore(images, seed=0)  # uint8, as the pictures" if given else f"generator.sample(0, 16{label})"
    parts = [
        "## Use",
        "With nashgan, in the folder of these files:",
        f'```python\nimport nashgan\ngenerator = nashgan.load(".")\n{generator.space.plural} = {here}\n```',
        f"or `nashgan {command} PICTURES --generator .`" if given else "or `nashgan sample . --count 16`.",
    ]
    if why:
        return "\n\n".join([*parts, f"There is no graph that runs without nashgan: {why}."])
    feeds = {
        "z": f'np.random.randn(16, {config.latent}).astype("float32")',
        "label": f"np.arange(16) % {config.classes}",
        "given": "pictures",
    }
    fed = ", ".join(f'"{name}": {feeds[name]}' for name in input_names(generator))
    parts += [
        "Without nashgan:",
        f'```python\nimport numpy as np, onnxruntime\nsession = onnxruntime.InferenceSession("{ONNX}")\n'
        f"({generator.space.plural},) = session.run(None, {{{fed}}})\n```",
        "\n".join(f"- `{name}`: {text}" for name, text in described(generator)["inputs"].items()),
        f"- output: {described(generator)['output']}",
    ]
    return "\n\n".join(parts)
