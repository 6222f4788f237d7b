"""The training images: uint8 on the device where they fit, gathered by index and normalised there."""

import numpy as np
import psutil
import torch
from jaxtyping import Float, Int64, UInt8
from torch import Tensor

from nashgan.runtime.randomness import derive_seed

FREE_SHARE = 0.5  # of the device's free memory that the images may take; activations need the rest


class TrainingImages:
    """Batches of a training split in a seeded order; the k-th batch is a function of (seed, k) alone."""

    def __init__(
        self,
        images: UInt8[np.ndarray, "n c h w"],
        batch: int,
        seed: int,
        device: torch.device,
        labels: Int64[np.ndarray, " n"] | None = None,
        classes: int = 0,
    ) -> None:
        self.images = images
        self.labels = None if labels is None else torch.from_numpy(np.array(labels)).to(device)
        self.classes = classes  # 0: without labels
        self.batch = batch
        self.seed = seed
        self.device = device
        self.per_epoch = len(images) // batch  # the epoch's last, partial batch is left out
        self.resident = torch.from_numpy(np.array(images)).to(device) if self._fits() else None
        self._epoch = -1
        self._order = torch.empty(0, dtype=torch.int64)

    def _fits(self) -> bool:
        if self.device.type == "cuda":
            free, _ = torch.cuda.mem_get_info(self.device)
        else:
            free = psutil.virtual_memory().available
        return self.images.nbytes <= FREE_SHARE * free

    def __call__(self, index: int) -> tuple[Float[Tensor, "batch c h w"], Int64[Tensor, " batch"] | None]:
        """The `index`-th batch of the whole training, in [-1, 1], channels last, and its labels if there are any."""
        indices = self._indices(index)
        images = self._gather(indices).to(memory_format=torch.channels_last).float().div_(127.5).sub_(1)
        return images, None if self.labels is None else self.labels[indices.to(self.device)]

    def _indices(self, index: int) -> Int64[Tensor, " batch"]:
        epoch, position = divmod(index, self.per_epoch)
        if epoch != self._epoch:
            generator = torch.Generator().manual_seed(derive_seed(self.seed, "order", epoch))
            order = torch.randperm(len(self.images), generator=generator)
            self._order = order if self.resident is None else order.to(self.device)
            self._epoch = epoch
        return self._order[position * self.batch : (position + 1) * self.batch]

    def _gather(self, indices: Int64[Tensor, " batch"]) -> UInt8[Tensor, "batch c h w"]:
        if self.resident is not None:
            return self.resident.index_select(0, indices)
        batch = torch.from_numpy(self.images[indices.numpy()])
        if self.device.type == "cuda":
            batch = batch.pin_memory()
        return batch.to(self.device, non_blocking=True)
