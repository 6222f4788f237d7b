"""Batches of the training split: as stored on the device where they fit, gathered by index, for the players there.

With each batch comes what a generator is given beside z: nothing, classes, the images degraded, or images of another
dataset.
"""

import numpy as np
import psutil
import torch
from jaxtyping import Float, Int64, Shaped
from torch import Tensor

from nashgan.data.degrading import degrade
from nashgan.records.degradation import Degradation
from nashgan.records.examples import Examples
from nashgan.runtime.randomness import derive_seed
from nashgan.spaces.space import Space

FREE_SHARE = 0.5  # of the device's free memory that the examples may take; activations need the rest


class Batches:
    """Batches of a training split in a seeded order; the k-th batch is a function of (seed, k) alone."""

    def __init__(
        self,
        examples: Examples,
        space: Space,
        batch: int,
        seed: int,
        device: torch.device,
        classes: int = 0,
        degradation: Degradation | None = None,
        other: "Batches | None" = None,
    ) -> None:
        """`examples` with labels where `classes` are learned; `degradation` where images are restored.

        Where images are translated, `other` are batches of them.
        """
        self.values = examples.values
        self.labels = None if examples.labels is None else torch.from_numpy(np.array(examples.labels)).to(device)
        self.space = space
        self.classes = classes  # 0: without labels
        self.degradation = degradation
        self.other = other
        self.batch = batch
        self.seed = seed
        self.device = device
        self.per_epoch = len(examples) // batch  # the epoch's last, partial batch is left out
        self.resident = torch.from_numpy(np.array(self.values)).to(device) if self._fits() else None
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def _fits(self) -> bool:
        if self.device.type == "cpu" and isinstance(self.values, np.memmap):
            return False  # the system keeps the file's pages in memory as long as there is room
        if self.device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(self.device)
        else:
            free = psutil.virtual_memory().available
        return self.values.nbytes <= FREE_SHARE * free

    def __call__(self, index: int) -> tuple[Float[Tensor, "batch ..."], Shaped[Tensor, "batch ..."] | None]:
        """The `index`-th batch of the whole training as the players see it, and what a generator is given with it."""
        indices = self._indices(index)
        stored = self._gather(indices)
        examples = self.space.to_players(stored.to(memory_format=self.space.memory_format))
        if self.degradation:
            return examples, self.degraded(stored, index * self.batch)
        if self.other:
            return examples, self.other(index)[0]
        return examples, None if self.labels is None else self.labels[indices.to(self.device)]

    def degraded(self, stored: Shaped[Tensor, "n ..."], first: int) -> Float[Tensor, "n ..."]:
        """Stored images, the `first`-th of the training and those after it, as a generator is given them.

        Raises ValueError where images are not degraded.
        """
        if self.degradation is None:
            raise ValueError("nothing is done to these images")
        left = degrade(stored, self.degradation, derive_seed(self.seed, "given in training"), first)
        return self.space.to_players(left.to(memory_format=self.space.memory_format))

    def shown(self, count: int) -> Shaped[Tensor, "count ..."] | None:
        """What a generator is given for pictures to compare: the first `count` images, or the classes in turn."""
        if self.other or self.degradation:
            values = (self.other or self).values
            stored = torch.from_numpy(np.array(values[np.arange(count) % len(values)])).to(self.device)
            if self.degradation:
                return self.degraded(stored, 0)
            return self.space.to_players(stored.to(memory_format=self.space.memory_format))
        return torch.arange(count, device=self.device) % self.classes if self.classes else None

    def _indices(self, index: int) -> Int64[Tensor, " batch"]:
        epoch, position = divmod(index, self.per_epoch)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(derive_seed(self.seed, "order", epoch))
            order = torch.randperm(len(self.values), generator=generator)
            self._order = order if self.resident is None else order.to(self.device)
            self._epoch = epoch
        return self._order[position * self.batch : (position + 1) * self.batch]

    def _gather(self, indices: Int64[Tensor, " batch"]) -> Shaped[Tensor, "batch ..."]:
        if self.resident is not None:
            return self.resident.index_select(0, indices)
        batch = torch.from_numpy(self.values[indices.numpy()])
        if self.device.type == "cuda":
            batch = batch.pin_memory()
        return batch.to(self.device, non_blocking=True)


class PartlyLabelled(Batches):
    """Batches without labels, and beside each a batch of the few examples whose labels are known."""

    def __init__(
        self, examples: Examples, labelled: Examples, space: Space, batch: int, seed: int, device: torch.device
    ) -> None:
        """The labels of `examples` are ignored; `labelled` has labels."""
        super().__init__(Examples(examples.values), space, batch, seed, device)
        self.known = torch.from_numpy(np.array(labelled.values)).to(device)
        self.known_labels = torch.from_numpy(np.array(labelled.labels)).to(device)

    def labelled(self, index: int) -> tuple[Float[Tensor, "batch ..."], Int64[Tensor, " batch"]]:
        """The `index`-th batch of labelled examples and their labels, drawn with replacement from (seed, index)."""
        generator = torch.Generator().manual_seed(derive_seed(self.seed, "labelled batch", index))
        drawn = torch.randint(len(self.known), (self.batch,), generator=generator).to(self.device)
        examples = self.known[drawn].contiguous(memory_format=self.space.memory_format)
        return self.space.to_players(examples), self.known_labels[drawn]
