import re
from pathlib import Path

import pytest

from nashgan.pages.glossary import ALSO, TERMS, anchor, markdown, used

DOCS = Path(__file__).parents[2] / "docs"


def test_the_page_in_docs_is_current() -> None:
    assert (DOCS / "glossary.md").read_text() == markdown()


def test_terms_stand_in_alphabetical_order_with_an_anchor_each() -> None:
    assert list(TERMS) == sorted(TERMS, key=str.casefold)
    assert len({anchor(term) for term in TERMS}) == len(TERMS)
    assert anchor("critic gap") == "critic-gap" and anchor("D(x) and D(G(z))") == "dx-and-dgz"
    assert ALSO.keys() <= TERMS.keys()


@pytest.mark.parametrize("term", TERMS)
def test_a_term_takes_one_to_four_sentences(term: str) -> None:
    sentences = re.split(r"(?<=\.) ", TERMS[term])
    assert 1 <= len(sentences) <= 4 and all(sentence.endswith((".", ")")) for sentence in sentences)
    assert all(3 <= len(sentence.split()) <= 45 for sentence in sentences)


def test_a_page_explains_the_terms_that_it_shows_and_no_others() -> None:
    page = "<style>.recall{}</style><h2 class='density'>Precision of <b>critic_gap</b></h2><p>Three experiments</p>"
    assert [term for term, _ in used(page)] == ["critic gap", "experiment", "precision"]
    other_words = "<p>without averaging of the weights, FID∞</p>"
    assert [term for term, _ in used(other_words)] == ["FID", "FID infinity", "raw generator"]


@pytest.mark.parametrize(
    "metric",
    [
        *("fid", "kid", "fid_infinity", "fcd", "kcd", "fcd_infinity", "precision", "recall", "density", "coverage"),
        *("class_kl", "classifier_score", "class_accuracy", "fcd_per_class", "modes", "modes_kl", "critic_gap"),
        *("memorisation", "out_of_range", "training_fcd", "held_out_accuracy", "fd_dinov2", "cmmd"),
    ],
)
def test_every_metric_is_explained(metric: str) -> None:
    words = metric.replace("_", " ")
    assert any(words in (term.lower(), *ALSO.get(term, ())) for term, _ in used(metric))
