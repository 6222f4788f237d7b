"""Every registered player: shapes, layers, initialisation; a step, a folder, a sample."""

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from nashgan.models import DISCRIMINATORS as ALL_DISCRIMINATORS
from nashgan.models import MODELS as ALL_MODELS
from nashgan.models.conditional import ConditionalBatchNorm
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.discriminator import LayeredDiscriminator
from nashgan.models.generator import BLOCK, load_generator, save_generator
from nashgan.models.r3gan import Basis, Block, Clip, Gather
from nashgan.models.recurrent import Steps
from nashgan.objectives.losses import NON_SATURATING
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

CLASSES = 3
MODELS = {name: model for name, model in ALL_MODELS.items() if "image" in model.layouts}
DISCRIMINATORS = {name: entry for name, entry in ALL_DISCRIMINATORS.items() if "image" in entry.layouts}
SIZES = (16, 28, 32, 64, 128)  # pixels a side
DRAWING = {name: model for name, model in MODELS.items() if model.game == "adversarial" and model.draws}
PARTNERS = {name: model.discriminator for name, model in DRAWING.items() if model.discriminator}


def config(name: str, channels: int = 1, size: int = 32, classes: int = 0, width: int = 2) -> ModelConfig:
    return ModelConfig(
        name=name, examples=ImageSpace(channels, size, size).format, latent=5, width=width, classes=classes
    )


def labels_for(classes: int, count: int) -> Tensor | None:
    return torch.arange(count) % classes if classes else None


def test_every_adversarial_generator_has_a_partner() -> None:
    assert PARTNERS.keys() == DRAWING.keys()
    assert set(PARTNERS.values()) <= DISCRIMINATORS.keys()


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", MODELS)
def test_generators_make_images(name: str, size: int, channels: int) -> None:
    given = [torch.randn(2, channels, size, size)] if not MODELS[name].draws else []
    images = build_generator(config(name, channels, size))(torch.randn(2, 5), *given)
    assert images.shape == (2, channels, size, size)
    assert images.dtype == torch.float32


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", DISCRIMINATORS)
def test_discriminators_make_logits(name: str, size: int, channels: int) -> None:
    logits = build_discriminator(config(name, channels, size))(torch.randn(2, channels, size, size))
    assert logits.shape == (2,)


@pytest.mark.parametrize("name", ["dcgan", "conv", "pool", "r3gan"])
@pytest.mark.parametrize("size", [15, 257])
def test_convolutions_name_the_sizes_they_are_made_for(name: str, size: int) -> None:
    with pytest.raises(
        UserError, match=rf"data.image_size: .*sides of 16 to 256 pixels, got images of {size} × {size}"
    ):
        build_discriminator(config(name, size=size))


@pytest.mark.parametrize("name", ["mlp", "lstm", "gru"])
def test_others_take_any_size(name: str) -> None:
    assert build_discriminator(config(name, size=28))(torch.randn(2, 1, 28, 28)).shape == (2,)


@pytest.mark.parametrize("classes", [0, CLASSES])
@pytest.mark.parametrize(
    ("name", "discriminator"),
    [*PARTNERS.items(), *(("dcgan", name) for name in DISCRIMINATORS if name not in PARTNERS)],
)
def test_a_step_a_folder_a_sample(tmp_path: Path, name: str, discriminator: str, classes: int) -> None:
    torch.manual_seed(0)
    built = config(name, classes=classes)
    g, d = build_generator(built), build_discriminator(built.model_copy(update={"name": discriminator}))
    optimizers = [torch.optim.Adam(player.parameters(), 1e-3) for player in (d, g)]
    labels, z = labels_for(classes, 6), torch.randn(6, 5)
    for optimizer in optimizers:
        fake = g(z, labels)
        if optimizer is optimizers[0]:
            loss = NON_SATURATING.discriminator(d(torch.randn(6, 1, 32, 32), labels), d(fake.detach(), labels))
        else:
            loss = NON_SATURATING.generator(d(fake, labels))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        player = d if optimizer is optimizers[0] else g
        assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in player.parameters())
        optimizer.step()
    save_generator(tmp_path, built, g, g)
    loaded = load_generator(tmp_path)
    assert all(torch.equal(loaded.module.state_dict()[key], value) for key, value in g.state_dict().items())
    images = loaded.sample(0, 4)
    with torch.no_grad():
        expected = g.eval()(loaded.latents(0, 0), labels_for(classes, BLOCK))
    assert np.array_equal(images, built.space.from_players(expected)[:4])


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.knows_classes])
def test_labels_reach_the_image(name: str) -> None:
    torch.manual_seed(0)
    g = build_generator(config(name, classes=CLASSES)).eval()
    for parameter in g.parameters():
        nn.init.normal_(parameter)
    z = torch.randn(1, 5).expand(2, 5)
    one, other = g(z, torch.tensor([0, 1]))
    assert not torch.allclose(one, other)


def test_batch_norm_by_class() -> None:
    """At first it is batch norm; then each class has its own scale and shift of what batch norm returns."""
    torch.manual_seed(0)
    norm, maps, labels = ConditionalBatchNorm(2, 3), torch.randn(6, 2, 4, 4), torch.arange(6) % 3
    with torch.no_grad():
        plain = nn.functional.batch_norm(maps, None, None, training=True)
        torch.testing.assert_close(norm(maps, labels), plain)
        norm.by_class.weight[1] = torch.tensor([0.5, 0.0, 0.0, -2.0])
        found = norm(maps, labels)
    torch.testing.assert_close(found[labels != 1], plain[labels != 1])
    expected = plain[labels == 1] * torch.tensor([1.5, 1.0])[:, None, None] + torch.tensor([0.0, -2.0])[:, None, None]
    torch.testing.assert_close(found[labels == 1], expected)


@pytest.mark.parametrize("name", [name for name in DISCRIMINATORS if name != "pool"])  # dropout
def test_the_label_is_projected_on_the_features(name: str) -> None:
    """The logits of two classes differ by <embedding - embedding, features>, and a zero embedding changes nothing.

    Where they are pooled, the features are the mean of each feature map.
    """
    torch.manual_seed(0)
    d = build_discriminator(config(name, classes=CLASSES)).eval()
    assert isinstance(d, LayeredDiscriminator) and d.projection.embedding is not None
    images, embedding = torch.randn(4, 1, 32, 32), d.projection.embedding.weight
    zeros, ones = torch.zeros(4, dtype=torch.int64), torch.ones(4, dtype=torch.int64)
    with torch.no_grad():
        features = images
        for layer in list(d.layers)[:-1]:
            features = layer(features)
        projected = features.mean(dim=(2, 3)) if d.pooled else features.flatten(1)
        difference = projected @ (embedding[1] - embedding[0])
        torch.testing.assert_close(d(images, ones) - d(images, zeros), difference, atol=1e-5, rtol=1e-4)
        embedding.zero_()
        assert torch.equal(d(images, ones), d(images, zeros))


@pytest.mark.parametrize("classes", [0, CLASSES])
def test_labels_are_given_where_they_are_known(classes: int) -> None:
    g, d = build_generator(config("mlp", classes=classes)), build_discriminator(config("mlp", classes=classes))
    wrong = None if classes else torch.zeros(2, dtype=torch.int64)
    with pytest.raises(ValueError, match="labels"):
        g(torch.randn(2, 5), wrong)
    with pytest.raises(ValueError, match="labels"):
        d(torch.randn(2, 1, 32, 32), wrong)


def kinds(module: nn.Module) -> list[type[nn.Module]]:
    layers = module.get_submodule("layers")
    return [type(layer) for layer in layers.children()]


def test_layers_of_dcgan() -> None:
    """Batch norm except in G's last and D's first and last layer; ReLU and tanh in G, LeakyReLU in D."""
    up, middle = [nn.ConvTranspose2d], [nn.BatchNorm2d, nn.ReLU, nn.ConvTranspose2d]
    assert kinds(build_generator(config("dcgan"))) == [*up, *middle, *middle, *middle, nn.Tanh]
    assert kinds(build_generator(config("dcgan", size=64))) == [*up, *middle * 4, nn.Tanh]
    down, inner = [nn.Conv2d, nn.LeakyReLU], [nn.Conv2d, nn.BatchNorm2d, nn.LeakyReLU]
    assert kinds(build_discriminator(config("dcgan"))) == [*down, *inner, *inner, nn.Conv2d]
    assert kinds(build_discriminator(config("conv"))) == [*down, *down, *down, nn.Conv2d]


def test_layers_of_the_others() -> None:
    stage = [nn.Conv2d, nn.BatchNorm2d, nn.MaxPool2d, nn.ReLU, nn.Dropout]
    assert kinds(build_discriminator(config("pool"))) == [*stage * 3, nn.Flatten, nn.Linear]
    assert kinds(build_discriminator(config("mlp"))) == [nn.Flatten, nn.Linear, nn.LeakyReLU, nn.Linear]


def test_slope_of_leaky_relu() -> None:
    slopes = [m.negative_slope for m in build_discriminator(config("dcgan")).modules() if isinstance(m, nn.LeakyReLU)]
    assert slopes == [0.2] * 3


@pytest.mark.parametrize("name", ["mlp", "dcgan", "conv"])
def test_weights_start_normal_with_deviation_002(name: str) -> None:
    torch.manual_seed(0)
    players = [build_discriminator(config(name, width=16))]
    players += [build_generator(config(name, width=16))] if name in MODELS else []
    layers = [
        m for player in players for m in player.modules() if isinstance(m, (nn.Linear, nn.Conv2d, nn.ConvTranspose2d))
    ]
    weights = torch.cat([layer.weight.flatten() for layer in layers])
    n = len(weights)
    assert n > 10_000
    assert abs(weights.mean().item()) < 5 * 0.02 / math.sqrt(n)
    assert weights.std().item() == pytest.approx(0.02, abs=5 * 0.02 / math.sqrt(2 * n))
    within = (weights.abs() < 0.02).float().mean().item()
    assert within == pytest.approx(0.6827, abs=5 * 0.5 / math.sqrt(n))  # a normal distribution, not a uniform one
    assert all(not layer.bias.any() for layer in layers if layer.bias is not None)
    scales: list[Tensor] = [m.weight for player in players for m in player.modules() if isinstance(m, nn.BatchNorm2d)]
    if scales:
        assert torch.cat(scales).mean().item() == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("cell", [nn.LSTMCell, nn.GRUCell])
def test_rows_are_read_from_top_to_bottom(cell: type[nn.LSTMCell | nn.GRUCell]) -> None:
    """The same as torch's layer over the sequence of rows."""
    torch.manual_seed(0)
    rows = Steps(cell(3 * 8, 7))
    layer = (nn.LSTM if cell is nn.LSTMCell else nn.GRU)(3 * 8, 7, batch_first=True)
    layer.load_state_dict({f"{key}_l0": value for key, value in rows.cell.state_dict().items()})
    images = torch.randn(2, 3, 8, 8)
    expected = layer(images.transpose(1, 2).flatten(2))[0][:, -1]
    torch.testing.assert_close(rows(images), expected)


def test_residual_blocks_start_as_identity_and_keep_the_variance() -> None:
    torch.manual_seed(0)
    block = Block(32, branches=3)
    x = torch.randn(4, 32, 32, 32)
    assert torch.equal(block(x), x)
    inner = block.layers[:-1](x)  # before the last convolution
    assert inner.square().mean().item() == pytest.approx(3**-1.0, rel=0.25)  # the gain 3^(-1/4), twice, squared


def test_residual_pair_has_no_normalisation() -> None:
    for player in (build_generator(config("r3gan")), build_discriminator(config("r3gan"))):
        assert not [m for m in player.modules() if "Norm" in type(m).__name__]
        assert not list(player.buffers())


def test_head_is_a_depthwise_convolution() -> None:
    torch.manual_seed(0)
    gather = Gather(6, (4, 4))
    x = torch.randn(3, 6, 4, 4)
    expected = nn.functional.conv2d(x, gather.weight[:, None], groups=6).flatten(1)
    torch.testing.assert_close(gather(x), expected)


def test_base_scales_a_constant() -> None:
    torch.manual_seed(0)
    basis = Basis(5, 6, (4, 4))
    z = torch.randn(1, 5)
    torch.testing.assert_close(basis(3 * z), 3 * basis(z))
    torch.testing.assert_close(basis(z)[0, 2], basis.scales(z)[0, 2] * basis.constant[2])


@pytest.mark.parametrize("name", ["mlp", "conv", "lstm", "gru", "r3gan"])
def test_images_do_not_see_each_other(name: str) -> None:
    torch.manual_seed(0)
    d = build_discriminator(config(name))
    images = torch.randn(5, 1, 32, 32)
    torch.testing.assert_close(torch.cat([d(image[None]) for image in images]), d(images), atol=1e-6, rtol=1e-5)


def test_residual_pair_starts_at_unit_scale() -> None:
    """Fix-up's point: without normalisation, images and logits are neither lost nor blown up at the start."""
    torch.manual_seed(0)
    g, d = build_generator(config("r3gan", width=32)), build_discriminator(config("r3gan", width=32))
    images = g(torch.randn(64, 5))
    assert 0.5 < images.std().item() < 2
    assert 0.1 < d(torch.randn(64, 1, 32, 32)).std().item() < 2


def test_clipped_images_can_learn_their_way_back() -> None:
    x = torch.tensor([-2.0, -2.0, -0.5, -0.5, 2.0, 2.0], requires_grad=True)
    gradient = torch.tensor([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])
    clipped = Clip()(x.view(6, 1, 1, 1))
    assert clipped.flatten().tolist() == [-1, -1, -0.5, -0.5, 1, 1]
    clipped.flatten().backward(gradient)
    assert x.grad is not None
    assert x.grad.tolist() == pytest.approx([0, -0.05, 1, -1, 0.05, 0])
