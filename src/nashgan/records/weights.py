"""A model on disk: a folder with config.json and safetensors. No pickle is read or written."""

from pathlib import Path
from typing import TypeVar

import safetensors.torch
import torch
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
from torch import Tensor, nn
from torch.nn.utils import parametrize

from nashgan.runtime.errors import UserError, first_fault
from nashgan.runtime.files import atomic_path, read_json, write_json

FORMAT = 1
CONFIG = "config.json"  # in the folder of a model: what it is built from
Config = TypeVar("Config", bound=BaseModel)


def save_weights(path: Path, module: nn.Module) -> None:
    """Write the module's parameters and buffers, contiguous and on the CPU, whole or not at all.

    A weight that is computed from another one, as by spectral normalisation, is written as its value. The module
    is built again from its configuration, which does not say how it was trained.
    """
    save_tensors(path, {name: value.detach().cpu().contiguous() for name, value in _plain_state(module).items()})


@torch.no_grad()
def _plain_state(module: nn.Module) -> dict[str, Tensor]:
    state = dict(module.state_dict())
    for prefix, layer in module.named_modules():
        if not parametrize.is_parametrized(layer):
            continue
        training = layer.training
        layer.eval()  # in training mode, reading a weight with spectral norm changes the estimate of the norm
        for name in layer.parametrizations:
            inner = f"{prefix}.parametrizations.{name}."
            state = {key: value for key, value in state.items() if not key.startswith(inner)}
            state[f"{prefix}.{name}"] = getattr(layer, name)
        layer.train(training)
    return state


def save_tensors(path: Path, tensors: dict[str, Tensor]) -> None:
    """Write named tensors, whole or not at all."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(safetensors.torch.save(tensors))


def load_tensors(path: Path, mend: str) -> dict[str, Tensor]:
    """Read named tensors. A missing or broken file is a UserError that ends with `mend`."""
    if not path.is_file():
        raise UserError(f"{path}: not found; {mend}")
    try:
        return safetensors.torch.load_file(path)
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: not a safetensors file ({error}); {mend}") from error


def load_weights(path: Path, module: nn.Module, mend: str) -> None:
    """Fill `module` from `path`. Other names, shapes or types, or numbers that are not finite, are a UserError."""
    tensors = load_tensors(path, mend)
    expected = module.state_dict()
    if tensors.keys() != expected.keys():
        names = sorted(tensors.keys() ^ expected.keys())
        raise UserError(f"{path}: holds other tensors than its config.json says ({', '.join(names[:3])}); {mend}")
    for name, tensor in tensors.items():
        want = expected[name]
        if tensor.shape != want.shape or tensor.dtype != want.dtype:
            must, found = (f"{t.dtype} {tuple(t.shape)}" for t in (want, tensor))
            raise UserError(f"{path}: {name} must be {must}, is {found}; {mend}")
        if tensor.is_floating_point() and not torch.isfinite(tensor).all():
            raise UserError(f"{path}: {name} is not finite; {mend}")
    module.load_state_dict(tensors)


def save_config(folder: Path, config: BaseModel) -> None:
    """Write config.json with this format's number."""
    write_json(folder / CONFIG, {"format": FORMAT, **config.model_dump(mode="json")})


def load_config(folder: Path, kind: type[Config], mend: str) -> Config:
    """Read config.json as `kind`. Another format number or content is a UserError."""
    path = folder / CONFIG
    values = read_json(path, mend)
    if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
        raise UserError(f"{path}: not a model configuration of format {FORMAT}; {mend}")
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        raise UserError(f"{path}: {first_fault(error)}; {mend}") from None
