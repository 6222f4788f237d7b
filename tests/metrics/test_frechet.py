"""The Fréchet distance against closed forms and pytorch-fid's implementation."""

import numpy as np
import pytest
from pytorch_fid.fid_score import calculate_frechet_distance

from nashgan.metrics.frechet import frechet_distance, frechet_distance_of_moments, normalised_frechet_distance
from nashgan.metrics.moments import Moments, moments
from nashgan.runtime.errors import UserError


def gaussian(seed: int, count: int, dim: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    mixing = random.standard_normal((dim, dim)) / np.sqrt(dim)
    features: np.ndarray = random.standard_normal((count, dim)) @ mixing + random.standard_normal(dim)
    return features


def both_routes(real: np.ndarray, fake: np.ndarray) -> tuple[float, float]:
    return frechet_distance(real, fake), frechet_distance_of_moments(moments(real), moments(fake))


def of(mean: np.ndarray, covariance: np.ndarray) -> Moments:
    return Moments(np.asarray(mean, np.float64), np.asarray(covariance, np.float64), 100)


@pytest.mark.parametrize(("count", "dim"), [(300, 20), (20, 20), (21, 20), (10, 200), (2, 5)])
def test_equal_sets_are_at_zero(count: int, dim: int) -> None:
    features = gaussian(0, count, dim)
    for distance in both_routes(features, features[np.random.default_rng(1).permutation(count)]):
        assert 0 <= distance < 1e-8


def test_one_dimension() -> None:
    """(μ₁ - μ₂)² + (σ₁ - σ₂)²."""
    value = frechet_distance_of_moments(of(np.array([1.0]), np.array([[4.0]])), of(np.array([3.0]), np.array([[0.25]])))
    assert value == pytest.approx(4 + 1.5**2, rel=1e-12)


def test_diagonal_covariances() -> None:
    random = np.random.default_rng(0)
    means, deviations = random.standard_normal((2, 6)), random.uniform(0.1, 3, (2, 6))
    value = frechet_distance_of_moments(*(of(m, np.diag(s**2)) for m, s in zip(means, deviations, strict=True)))
    assert value == pytest.approx(((means[0] - means[1]) ** 2 + (deviations[0] - deviations[1]) ** 2).sum(), rel=1e-12)


def test_commuting_covariances() -> None:
    """A common rotation of diagonal covariances changes nothing."""
    random = np.random.default_rng(0)
    rotation = np.linalg.qr(random.standard_normal((6, 6)))[0]
    deviations = random.uniform(0.1, 3, (2, 6))
    value = frechet_distance_of_moments(*(of(np.zeros(6), rotation * s**2 @ rotation.T) for s in deviations))
    assert value == pytest.approx(((deviations[0] - deviations[1]) ** 2).sum(), rel=1e-12)


@pytest.mark.parametrize(("count", "dim"), [(300, 20), (10, 200)])
def test_shift_alone(count: int, dim: int) -> None:
    features = gaussian(0, count, dim)
    for distance in both_routes(features, features + 0.5):
        assert distance == pytest.approx(0.25 * dim, rel=1e-9)


@pytest.mark.parametrize(("count", "dim"), [(300, 20), (10, 200)])
def test_scale_alone(count: int, dim: int) -> None:
    """Centred features multiplied by a: the distance is (1 - a)² tr Σ."""
    features = gaussian(0, count, dim)
    features -= features.mean(axis=0)
    for distance in both_routes(features, 3 * features):
        assert distance == pytest.approx(4 * features.var(axis=0, ddof=1).sum(), rel=1e-9)


def test_disjoint_subspaces() -> None:
    """Orthogonal supports share nothing: the distance is the sum of the traces."""
    features = gaussian(0, 50, 4)
    features -= features.mean(axis=0)
    nothing = np.zeros_like(features)
    for distance in both_routes(np.hstack([features, nothing]), np.hstack([nothing, features])):
        assert distance == pytest.approx(2 * features.var(axis=0, ddof=1).sum(), rel=1e-9)


@pytest.mark.filterwarnings("ignore:The `disp` argument:DeprecationWarning")  # pytorch-fid's call of sqrtm
@pytest.mark.parametrize("dim", [2, 5, 64])
def test_full_rank_agrees_with_pytorch_fid(dim: int) -> None:
    real, fake = gaussian(0, 4 * dim + 9, dim), gaussian(1, 3 * dim + 7, dim)
    expected = calculate_frechet_distance(
        real.mean(axis=0), np.cov(real, rowvar=False), fake.mean(axis=0), np.cov(fake, rowvar=False)
    )
    for distance in both_routes(real, fake):
        assert distance == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(("real", "fake"), [(30, 30), (30, 200), (200, 30)])
def test_routes_agree_on_singular_covariances(real: int, fake: int) -> None:
    values = both_routes(gaussian(0, real, 100), gaussian(1, fake, 100))
    assert values[0] == pytest.approx(values[1], rel=1e-9)


def test_symmetric_and_independent_of_order() -> None:
    real, fake = gaussian(0, 40, 60), gaussian(1, 90, 60)
    value = frechet_distance(real, fake)
    assert frechet_distance(fake, real) == pytest.approx(value, rel=1e-12)
    assert frechet_distance(real[::-1], fake[::-1]) == pytest.approx(value, rel=1e-12)


def test_constant_features() -> None:
    """Two points: the squared distance between them. A point against a Gaussian: the Gaussian's trace on top."""
    point = np.full((10, 3), 2.0)
    features = gaussian(0, 40, 3)
    for distance in both_routes(point, point + 1):
        assert distance == pytest.approx(3)
    expected = ((features.mean(axis=0) - 2) ** 2).sum() + features.var(axis=0, ddof=1).sum()
    for distance in both_routes(features, point):
        assert distance == pytest.approx(expected, rel=1e-12)


def test_normalised_distance_does_not_depend_on_scale() -> None:
    real, fake = gaussian(0, 40, 60), gaussian(1, 40, 60)
    value = normalised_frechet_distance(real, fake)
    assert value == pytest.approx(frechet_distance(real, fake) / np.trace(np.cov(real, rowvar=False)), rel=1e-12)
    assert normalised_frechet_distance(1000 * real, 1000 * fake) == pytest.approx(value, rel=1e-9)
    with pytest.raises(UserError, match="constant"):
        normalised_frechet_distance(np.ones((10, 3)), fake[:, :3])


def test_what_cannot_be_measured_is_refused() -> None:
    good = gaussian(0, 10, 3)
    broken = good.copy()
    broken[4, 1] = np.nan
    for real, fake, message in ((good, broken, "row 4"), (good[:1], good, "two feature vectors")):
        with pytest.raises(UserError, match=message):
            frechet_distance(real, fake)
