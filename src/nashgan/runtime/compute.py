"""The section compute of params.yaml, which every stage reads. Only the last bits of a result depend on it."""

from typing import Literal

from nashgan.runtime.settings import Section


class ComputeParams(Section):
    """The device of all stages."""

    device: Literal["auto", "cpu", "cuda", "mps"]
    deterministic: bool  # on a GPU: only algorithms that give the same bits each time
