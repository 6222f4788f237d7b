"""The section compute of params.yaml, which every stage reads. Only the last bits of a result depend on it."""

from typing import Annotated, Literal

from pydantic import Field

from nashgan.runtime.settings import Section


class ComputeParams(Section):
    """The device of all stages."""

    device: Literal["auto", "cpu", "cuda", "mps"]
    deterministic: bool  # on a GPU: only algorithms that give the same bits each time
    processes: Literal["auto"] | Annotated[int, Field(ge=1)]  # of a training, on one node
    threads: Literal["auto"] | Annotated[int, Field(ge=1)]  # of the CPU, in each process
