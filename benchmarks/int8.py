"""What 8 bits cost: metrics of the same samples, drawn by the ONNX graphs of full precision and of 8 bits.

Run: python -m benchmarks.int8, in a repository whose pipeline has run; minutes. The workspace is not changed.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from nashgan.commands.graph import Graph, block_inputs, int8_model, onnx_model, run_onnx
from nashgan.evaluation.view import View
from nashgan.features.classifier import load_classifier
from nashgan.features.inception import load_inception
from nashgan.models.generator import BLOCK, LoadedGenerator, load_generator
from nashgan.records.paths import Paths
from nashgan.records.reference import read_reference
from nashgan.runtime.device import pick_device

SHOWN = ("fid", "precision", "recall", "fcd")
GRAPHS: dict[str, Callable[[LoadedGenerator], Graph]] = {"full precision": onnx_model, "8 bits": int8_model}


def main() -> None:
    """Print a row of a table for each graph: its size, the seconds it draws, and metrics with intervals."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--samples", type=int, default=2000)
    asked.add_argument("--workspace", type=Path, help="default: the one around the working directory")
    options = asked.parse_args()
    paths, device = Paths.find(options.workspace), pick_device().torch
    networks = [load_classifier(paths.classifier, device).network, load_inception(paths.home, None, device, "bilinear")]
    references = [read_reference(paths.reference, network).beside(options.samples) for network in networks]
    generator = load_generator(paths.generator)
    for name, make in GRAPHS.items():
        graph = make(generator)
        began = time.perf_counter()
        images = drawn(generator, run_onnx(graph.content, generator), options.samples)
        seconds = time.perf_counter() - began
        cells = [f"{len(graph.content) / 1e6:.2f} MB", f"error {graph.error:.1e}", f"{seconds:.1f} s"]
        for network, reference in zip(networks, references, strict=True):
            for metric, found in View(network, reference, images).distances(floors=False).items():
                if metric in SHOWN and found.interval and found.value is not None:
                    cells.append(f"{metric} {found.value:.4f} ({found.interval[0]:.4f} to {found.interval[1]:.4f})")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


def drawn(generator: LoadedGenerator, run: Callable[..., np.ndarray], count: int) -> np.ndarray:
    """`count` samples of seed 0, drawn by `run`."""
    made = np.concatenate([run(*block_inputs(generator, block)) for block in range(-(-count // BLOCK))])
    return generator.space.from_players(torch.from_numpy(made))[:count]


if __name__ == "__main__":
    main()
