"""Generator folders: what is written is what is read, anything else is refused in one line; sampling repeats itself."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import safetensors.torch
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from nashgan.metrics.frechet import normalised_frechet_distance
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.generator import BLOCK, LoadedGenerator, load_generator, save_generator, slerp, truncated_normal
from nashgan.records.weights import load_weights
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.points import PointSpace

CONFIG = ModelConfig(name="dcgan", examples=ImageSpace(1, 32, 32).format, latent=5, width=2)
CONDITIONAL = CONFIG.model_copy(update={"classes": 3})


def write(folder: Path, config: ModelConfig = CONFIG) -> Path:
    torch.manual_seed(0)
    averaged = build_generator(config)
    for parameter in averaged.parameters():
        if parameter.ndim > 1:  # images of a new generator hardly differ
            nn.init.normal_(parameter, 0.0, 0.3)
    save_generator(folder, config, averaged, build_generator(config))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path / "generator")


@pytest.fixture(scope="module")
def generator(tmp_path_factory: pytest.TempPathFactory) -> LoadedGenerator:
    return load_generator(write(tmp_path_factory.mktemp("generator")))


@pytest.fixture(scope="module")
def conditional(tmp_path_factory: pytest.TempPathFactory) -> LoadedGenerator:
    return load_generator(write(tmp_path_factory.mktemp("conditional"), CONDITIONAL))


@pytest.mark.parametrize("config", [CONFIG, CONDITIONAL])
def test_roundtrip_is_bit_equal(tmp_path: Path, config: ModelConfig) -> None:
    torch.manual_seed(1)
    averaged, raw = build_generator(config), build_generator(config)
    save_generator(tmp_path, config, averaged, raw)
    for name, written in (("weights", averaged), ("raw", raw)):
        read = load_generator(tmp_path, "raw" if name == "raw" else "weights")
        assert read.config == config
        assert not read.module.training
        found = read.module.state_dict()
        assert found.keys() == written.state_dict().keys()
        assert all(torch.equal(found[key], value) for key, value in written.state_dict().items())
    assert load_generator(tmp_path).sha256 != load_generator(tmp_path, "raw").sha256


def test_a_configuration_without_classes_is_unconditional(folder: Path) -> None:
    path = folder / "config.json"
    values = json.loads(path.read_text())
    del values["classes"]
    path.write_text(json.dumps(values))
    assert load_generator(folder).config == CONFIG


def test_names_of_unconditional_weights_stay() -> None:
    """Folders written by earlier versions are read by later ones."""
    assert set(build_generator(CONFIG).state_dict()) == {
        *(f"layers.{i}.weight" for i in (0, 3, 6, 9)),
        "layers.9.bias",
        *(f"layers.{i}.{key}" for i in (1, 4, 7) for key in
          ("weight", "bias", "running_mean", "running_var", "num_batches_tracked")),
    }  # fmt: skip


def edit_config(**changes: object) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "config.json"
        values = json.loads(path.read_text()) | changes
        path.write_text(json.dumps({key: value for key, value in values.items() if value is not None}))

    return edit


def edit_weights(change: Callable[[dict[str, torch.Tensor]], object]) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / "weights.safetensors"
        tensors = safetensors.torch.load_file(path)
        change(tensors)
        safetensors.torch.save_file(tensors, path)

    return edit


def cut(name: str, keep: int) -> Callable[[Path], None]:
    def edit(folder: Path) -> None:
        path = folder / name
        path.write_bytes(path.read_bytes()[:keep])

    return edit


def stored(**changes: object) -> dict[str, object]:
    return CONFIG.examples.model_dump(mode="json") | changes


FIRST = "layers.0.weight"
DAMAGE: dict[str, tuple[Callable[[Path], object], str]] = {
    "no folder": (shutil.rmtree, "config.json: not found"),
    "no weights": (lambda f: (f / "weights.safetensors").unlink(), "weights.safetensors: not found"),
    "cut config": (cut("config.json", 20), "not readable as JSON"),
    "not a mapping": (lambda f: (f / "config.json").write_text("[1]"), "not a model configuration of format 1"),
    "other format": (edit_config(format=2), "not a model configuration of format 1"),
    "no format": (edit_config(format=None), "not a model configuration of format 1"),
    "unknown key": (edit_config(depth=3), "depth: Extra inputs are not permitted"),
    "missing key": (edit_config(width=None), "width: Field required"),
    "wrong type": (edit_config(width="2"), "width: Input should be a valid integer"),
    "negative": (edit_config(latent=-1), "latent: Input should be greater"),
    "absurd": (edit_config(width=10**9), "width: Input should be less"),
    "unknown model": (edit_config(name="os:system"), "unknown model 'os:system'"),
    "impossible size": (
        edit_config(examples=stored(shape=[1, 8, 8])),
        "made for sides of 16 to 256 pixels, got images of 8",
    ),
    "absurd size": (edit_config(examples=stored(shape=[1, 8192, 8192])), "at most 64 channels and 4096 pixels a side"),
    "other proportions": (edit_config(examples=stored(shape=[1, 32, 64])), "must be torch.float32"),
    "no image": (edit_config(examples=stored(shape=[1, 32])), "must be uint8 images"),
    "no bytes": (edit_config(examples=stored(dtype="float32")), "must be uint8 images"),
    "unknown space": (edit_config(examples=stored(space="smell")), "unknown space 'smell' (known: image, "),
    "other width": (edit_config(width=3), "must be torch.float32"),
    "other family": (edit_config(name="mlp"), "holds other tensors than its config.json says"),
    "conditional": (edit_config(classes=3), "holds other tensors than its config.json says"),
    "cut weights": (cut("weights.safetensors", 1000), "not a safetensors file"),
    "empty weights": (cut("weights.safetensors", 0), "not a safetensors file"),
    "no tensors": (edit_weights(lambda t: t.clear()), "holds other tensors than its config.json says"),
    "other names": (edit_weights(lambda t: t.update(extra=torch.zeros(1))), "(extra)"),
    "other shape": (edit_weights(lambda t: t.update({FIRST: t[FIRST][:1].clone()})), f"{FIRST} must be torch.float32"),
    "other type": (edit_weights(lambda t: t.update({FIRST: t[FIRST].half()})), "is torch.float16"),
    "not finite": (edit_weights(lambda t: t[FIRST].fill_(torch.nan)), f"{FIRST} is not finite"),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_damaged_folders_are_refused_in_one_line(folder: Path, what: str) -> None:
    damage, message = DAMAGE[what]
    damage(folder)
    with pytest.raises(UserError) as caught:
        load_generator(folder)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@given(at=st.integers(0, 400), byte=st.integers(0, 255))
def test_a_damaged_header_is_refused_or_harmless(tmp_path_factory: pytest.TempPathFactory, at: int, byte: int) -> None:
    torch.manual_seed(0)
    module = build_generator(CONFIG)
    data = bytearray(safetensors.torch.save(module.state_dict()))
    data[at] = byte
    path = tmp_path_factory.mktemp("damaged") / "weights.safetensors"
    path.write_bytes(data)
    try:
        load_weights(path, module, "train again")
    except UserError as error:
        assert "\n" not in str(error)
        assert "train again" in str(error)


def test_unknown_names_are_named() -> None:
    strange = CONFIG.model_copy(update={"name": "biggan"})
    with pytest.raises(UserError, match=r"unknown model 'biggan'.*dcgan"):
        build_generator(strange)
    with pytest.raises(UserError, match=r"unknown discriminator 'biggan'.*lstm"):
        build_discriminator(strange)


@pytest.mark.parametrize(("start", "count"), [(0, 1), (5, 3), (60, 10), (BLOCK, BLOCK), (1, 2 * BLOCK)])
def test_an_image_depends_on_seed_and_index_alone(generator: LoadedGenerator, start: int, count: int) -> None:
    all_of_them = generator.sample(7, 3 * BLOCK)
    assert all_of_them.shape == (3 * BLOCK, 1, 32, 32)
    assert all_of_them.dtype == np.uint8
    assert np.array_equal(generator.sample(7, count, start), all_of_them[start : start + count])


def test_other_seeds_give_other_images(generator: LoadedGenerator) -> None:
    assert not np.array_equal(generator.sample(0, 4), generator.sample(1, 4))


def test_pieces_are_the_whole(generator: LoadedGenerator) -> None:
    pieces = list(generator.blocks(3, 100, start=30))
    assert [start for start, _ in pieces] == [0, BLOCK - 30, 2 * BLOCK - 30]
    assert np.array_equal(np.concatenate([images for _, images in pieces]), generator.sample(3, 100, start=30))


def test_classes_are_drawn_in_turn_where_each_is_asked_for(conditional: LoadedGenerator) -> None:
    labels = conditional.labels(2, 5, start=4, label="each")
    assert labels is not None and labels.tolist() == [1, 2, 0, 1, 2]
    images = conditional.sample(2, 5, start=4, label="each")
    for index, label in enumerate(labels):
        alone = conditional.sample(2, 5, start=4, label=int(label))
        assert np.array_equal(images[index], alone[index])
    assert not np.array_equal(conditional.sample(2, 5, label=0), conditional.sample(2, 5, label=1))


@given(seed=st.integers(0, 2**62), start=st.integers(0, 200), count=st.integers(1, 200))
def test_the_class_of_a_sample_depends_on_seed_and_index_alone(seed: int, start: int, count: int) -> None:
    one, whole = (drawing((9, 0, 1)).labels(seed, *asked) for asked in ((count, start), (start + count,)))
    assert one is not None and whole is not None and np.array_equal(one, whole[start:])
    assert set(whole) <= {0, 2}


class Perfect(nn.Module):
    """Draws each class as the data have it: points around 0 and points around 6."""

    def forward(self, z: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
        return z + 6 * labels[:, None]


def drawing(histogram: tuple[int, ...] | None) -> LoadedGenerator:
    space = PointSpace((0.0, 0.0), 1.0)
    classes = 2 if histogram is None else len(histogram)
    config = ModelConfig(name="dense", examples=space.format, latent=2, width=1, classes=classes, histogram=histogram)
    return LoadedGenerator(config, Perfect(), "", torch.device("cpu"))


def test_perfect_samples_of_uneven_classes_are_as_far_from_the_data_as_other_data() -> None:
    """A generator that draws equal parts is far away, however well it draws each class."""
    random = np.random.default_rng(0)
    real, other = (random.standard_normal((2000, 2)) + 6 * (np.arange(2000) % 10 == 0)[:, None] for _ in range(2))
    distances = [
        normalised_frechet_distance(real, points)
        for points in (other, drawing((1800, 200)).sample(0, 2000), drawing(None).sample(0, 2000))
    ]
    assert distances[0] < 0.01 and distances[1] < 0.01 < 0.3 < distances[2]


def test_a_histogram_of_other_classes_is_refused() -> None:
    with pytest.raises(ValueError, match="must count the examples of 3 classes"):
        ModelConfig(**{**CONDITIONAL.model_dump(), "histogram": (1, 2)})


def test_one_class_is_all_of_one_class(conditional: LoadedGenerator) -> None:
    labels = conditional.labels(0, 4, label=2)
    assert labels is not None and labels.tolist() == [2, 2, 2, 2]
    assert np.array_equal(conditional.sample(0, 4, start=2, label=2), conditional.sample(0, 6, label=2)[2:])


@pytest.mark.parametrize("label", [-1, 3])
def test_an_unknown_class_is_refused(conditional: LoadedGenerator, label: int) -> None:
    with pytest.raises(UserError, match="knows the classes 0 to 2"):
        conditional.blocks(0, 1, label=label)


def test_a_class_of_an_unconditional_generator_is_refused(generator: LoadedGenerator) -> None:
    assert generator.labels(0, 3) is None
    with pytest.raises(UserError, match="not class-conditional"):
        generator.blocks(0, 1, label=0)


def test_interpolation_begins_and_ends_at_samples(generator: LoadedGenerator) -> None:
    walks = generator.interpolate(4, rows=3, steps=5)
    assert walks.shape == (15, 1, 32, 32)
    ends = generator.sample(4, 6)
    assert np.abs(walks[[0, 4, 5, 9, 10, 14]].astype(int) - ends).max() <= 1  # sin(t·angle) rounds


def test_walks_stay_in_one_class(conditional: LoadedGenerator) -> None:
    walks = conditional.interpolate(4, rows=2, steps=40)
    for row in range(2):
        first = conditional.interpolate(4, rows=2, steps=40, label=row)
        assert np.array_equal(walks[40 * row : 40 * row + 40], first[40 * row : 40 * row + 40])


def test_slerp_between_perpendicular_vectors() -> None:
    a, b = torch.tensor([2.0, 0.0]), torch.tensor([0.0, 2.0])
    path = slerp(a, b, torch.tensor([0.0, 1 / 3, 0.5, 1.0]))
    expected = torch.tensor([[2.0, 0.0], [3**0.5, 1.0], [2**0.5, 2**0.5], [0.0, 2.0]])
    torch.testing.assert_close(path, expected)


def test_slerp_between_parallel_vectors_is_the_straight_line() -> None:
    a = torch.tensor([1.0, 2.0])
    torch.testing.assert_close(slerp(a, 3 * a, torch.tensor([0.0, 0.5, 1.0])), torch.stack([a, 2 * a, 3 * a]))


@given(st.lists(st.floats(-3, 3), min_size=8, max_size=8), st.floats(0, 1))
def test_slerp_stays_on_the_sphere(numbers: list[float], t: float) -> None:
    a, b = torch.tensor(numbers, dtype=torch.float64).view(2, 4)
    if min(a.norm(), b.norm()) < 0.1:
        return
    a, b = a / a.norm(), b / b.norm()
    if torch.dot(a, b).abs() < 0.999:
        assert slerp(a, b, torch.tensor([t], dtype=torch.float64)).norm().item() == pytest.approx(1, abs=1e-9)


@pytest.mark.parametrize("truncation", [0.3, 0.7, 2.0])
def test_a_truncated_normal_is_that_of_redrawing(truncation: float) -> None:
    """BigGAN draws again what is too far out: what is left are the draws that were not."""
    z = torch.randn(400, 500, generator=torch.Generator().manual_seed(0))
    cut, near = truncated_normal(z, truncation), z[z.abs() <= truncation]
    assert cut.abs().max() <= truncation and torch.equal(cut.sign(), z.sign())
    assert torch.equal(cut.flatten()[z.flatten().argsort()].sort()[0], cut.flatten()[z.flatten().argsort()])  # monotone
    shares = torch.linspace(0.05, 0.95, 19)
    quantiles = (values.flatten()[:100_000].quantile(shares) for values in (cut, near))
    torch.testing.assert_close(*quantiles, atol=0.02, rtol=0)


def test_truncation_changes_samples_and_none_or_far_changes_nothing(generator: LoadedGenerator) -> None:
    whole = generator.sample(0, 70)
    np.testing.assert_array_equal(generator.truncated(None).sample(0, 70), whole)
    assert torch.equal(generator.truncated(9.0).latents(0, 0), generator.latents(0, 0))  # no number is that far out
    cut = generator.truncated(0.5)
    assert not np.array_equal(cut.sample(0, 70), whole) and generator.truncation is None
    np.testing.assert_array_equal(cut.sample(0, 3, start=67), cut.sample(0, 70)[67:])  # of seed and index
    with pytest.raises(UserError, match="truncation 0: must be greater than 0"):
        generator.truncated(0.0)
