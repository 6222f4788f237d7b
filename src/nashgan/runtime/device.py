"""The device and its settings, the same for all stages, so that the same computation gives the same bits."""

import os
import re
import resource
import sys
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from nashgan.runtime.compute import ComputeParams
from nashgan.runtime.errors import UserError
from nashgan.runtime.processes import ALONE, Processes

_HIGHEST = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)  # Linux's ru_maxrss may be that of the parent process
AUTO = ComputeParams(device="auto", deterministic=True, processes=1, threads="auto")


@dataclass(frozen=True)
class Device:
    """A device and the precision of a training's forward passes; weights, losses and optimizer stay in float32."""

    torch: torch.device
    bf16: bool = False
    deterministic: bool = True
    processes: Processes = ALONE  # that compute the same training

    @property
    def name(self) -> str:
        """The name that people read: the GPU's name, or the number of CPU threads."""
        if self.torch.type == "cuda":
            return torch.cuda.get_device_name(self.torch)
        if self.torch.type == "cpu":
            threads = torch.get_num_threads()
            return f"cpu, {threads} thread{'s' if threads > 1 else ''}"
        return self.torch.type

    @property
    def precision(self) -> str:
        return "bf16" if self.bf16 else "fp32"

    @property
    def described(self) -> str:
        """Everything that the last bits of a result depend on: device, precision, and on a GPU the algorithms."""
        gpu = f", no TF32, {'deterministic' if self.deterministic else 'not deterministic'}"
        return f"{self.name}, {self.precision}{gpu if self.torch.type == 'cuda' else ''}"

    def place(self, module: nn.Module) -> nn.Module:
        """Move `module` to this device, with its convolutions in channels-last layout. Returns the same module."""
        return module.to(self.torch).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def autocast(self) -> AbstractContextManager[object]:
        """A context in which forward passes run in bfloat16, if this was chosen."""
        return torch.autocast(self.torch.type, dtype=torch.bfloat16) if self.bf16 else nullcontext()


def pick_device(compute: ComputeParams = AUTO, precision: str = "auto") -> Device:
    """The device that `compute` names; for auto, the best available one.

    `precision` is fp32, bf16, or auto: bf16 where this is fast. On a GPU this process then computes without TF32, and
    with deterministic algorithms only, if `compute` says so. Raises UserError if the device is not available, or does
    not support the precision.
    """
    if compute.threads != "auto":
        torch.set_num_threads(compute.threads)
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    kind: str = compute.device
    if kind == "auto":
        kind = next(name for name, there in available.items() if there)
    if not available[kind]:
        there = ", ".join(name for name, there in available.items() if there)
        raise UserError(f"params.yaml: compute.device: {kind} is not available here (there is: {there}); use auto")
    if kind == "cuda":
        _choose_algorithms(compute.deterministic)
    if precision == "bf16" and kind == "mps":
        raise UserError("params.yaml: train.precision: bf16 is not supported on mps; use auto or fp32")
    bf16 = precision == "bf16" or (precision == "auto" and _bf16_is_fast(kind))
    return Device(torch.device(kind), bf16, compute.deterministic)


def peak_memory(device: torch.device) -> int:
    """The most memory, in bytes, that was in use at a time since this process began.

    On a GPU it is what torch allocated there. Elsewhere it is the resident set of the process, libraries included.
    """
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    status = Path("/proc/self/status")
    found = _HIGHEST.search(status.read_text()) if status.exists() else None
    if found:
        return int(found[1]) * 1024
    factor = 1 if sys.platform == "darwin" else 1024  # macOS counts in bytes, others in KiB
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * factor


def _choose_algorithms(deterministic: bool) -> None:
    """Full float32, and deterministic algorithms: no atomic additions, and no choice of the algorithm by its speed.

    Otherwise a training that was killed and continued would not end with the bits of an undisturbed one. If an
    operation has no deterministic algorithm, torch warns with its name; the training goes on, and the last bits may
    differ.
    """
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = False
    torch.backends.cudnn.benchmark = not deterministic
    if deterministic:
        os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # CUDA reads it when it starts, later than this
    torch.use_deterministic_algorithms(deterministic, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined] # filling only costs time


def _bf16_is_fast(device: str) -> bool:
    if device == "cuda":  # Ampere and later
        return torch.cuda.get_device_capability() >= (8, 0)
    if device == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False
