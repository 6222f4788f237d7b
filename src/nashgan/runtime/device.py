"""Where and how precisely to compute, and that the same computation gives the same bits."""

import os
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

import torch
from torch import nn

from nashgan.runtime.errors import UserError


@dataclass(frozen=True)
class Device:
    """A device and the precision of its forward passes; weights, losses and optimizer stay in float32."""

    torch: torch.device
    bf16: bool

    @property
    def name(self) -> str:
        """For people: the GPU's name, or the number of CPU threads."""
        if self.torch.type == "cuda":
            return torch.cuda.get_device_name(self.torch)
        return f"cpu, {torch.get_num_threads()} threads" if self.torch.type == "cpu" else self.torch.type

    @property
    def precision(self) -> str:
        return "bf16" if self.bf16 else "fp32"

    def place(self, module: nn.Module) -> nn.Module:
        """Move `module` here, its convolutions to channels last. Returns the same module."""
        return module.to(self.torch).to(memory_format=torch.channels_last)  # type: ignore[call-overload,no-any-return]

    def autocast(self) -> AbstractContextManager[object]:
        """Forward passes inside run in bfloat16 where that was chosen."""
        return torch.autocast(self.torch.type, dtype=torch.bfloat16) if self.bf16 else nullcontext()


def pick_device(device: str = "auto", precision: str = "auto") -> Device:
    """The best of what is there for "auto"; a device or precision asked for and not there is a UserError.

    On a GPU, this process then computes by deterministic algorithms.
    """
    available = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        device = next(name for name, there in available.items() if there)
    if not available[device]:
        there = ", ".join(name for name, there in available.items() if there)
        raise UserError(f"params.yaml: train.device: {device} is not available here (there is: {there}); use auto")
    if device == "cuda":
        _repeat_bits()
    fast = _bf16_is_fast(device)
    if precision == "bf16" and device == "mps":
        raise UserError("params.yaml: train.precision: bf16 is not supported on mps; use auto or fp32")
    return Device(torch.device(device), bf16=precision == "bf16" or (precision == "auto" and fast))


def _repeat_bits() -> None:
    """Choose the GPU's algorithms by themselves, not by what was fastest just now, and none with atomic additions.

    Only so does a training that was killed end with the bits of an undisturbed one. An operation for which there is no
    such algorithm stops no training: torch warns of it by its name, and then the last bits may differ.
    """
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # read when CUDA starts, which is after this
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined] # costs time, no bits
    torch.backends.cudnn.benchmark = False


def _bf16_is_fast(device: str) -> bool:
    if device == "cuda":  # Ampere and later
        return torch.cuda.get_device_capability() >= (8, 0)
    if device == "cpu":
        capabilities = torch.cpu.get_capabilities()
        return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))
    return False
