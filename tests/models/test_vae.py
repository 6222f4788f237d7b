"""The bound's two terms against torch's distributions; encoder and decoder."""

from pathlib import Path

import pytest
import torch
from record_files import CPU
from torch.distributions import Bernoulli, Normal, kl_divergence

from nashgan.models.config import ModelConfig
from nashgan.models.vae import Decoder, Encoder, kl_to_standard_normal, load_encoder, negative_log_likelihood
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace

GREY = ImageSpace(1, 32, 32)
PRIOR = Normal(torch.zeros(3), torch.ones(3))


def posteriors() -> tuple[torch.Tensor, torch.Tensor, Normal]:
    torch.manual_seed(0)
    mean, log_variance = torch.randn(5, 3), torch.randn(5, 3)
    return mean, log_variance, Normal(mean, (log_variance / 2).exp())


def test_kl_is_torchs() -> None:
    mean, log_variance, q = posteriors()
    torch.testing.assert_close(kl_to_standard_normal(mean, log_variance), kl_divergence(q, PRIOR).sum(1))


def test_kl_is_the_mean_of_the_log_ratio() -> None:
    mean, log_variance, q = posteriors()
    z = mean + (log_variance / 2).exp() * torch.randn(20_000, 5, 3)
    ratios = (q.log_prob(z) - PRIOR.log_prob(z)).sum(2)  # type: ignore[no-untyped-call]
    error = ratios.std(0) / len(z) ** 0.5
    assert ((ratios.mean(0) - kl_to_standard_normal(mean, log_variance)).abs() < 5 * error).all()


def test_kl_of_the_prior_itself_is_zero() -> None:
    assert torch.equal(kl_to_standard_normal(torch.zeros(2, 4), torch.zeros(2, 4)), torch.zeros(2))


def test_likelihood_of_black_and_white_images_is_torchs() -> None:
    torch.manual_seed(0)
    logits, bits = torch.randn(3, 2, 4, 4), torch.randint(2, (3, 2, 4, 4)).float()
    expected = -Bernoulli(logits=logits).log_prob(bits).sum((1, 2, 3))  # type: ignore[no-untyped-call]
    torch.testing.assert_close(negative_log_likelihood(logits, 2 * bits - 1), expected)


def test_the_most_likely_logits_are_the_images_own() -> None:
    torch.manual_seed(0)
    real = torch.rand(1, 1, 4, 4) * 1.8 - 0.9
    logits = (((real + 1) / 2).logit()).requires_grad_()
    negative_log_likelihood(logits, real).sum().backward()  # type: ignore[no-untyped-call]
    assert logits.grad is not None and logits.grad.abs().max() < 1e-6


@pytest.mark.parametrize("classes", [0, 3])
def test_images_are_the_means_of_the_likelihood(classes: int) -> None:
    torch.manual_seed(0)
    decoder = Decoder(GREY, 4, 2, classes).eval()
    z, labels = torch.randn(2, 4), torch.tensor([0, 1]) if classes else None
    torch.testing.assert_close(decoder(z, labels), 2 * decoder.logits(z, labels).sigmoid() - 1)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("size", [32, 64])
def test_the_encoder_begins_near_the_prior(channels: int, size: int) -> None:
    torch.manual_seed(0)
    mean, log_variance = Encoder(ImageSpace(channels, size, size), 4, 2)(torch.randn(8, channels, size, size))
    assert mean.shape == log_variance.shape == (8, 4)
    assert mean.abs().max() < 1 and log_variance.abs().max() < 1


def test_labels_reach_the_posterior() -> None:
    torch.manual_seed(0)
    encoder = Encoder(GREY, 4, 2, classes=3).eval()
    mean, _ = encoder(torch.zeros(2, 1, 32, 32), torch.tensor([0, 1]))
    assert not torch.allclose(mean[0], mean[1])


def test_the_encoder_is_read_as_it_was_written(tmp_path: Path) -> None:
    config = ModelConfig(name="vae", examples=GREY.format, latent=4, width=2)
    written = Encoder(GREY, 4, 2)
    save_weights(tmp_path / "weights.safetensors", written)
    save_config(tmp_path, config)
    read = load_encoder(tmp_path, CPU)
    assert not read.training
    assert all(torch.equal(read.state_dict()[key], value) for key, value in written.state_dict().items())
    save_config(tmp_path, config.model_copy(update={"latent": 5}))
    with pytest.raises(UserError, match=r"weights.safetensors: head.bias must be .*; run `dvc repro train`"):
        load_encoder(tmp_path, CPU)
