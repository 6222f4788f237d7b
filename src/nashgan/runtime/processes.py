"""The processes that compute one training together. Rank 0 leads; nothing here adds numbers up.

They are those of torchrun or of `launch`, both of which describe them in the environment. What rank 0 tells goes over
gloo. Gradients go over NCCL where each process has a GPU of its own, else over gloo, too.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

import torch
from torch import Tensor

from nashgan.runtime.errors import Lost

TIMEOUT = timedelta(hours=1)  # so long may the others wait while rank 0 measures or writes


@dataclass(frozen=True)
class Processes:
    """This process among those of a training. A process alone needs no connection.

    All processes have to call the same methods in the same order. They raise Lost where another process died.
    """

    rank: int = 0
    size: int = 1

    def gather(self, own: Tensor) -> list[Tensor]:
        """The tensor of each process, in the order of their ranks. All have the same shape."""
        if self.size == 1:
            return [own]
        found = [torch.empty_like(own) for _ in range(self.size)]
        with _nobody_lost():
            torch.distributed.all_gather(found, own)
        return found

    def told(self, *numbers: int) -> tuple[int, ...]:
        """The numbers of rank 0; the others give as many, which do not count."""
        message = torch.tensor(numbers)
        self._broadcast(message)
        return tuple(message.tolist())

    def shared(self, data: bytes = b"") -> bytes:
        """The bytes of rank 0; the others give none."""
        (size,) = self.told(len(data))
        message = torch.frombuffer(bytearray(data or size), dtype=torch.uint8)
        self._broadcast(message)
        return message.numpy().tobytes()

    def _broadcast(self, message: Tensor) -> None:
        if self.size > 1:
            with _nobody_lost():
                torch.distributed.broadcast(message, 0)


ALONE = Processes()


def described_outside() -> Processes | None:
    """This process among those that torchrun or `launch` started; None where neither did."""
    rank, size = os.environ.get("RANK"), os.environ.get("WORLD_SIZE")
    return Processes(int(rank), int(size)) if rank and size else None


def use_own_gpu() -> bool:
    """Compute on a GPU of this process's own. Returns whether there is one for each process of this machine."""
    each = int(os.environ.get("LOCAL_WORLD_SIZE", "1")) <= torch.cuda.device_count()
    if each:
        torch.cuda.set_device(int(os.environ.get("LOCAL_RANK", "0")))
    return each


@contextmanager
def connected(processes: Processes) -> Iterator[None]:
    """While the block runs, the processes reach each other."""
    if processes.size == 1:
        yield
        return
    backend = "cpu:gloo,cuda:nccl" if use_own_gpu() else "gloo"
    torch.distributed.init_process_group(backend, timeout=TIMEOUT)
    yield
    torch.distributed.destroy_process_group()  # after an error it might wait for the others


@contextmanager
def _nobody_lost() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise Lost("another process of the training ended; the same command goes on from the last checkpoint") from (
            error
        )
