"""Datasets: one source a file, fetching and splitting.

Imported from here: the registry, the only list of datasets, and the modules beside it. What an example is does not
belong here (spaces), nor how it is stored (records).
"""

from nashgan.runtime.registered import Registered

DATASETS = {  # each a `Dataset` of nashgan.data.source
    "mnist5k": Registered("nashgan.data.mnist5k:DATASET"),
    "mnist": Registered("nashgan.data.mnist:MNIST"),
    "fashion_mnist": Registered("nashgan.data.mnist:FASHION_MNIST"),
    "stacked_mnist": Registered("nashgan.data.stacked_mnist:DATASET"),
    "cifar10": Registered("nashgan.data.cifar10:DATASET"),
    "celeba": Registered("nashgan.data.celeba:DATASET"),
    "folder": Registered("nashgan.data.folder:DATASET"),
}
