"""The training loop of introductions against this project's: images a second, side by side.

Run: python -m benchmarks.training [CASE…] [--rounds 5] [--seconds 12] [--out FILE]

Both loops have the same players, batch and images (noise of 8 bits). Each round runs both, one after the other, in
processes of their own, so that neither has the other's settings of memory and threads. The textbook's loop is that of
`benchmarks.textbook`: a DataLoader with two workers, float32, torch's default layout, `.item()` in each step. The table
has medians over the rounds, and the lowest and highest. Operations are those of convolutions and of products of
matrices, counted in one step; the peak is that of a product of two matrices of side 1,024 in the precision of the loop.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import yaml
from benchmarks.applications import machine
from benchmarks.checkpoint import noise, training_on_noise
from benchmarks.textbook import batches, dcgan_step, plain, r3gan_step
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.params import Params, load_params
from nashgan.runtime.allocation import keep_freed_memory
from nashgan.runtime.progress import progress
from nashgan.runtime.threads import choose_waiting
from nashgan.spaces.image import ImageSpace

ROOT = Path(__file__).parents[1]
DCGAN: dict[str, dict[str, Any]] = {
    "model": {"name": "dcgan", "discriminator": "dcgan", "conditional": False, "latent": 100},
    "objective": {"loss": "non_saturating", "penalty": "none"},
    "train": {"batch": 64, "lr_generator": 2e-4, "lr_discriminator": 2e-4, "lr_end": 1.0, "beta1": 0.5, "beta2": 0.999},
}
CASES: dict[str, dict[str, dict[str, Any]]] = {  # what differs from params.yaml
    "dcgan64": DCGAN | {"data": {"image_size": 64}, "model": DCGAN["model"] | {"width": 64}},
    "dcgan32": DCGAN | {"data": {"image_size": 32}, "model": DCGAN["model"] | {"width": 32}},
    "default": {"model": {"conditional": False}},
}
LOOPS = ("textbook", "nashgan")
PICTURES = 2048  # of noise, in an epoch
WARM_UP = 3  # steps before the clock starts
SIDE, PRODUCTS = 1024, 10  # of the peak


def main() -> None:
    """Print the table, or, for a process of a round, what one loop did."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("cases", nargs="*", metavar="CASE", help=f"{', '.join(CASES)}; all, if none is named")
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--seconds", type=float, default=12, help="of training in each process")
    asked.add_argument("--out", type=Path, help="write the figures to this JSON file, too")
    asked.add_argument("--loop", choices=LOOPS, help=argparse.SUPPRESS)
    options = asked.parse_args()
    cases = options.cases or list(CASES)
    if unknown := set(cases) - set(CASES):
        asked.error(f"no case {', '.join(sorted(unknown))}; there are {', '.join(CASES)}")
    if options.loop:
        print(json.dumps(timed(cases[0], options.loop, options.seconds)))
        return
    found: dict[str, dict[str, list[dict[str, Any]]]] = {case: {loop: [] for loop in LOOPS} for case in cases}
    with progress("benchmark", options.rounds * len(cases) * len(LOOPS), "runs") as advance:
        for _ in range(options.rounds):
            for case in cases:
                for loop in LOOPS:
                    found[case][loop].append(in_a_process(case, loop, options.seconds))
                    advance(1)
    print("\n".join(table(found)))
    if options.out:
        options.out.parent.mkdir(parents=True, exist_ok=True)
        options.out.write_text(json.dumps({"machine": machine(), "cases": found}, indent=1) + "\n")


def in_a_process(case: str, loop: str, seconds: float) -> dict[str, Any]:
    """What `timed` returns, measured in a new process with the loop's own settings."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GOMP_")}
    environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    if loop == "nashgan":
        choose_waiting(environment, ROOT)
    command = [sys.executable, "-m", "benchmarks.training", case, "--loop", loop, "--seconds", str(seconds)]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{case}, {loop}: {done.stderr.strip()}")
    figures: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return figures


def timed(case: str, loop: str, seconds: float) -> dict[str, Any]:
    """Images a second over at least `seconds`, operations a step, and the peak of the same process."""
    step, images, bf16 = (textbook_loop if loop == "textbook" else our_loop)(case)
    peak_a_second = peak(bf16)  # before the first step, which starts the textbook's workers
    with Operations() as counted:
        step()
    for _ in range(WARM_UP):
        step()
    steps, began = 0, time.perf_counter()
    while (taken := time.perf_counter() - began) < seconds:
        step()
        steps += 1
    return {
        "images_a_second": steps * images / taken,
        "steps": steps,
        "operations_a_step": counted.total,
        "operations_a_second": counted.total * steps / taken,
        "peak_a_second": peak_a_second,
        "precision": "bf16" if bf16 else "fp32",
        "threads": torch.get_num_threads(),
    }


class Operations(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts multiplications and additions; torch's own counter follows modules, and so refuses a gradient penalty."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        out = func(*args, **(kwargs or {}))
        if count := flop_registry.get(func._overloadpacket):
            self.total += count(*args, **(kwargs or {}), out_val=out)
        return out


def peak(bf16: bool) -> float:
    """Operations a second of a product of matrices, the best of some."""
    one = torch.ones(SIDE, SIDE, dtype=torch.bfloat16 if bf16 else torch.float32)
    times = []
    for _ in range(PRODUCTS):
        began = time.perf_counter()
        one @ one
        times.append(time.perf_counter() - began)
    return 2 * SIDE**3 / min(times)


def params_of(case: str) -> Params:
    """The parameters of a case: params.yaml with its changes."""
    values = yaml.safe_load((ROOT / "params.yaml").read_text())
    for section, changes in CASES[case].items():
        values[section] |= changes
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "params.yaml").write_text(yaml.safe_dump(values))
        return load_params(Path(folder) / "params.yaml")


def our_loop(case: str) -> tuple[Callable[[], object], int, bool]:
    """A step as the stage `train` takes it, the images of a step, and whether it is in bfloat16."""
    keep_freed_memory(os.environ)
    params, _, game, batches = training_on_noise(params_of(case))
    rows, seen = list[torch.Tensor](), 0

    def step() -> None:
        nonlocal seen
        rows.append(game.step(batches, seen))
        seen += game.step_images
        game.average.update(game.generator, game.step_images, seen)
        if seen % params.train.log_every < game.step_images:
            torch.stack(rows).mean(0).tolist()  # the history's row waits for the device
            rows.clear()

    return step, game.step_images, game.device.bf16


def textbook_loop(case: str) -> tuple[Callable[[], object], int, bool]:
    """The same for the textbook's loop."""
    params = params_of(case)
    model, train, size = params.model, params.train, params.data.image_size
    config = ModelConfig(
        name=model.name, examples=ImageSpace(1, size, size).format, latent=model.latent, width=model.width
    )
    torch.manual_seed(0)
    g = plain(build_generator(config))
    d = plain(build_discriminator(config.model_copy(update={"name": model.discriminator_name})))
    if model.name == "dcgan":
        move = dcgan_step(g, d, model.latent, train.lr_generator)
    else:
        move = r3gan_step(g, d, model.latent, train.lr_generator, weight=1.0)
    images = batches(noise(PICTURES, size), train.batch)
    return (lambda: move(next(images))), train.batch, False


def table(found: dict[str, dict[str, list[dict[str, Any]]]]) -> list[str]:
    """A Markdown table, with the ratio of each round's two rates."""
    lines = [
        f"On {machine()}:",
        "",
        "| case | textbook, images/s | nashgan, images/s | times as fast | operations a step | share of the peak |",
        "|---|---|---|---|---|---|",
    ]
    for case, by_loop in found.items():
        rates = {loop: [one["images_a_second"] for one in runs] for loop, runs in by_loop.items()}
        ratios = [ours / theirs for theirs, ours in zip(rates["textbook"], rates["nashgan"], strict=True)]
        operations = ", ".join(f"{by_loop[loop][0]['operations_a_step'] / 1e9:.1f} G" for loop in LOOPS)
        shares = [
            statistics.median(one["operations_a_second"] / one["peak_a_second"] for one in by_loop[loop])
            for loop in LOOPS
        ]
        reached = ", ".join(
            f"{share:.0%} ({by_loop[loop][0]['precision']})" for loop, share in zip(LOOPS, shares, strict=True)
        )
        cells = [spread(rates["textbook"], 1), spread(rates["nashgan"], 1), spread(ratios, 2), operations, reached]
        lines.append(f"| {case} | {' | '.join(cells)} |")
    return lines


def spread(values: list[float], digits: int) -> str:
    """Median, lowest and highest."""
    middle, low, high = (f"{one:,.{digits}f}" for one in (statistics.median(values), min(values), max(values)))
    return f"{middle} ({low} to {high})"


if __name__ == "__main__":
    main()
