"""The section compute of params.yaml, which every stage reads. Only the last bits of a result depend on it."""

from typing import Annotated, Literal

from pydantic import Field

from nashgan.runtime.settings import Section


class ComputeParams(Section):
    """The device of all stages, and the processes that divide the work of a stage on one machine."""

    device: Literal["auto", "cpu", "cuda", "mps"]
    deterministic: bool  # on a GPU: only algorithms that give the same bits each time
    processes: Literal["auto"] | Annotated[int, Field(ge=1)]
    threads: Literal["auto"] | Annotated[int, Field(ge=1)]  # of the CPU, in each process


def check_division(processes: int, shards: int) -> None:
    """Raise ValueError where the shards of a batch cannot be divided equally among so many processes."""
    if shards % processes:
        what = f"{shards} shards" if shards > 1 else "1 shard"
        raise ValueError(
            f"{processes} processes cannot divide {what} among themselves; their number must be a power of two, and "
            "train.shards at least as large"
        )
