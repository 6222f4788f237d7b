"""The report of models that are not adversarial."""

import json
from html.parser import HTMLParser

import pytest

from nashgan.objectives import LOSSES
from nashgan.objectives.losses import cross_entropy
from nashgan.params import Params
from nashgan.records.paths import Paths
from nashgan.runtime.files import write_json
from nashgan.stages import report

PROBABILITIES = {name for name in LOSSES if LOSSES[name].load().gives_probabilities}
VAE = "images,loss,reconstruction,kl,grad_norm,lr_g,img_s\n" + "".join(
    f"{step * 3200},{200 - step},{180 - 2 * step},{20 + step},{50 / step},0.001,2500\n" for step in range(1, 11)
)
GAUSSIAN = "images,explained,met_before,met,acceptance,img_s\n4000,0.866,0.061,1.0,0.103,9000\n"


class Page(HTMLParser):
    """The page's text, its drawings and its pictures."""

    def __init__(self, paths: Paths, params: Params, model: str, history: str) -> None:
        super().__init__()
        run = json.loads(paths.train_run.read_text())
        run["params"]["model"]["name"] = model
        write_json(paths.train_run, run)
        paths.history.write_text(history)
        report.run(paths, params)
        self.words: list[str] = []
        self.drawings: list[str] = []
        self.pictures: list[str] = []
        self.feed(paths.report.read_text())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        if tag == "svg":
            self.drawings.append(attributes.get("aria-label") or "")
        if tag == "img":
            self.pictures.append(attributes.get("alt") or "")

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def test_of_a_vae(paths: Paths, params: Params) -> None:
    page = Page(paths, params, "vae", VAE)
    charts = [label for label in page.drawings if "against images seen" in label]
    assert [label.split(" against")[0] for label in charts] == [
        *("Loss", "Reconstruction", "KL divergence", "Gradient norm", "Speed in examples per second")
    ]
    assert "KL: from 21.0 to 30.0" in charts[2]
    assert "evidence lower bound objective: 32,000 images seen" in page.text
    assert "two players" not in page.text and "discriminator can no longer" not in page.text


def test_of_a_gaussian(paths: Paths, params: Params) -> None:
    page = Page(paths, params, "gaussian", GAUSSIAN)
    assert not [label for label in page.drawings if "against images seen" in label]
    for words in ("maximum likelihood objective: 4,000 images seen", "86.6 %", "6.10 %", "100 %", "10.3 %"):
        assert words in page.text


def test_adversarial_models_have_no_facts(paths: Paths, params: Params) -> None:
    page = Page(paths, params, "dcgan", paths.history.read_text())
    assert "two players" in page.text and "random walk" not in page.text


def test_losses_that_make_d_a_probability_are_those_of_cross_entropy() -> None:
    assert {name for name in LOSSES if LOSSES[name].load().discriminator is cross_entropy} == PROBABILITIES


@pytest.mark.parametrize("loss", LOSSES)
def test_scores_are_not_called_probabilities(paths: Paths, params: Params, loss: str) -> None:
    run = json.loads(paths.train_run.read_text())
    run["params"]["objective"]["loss"] = loss
    write_json(paths.train_run, run)
    page = Page(paths, params, "dcgan", paths.history.read_text())
    assert ("D(x) and D(G(z)) against images seen" in " ".join(page.drawings)) == (loss in PROBABILITIES)
    for title in ("Pairs in the right order", "Mean logits"):  # these mean the same for every loss
        assert f"{title} against images seen" in " ".join(page.drawings)


@pytest.mark.parametrize("there", [True, False])
def test_reconstructions_are_shown_where_there_are_some(paths: Paths, params: Params, there: bool) -> None:
    if there:
        paths.reconstructions.write_bytes((paths.sample_figures / "grid.png").read_bytes())
    page = Page(paths, params, "vae", VAE)
    assert sum("encoder and decoder" in alt for alt in page.pictures) == there
    assert ("Reconstructions" in page.text) is there
