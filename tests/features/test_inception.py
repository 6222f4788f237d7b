"""pytorch-fid's Inception: the same features and the same FID; and only the two known weight files are taken."""

import hashlib
import importlib.util
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from loopback import served
from pytorch_fid import inception as pytorch_fid
from pytorch_fid.fid_score import calculate_frechet_distance
from record_files import CPU
from torch import Tensor

from nashgan.data import fetch
from nashgan.data.fetch import RemoteFile
from nashgan.features import inception
from nashgan.features.inception import MEND, OFFICIAL, find_weights, load_inception, read_weights
from nashgan.features.network import FeatureNetwork
from nashgan.metrics.frechet import frechet_distance
from nashgan.records.examples import Examples
from nashgan.runtime.errors import UserError

FILE = "pt_inception-2015-12-05-6726825d.pth"
WEIGHTS = b"in the place of the weights"


def published(content: bytes) -> RemoteFile:
    """As pytorch-fid's file, with another content."""
    return replace(OFFICIAL, size=len(content), digest=hashlib.sha256(content).hexdigest())


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No cache and no package has the weights."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    monkeypatch.setenv("NASHGAN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    monkeypatch.setattr(fetch, "_RETRIES", 0)


@pytest.fixture(scope="module")
def network(home: Path) -> FeatureNetwork:
    return load_inception(home, None, CPU)


@pytest.fixture(scope="module")
def weights() -> dict[str, Tensor]:
    """In the form of pytorch-fid's own file, with a last layer that no feature depends on."""
    state = read_weights(find_weights(None))
    counters = {n.replace("running_mean", "num_batches_tracked"): torch.tensor(0) for n in state if "running_mean" in n}
    return {**state, **counters, "fc.weight": torch.zeros(1008, 2048), "fc.bias": torch.zeros(1008)}


@pytest.fixture(scope="module")
def theirs(weights: dict[str, Tensor]) -> Callable[[np.ndarray], np.ndarray]:
    """pytorch-fid's own class and preprocessing; channels_last, which changes its speed alone."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pytorch_fid, "load_state_dict_from_url", lambda *_, **__: weights)
        module = pytorch_fid.InceptionV3().eval().to(memory_format=torch.channels_last)

    def features(images: np.ndarray) -> np.ndarray:
        rgb = torch.from_numpy(images.repeat(3, axis=1) if images.shape[1] == 1 else images)
        with torch.no_grad():
            values: np.ndarray = torch.cat(
                [
                    module((batch.float() / 255).contiguous(memory_format=torch.channels_last))[0].flatten(1)
                    for batch in torch.split(rgb, 50)
                ]
            ).numpy()
        return values

    return features


def test_features_are_pytorch_fids(
    network: FeatureNetwork, theirs: Callable[[np.ndarray], np.ndarray], digits: Examples, colours: np.ndarray
) -> None:
    for images in (digits.values[:6], colours[:6]):
        np.testing.assert_allclose(network.features(images), theirs(images), rtol=1e-4, atol=5e-5)


def test_features_do_not_depend_on_neighbours_or_threads(network: FeatureNetwork, colours: np.ndarray) -> None:
    together = network.features(colours)
    np.testing.assert_array_equal(network.features(colours[9:]), together[9:])
    np.testing.assert_array_equal(network.features(colours[::-1]), together[::-1])
    threads = torch.get_num_threads()
    try:
        torch.set_num_threads(2)
        np.testing.assert_allclose(network.features(colours), together, atol=1e-4)
    finally:
        torch.set_num_threads(threads)


def test_grey_images_are_tiled(network: FeatureNetwork, digits: Examples) -> None:
    grey = digits.values[:3]
    np.testing.assert_array_equal(network.features(grey), network.features(grey.repeat(3, axis=1)))


def test_images_with_alpha_are_laid_over_white(network: FeatureNetwork, colours: np.ndarray) -> None:
    opaque = np.concatenate([colours[:3], np.full((3, 1, 24, 24), 255, np.uint8)], axis=1)
    np.testing.assert_array_equal(network.features(opaque), network.features(colours[:3]))
    half_white = colours[:3].copy()
    opaque[:, 3, :, 12:], half_white[..., 12:] = 0, 255
    np.testing.assert_array_equal(network.features(opaque), network.features(half_white))


@pytest.mark.filterwarnings("ignore:The `disp` argument:DeprecationWarning")  # pytorch-fid's call of sqrtm
def test_fid_is_pytorch_fids(
    network: FeatureNetwork, theirs: Callable[[np.ndarray], np.ndarray], digits: Examples
) -> None:
    """On 30 real digits against 30 others with noise; its formula on some of the features, where it takes no minute."""
    noise = np.random.default_rng(0).normal(0, 10, digits.values[30:60].shape)
    real, fake = digits.values[:30], (digits.values[30:60] + noise).clip(0, 255).astype(np.uint8)
    ours = [network.features(images) for images in (real, fake)]
    reference = [theirs(images).astype(np.float64) for images in (real, fake)]
    assert frechet_distance(ours[0], ours[1]) == pytest.approx(frechet_distance(reference[0], reference[1]), abs=1e-3)
    some = [features[:, ::8] for features in reference]
    means, covariances = zip(*((x.mean(axis=0), np.cov(x, rowvar=False)) for x in some), strict=True)
    assert frechet_distance(ours[0][:, ::8], ours[1][:, ::8]) == pytest.approx(
        calculate_frechet_distance(means[0], covariances[0], means[1], covariances[1]), abs=1e-3
    )


def test_official_file_gives_the_same_network(
    network: FeatureNetwork, weights: dict[str, Tensor], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file of the official form, last layer and counters included, under its own digest."""
    path = tmp_path / FILE
    torch.save(weights, path)
    monkeypatch.setattr(inception, "OFFICIAL", published(path.read_bytes()))
    assert load_inception(tmp_path, FILE, CPU).sha256 == network.sha256


def test_wrong_file_is_refused_by_name(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "hub" / "checkpoints" / FILE
    wrong.parent.mkdir(parents=True)
    wrong.write_bytes(b"not weights")
    with pytest.raises(UserError, match=f"{FILE}: not pytorch-fid's Inception weights"):
        load_inception(home, str(wrong), CPU)
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))  # the cache comes before the package
    with pytest.raises(UserError, match=f"checkpoints/{FILE}: not pytorch-fid's Inception weights"):
        load_inception(home, None, CPU)


def test_missing_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"none\.pth: Inception weights not readable \(No such file or directory\)"):
        load_inception(tmp_path, "none.pth", CPU)


@pytest.mark.usefixtures("nowhere")
def test_failed_download_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The address is a local one with nobody behind it."""
    monkeypatch.setattr(inception, "HOST", "http://127.0.0.1:9")
    with pytest.raises(UserError, match=f"{FILE} could not be obtained .*: no connection.*; {re.escape(MEND)}$"):
        find_weights(None)
    assert not any(path.is_file() for path in tmp_path.rglob("*"))


@pytest.mark.usefixtures("nowhere")
@pytest.mark.parametrize("wrong", [WEIGHTS[::-1], WEIGHTS * 2])
def test_a_download_is_bounded_checked_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: bytes) -> None:
    monkeypatch.setattr(inception, "OFFICIAL", published(WEIGHTS))
    with served({f"/{FILE}": wrong}) as site:
        monkeypatch.setattr(inception, "HOST", site.address)
        with pytest.raises(UserError, match="another file of that name"):
            find_weights(None)
        assert not any(path.is_file() for path in tmp_path.rglob("*"))
        site.files[f"/{FILE}"] = WEIGHTS
        path = find_weights(None)
        path.write_bytes(wrong)
        assert find_weights(None) == path  # a damaged one is downloaded again
    assert path.read_bytes() == WEIGHTS
    assert find_weights(None) == path  # with no server left to ask


def test_the_file_is_pytorch_fids() -> None:
    assert (OFFICIAL.name, len(OFFICIAL.digest)) == (FILE, 64)
    assert OFFICIAL.digest.startswith(FILE.removesuffix(".pth")[-8:])  # the name ends in the digest's beginning
    assert inception.HOST.startswith("https://")


@pytest.mark.parametrize(("channels", "side"), [(3, 32), (3, 500), (1, 28)])
def test_clean_resizing_is_clean_fids(channels: int, side: int) -> None:
    from cleanfid.resize import build_resizer  # type: ignore[import-untyped]

    images = np.random.default_rng(0).integers(0, 256, (2, channels, side, side), np.uint8)
    resize = build_resizer("clean")
    expected = np.stack([resize(image.repeat(3 // channels, 0).transpose(1, 2, 0)) for image in images])
    found = inception.clean(torch.from_numpy(images).expand(-1, 3, -1, -1))
    np.testing.assert_allclose(found.permute(0, 2, 3, 1).numpy(), (expected - 128) / 128, atol=1e-6)


def test_the_protocol_names_the_resizer(home: Path) -> None:
    clean = load_inception(home, None, CPU, "clean")
    assert clean.resizer == "clean-299"
    images = np.random.default_rng(0).integers(0, 256, (2, 1, 32, 32), np.uint8)
    assert np.abs(clean.features(images) - load_inception(home, None, CPU).features(images)).max() > 0.01
