"""Datasets: sources, splitting and the array store. The registry below is all that names a dataset."""

# name in params.yaml -> "module:function" of its source; see nashgan.data.source for what the function does
DATASETS = {
    "mnist5k": "nashgan.data.mnist5k:load",
    "mnist": "nashgan.data.mnist:load_mnist",
    "fashion_mnist": "nashgan.data.mnist:load_fashion_mnist",
    "stacked_mnist": "nashgan.data.stacked_mnist:load",
    "cifar10": "nashgan.data.cifar10:load",
    "celeba": "nashgan.data.celeba:load",
    "folder": "nashgan.data.folder:load",
}
