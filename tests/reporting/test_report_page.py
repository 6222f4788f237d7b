import base64
import hashlib
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image
from record_files import write_samples, write_splits

from nashgan.models.generator import read_generator_config
from nashgan.params import Params
from nashgan.records.evaluation import read_evaluation
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.samples import Correction, write_correction
from nashgan.records.train_run import TRAINING, read_train_run
from nashgan.runtime.files import write_json
from nashgan.spaces.grid import save_png
from nashgan.stages import report
from nashgan.tracking.model_card import CardRecords, model_card

MARKUP = "<script>alert(1)</script>"


class Page(HTMLParser):
    """Every element with its attributes, the text of styles and scripts, and all other text. Data are no scripts."""

    def __init__(self, paths: Paths, params: Params) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.data = False  # whether what is read now is data for the script
        self.inline: dict[str, list[str]] = {"style": [], "script": []}
        self.words: list[str] = []
        report.run(paths, params)
        self.html = paths.report.read_text()
        self.feed(self.html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.data = tag == "script" and "type" in dict(attrs)
        self.elements.append(("data" if self.data else tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if not (self.data and self.cdata_elem):
            self.inline.get(self.cdata_elem or "", self.words).append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def _change(paths: Paths, name: str, **values: object) -> None:
    path = paths.root / name
    write_json(path, {**json.loads(path.read_text()), **values})


def test_says_what_matters(paths: Paths, params: Params) -> None:
    page = Page(paths, params)
    for words in (
        *("dcgan on mnist5k", "non_saturating", "320,000 images seen", "2 min 28 s", "24.9", "floor 5.63"),
        *("2,000 generated images", "inception-7ff4a85c n=2000", "0.0873", "from the test split", "loyal-otter"),
        *("lr_discriminator", "git checkout 4f2a91c07be3d5e8a6b1c9d2e4f60718293a4b5c", "dvc exp apply loyal-otter"),
    ):
        assert words in page.text


def test_needs_nothing_but_itself(paths: Paths, params: Params) -> None:
    page = Page(paths, params)
    for _, attributes in page.elements:
        for name in ("src", "href", "srcset", "action", "data", "poster", "background"):
            assert (attributes.get(name) or "#").startswith(("data:", "#"))
        assert "style" not in attributes and not any(name.startswith("on") for name in attributes)
    assert not re.search(r"url\(|@import|fetch\(|import\(", "".join(page.inline["style"] + page.inline["script"]))


def test_policy_admits_exactly_its_own_style_and_script(paths: Paths, params: Params) -> None:
    page = Page(paths, params)
    policy = next(meta["content"] for meta in page.all("meta") if meta.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and policy.startswith("default-src 'none'") and "unsafe" not in policy
    for kind, sources in page.inline.items():
        assert len(page.all(kind)) == 1
        digest = base64.b64encode(hashlib.sha256("".join(sources).encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy


def test_text_of_users_is_text(paths: Paths, params: Params) -> None:
    sections = json.loads(paths.train_run.read_text())["params"]
    sections |= {MARKUP: {MARKUP: MARKUP}}
    tags = {TRAINING: MARKUP, MARKUP: MARKUP}
    _change(paths, "models/train_run.json", experiment=MARKUP, tags=tags, params=sections)
    _change(paths, "data/splits/manifest.json", source={"name": MARKUP, MARKUP: [MARKUP, {MARKUP: 1}]})
    evaluation = {"value": 1.0, "floor": 1.0, "samples": 2, "protocol": MARKUP, "versions": MARKUP}
    write_json(paths.evaluation, {MARKUP: evaluation})
    write_json(paths.registration, {"name": MARKUP, "version": MARKUP, "run_id": MARKUP, "aliases": [MARKUP]})
    page = Page(paths, params)
    assert len(page.all("script")) == 1
    assert page.text.count(MARKUP) >= 12


@pytest.mark.parametrize(("count", "named", "more"), [(0, 0, ""), (2, 2, ""), (1207, 5, "and 1,202 more")])
def test_files_that_could_not_be_read(paths: Paths, params: Params, count: int, named: int, more: str) -> None:
    files = [{"name": f"odd/{index}{MARKUP}.png", "reason": f"reason {index}"} for index in range(count)]
    _change(paths, "data/splits/manifest.json", unreadable=files)
    text = Page(paths, params).text
    assert f"unreadable files {count:,}" in text
    for index in range(min(count, 9)):
        assert (f"odd/{index}{MARKUP}.png reason {index} " in text) == (index < named)
    assert more in text and (" more named in data/splits/manifest.json" in text) == bool(more)


def test_no_password_of_an_address(paths: Paths, params: Params) -> None:
    run = json.loads(paths.train_run.read_text())
    run["params"]["data"]["mirror"] = ["https://me:secret@mirror.invalid/"]
    tags = {TRAINING: "training-0", "repo": "https://token:secret@git.invalid/x"}
    _change(paths, "models/train_run.json", params=run["params"], tags=tags)
    page = Page(paths, params)
    assert "secret" not in page.html and "https://mirror.invalid/" in page.text


def test_structure_is_accessible(paths: Paths, params: Params) -> None:
    page = Page(paths, params)
    tags = [tag for tag, _ in page.elements]
    assert all(tags.count(tag) == 1 for tag in ("h1", "header", "nav", "main", "footer", "title"))
    assert page.all("html")[0]["lang"] == "en"
    assert all(image["alt"] and image["width"] and image["height"] for image in page.all("img"))
    assert all(drawing.get("aria-label") or drawing.get("aria-hidden") for drawing in page.all("svg"))
    identities = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(identities) == len(set(identities))
    fields = [field["id"] for field in page.all("input")]
    assert fields == [label["for"] for label in page.all("label")]
    assert {link["href"] for link in page.all("a")} <= {f"#{identity}" for identity in identities}


def test_equal_inputs_give_equal_pages(paths: Paths, params: Params) -> None:
    assert Page(paths, params).html == Page(paths, params).html


@pytest.mark.parametrize("rows", [0, 1])
def test_short_history(paths: Paths, params: Params, rows: int) -> None:
    lines = paths.history.read_text().splitlines()
    paths.history.write_text("\n".join(lines[: 1 + rows]) + "\n")
    page = Page(paths, params)
    assert f"{rows} row" in page.text
    assert len(page.all("circle")) == 10 * rows


def test_numbers_that_are_not_finite(paths: Paths, params: Params) -> None:
    header, *rows = paths.history.read_text().splitlines()
    rows[50] = "163200" + ",nan" * 12
    rows[60] = "195200,inf,-inf,0,nan,0,inf,nan,1e300,0,0,0,inf"
    paths.history.write_text("\n".join([header, *rows]) + "\n")
    paths.evaluation.write_text(
        '{"fid": {"value": NaN, "floor": 5, "samples": 2, "protocol": "p"},'
        ' "fcd": {"value": null, "floor": null, "samples": 2, "protocol": "p"}}'
    )
    page = Page(paths, params)
    assert "not finite" in page.text and "values are not finite and could not be drawn" in page.text
    numbers = [value for tag, a in page.elements if tag in ("path", "rect", "circle") for value in a.values() if value]
    assert not any("nan" in value.lower() for value in numbers)


def test_no_timeline_no_labels_no_git(paths: Paths, params: Params) -> None:
    for picture in paths.timeline.iterdir():
        picture.unlink()
    manifest = json.loads((paths.splits / "manifest.json").read_text())
    splits = {name: {**split, "histogram": None} for name, split in manifest["splits"].items()}
    _change(paths, "data/splits/manifest.json", classes=None, splits=splits)
    unknown: dict[str, object] = {
        "experiment": None,
        "run_id": None,
        "tracking_uri": None,
        "tags": {TRAINING: "training-0"},
    }
    _change(paths, "models/train_run.json", **unknown)
    page = Page(paths, params)
    assert "No picture was taken" in page.text and "no labels" in page.text
    assert [one["id"] for one in page.all("input")] == ["way"]  # no slider for the timeline


def test_few_large_colour_images(paths: Paths, params: Params) -> None:
    images = np.random.default_rng(0).integers(0, 256, (3, 3, 128, 128), dtype=np.uint8)
    write_splits(paths.splits, {"test": Examples(images, np.zeros(3, np.int64))})
    write_samples(paths.samples, Examples(images))
    assert "3 of each, at the same scale" in Page(paths, params).text


def test_the_card_is_that_of_the_records(paths: Paths, params: Params) -> None:
    of = CardRecords(
        read_generator_config(paths.generator), read_train_run(paths.train_run), read_evaluation(paths.evaluation)
    )
    assert model_card(of).strip() in "".join(Page(paths, params).words)


def test_fid_comes_first(paths: Paths, params: Params) -> None:
    evaluation = json.loads(paths.evaluation.read_text())
    write_json(paths.evaluation, {"kid": evaluation["fid"], "fcd": evaluation["fcd"], "fid": evaluation["fid"]})
    text = Page(paths, params).text
    assert text.index("FID Fréchet Inception distance") < text.index("fcd Fréchet classifier") < text.index("kid 24.9")


def test_what_the_watchdog_noticed_is_told_in_words(paths: Paths, params: Params) -> None:
    text = Page(paths, params).text
    assert "explosion at 64,000 images" in text
    assert "grad_norm_d is 5e+04, its median was 12." in text


def test_a_training_that_lost_patience_is_called_complete(paths: Paths, params: Params) -> None:
    run = json.loads(paths.train_run.read_text())
    run["events"] = [{"images": 96_000, "kind": "patience", "detail": "training_fcd was lowest, 0.1, after 48,000"}]
    write_json(paths.train_run, run)
    text = Page(paths, params).text
    assert "patience at 96,000 images" in text and "the training ended. The result is complete." in text


def test_intervals_and_other_metrics_stand_beside_the_headlines(paths: Paths, params: Params) -> None:
    text = Page(paths, params).text
    assert "95 % interval 24.1 – 25.7" in text
    assert "precision 0.812 0.790 – 0.830 0.934 higher" in text


def test_what_d_would_change_is_shown_where_there_are_pictures_of_it(paths: Paths, params: Params) -> None:
    title = "What D would change"
    assert title not in Page(paths, params).text
    for name in ("advise-image", "advise-generator"):
        save_png(paths.questions / f"{name}.png", Image.new("RGB", (40, 20)))
    page = Page(paths, params)
    assert title in page.text and "how likely D finds the image real" in page.text
    run = json.loads(paths.train_run.read_text())
    run["params"]["objective"]["loss"] = "hinge"
    write_json(paths.train_run, run)
    assert "the share of held-out real images with a lower logit than the image" in Page(paths, params).text


@pytest.mark.parametrize(
    ("correction", "says"),
    [
        (
            Correction(method="reject", steps=9, share=0.5, accepted=0.25),
            "images meet and 25.0 % of the generator",
        ),
        (Correction(method="metropolis", steps=9), "the end of a chain of 9 steps"),
        (Correction(method="walk", steps=9, share=0.5, limit=0.1), "at most, and a requirement that 50.0 %"),
    ],
)
def test_corrected_samples_are_said_to_be(paths: Paths, params: Params, correction: Correction, says: str) -> None:
    write_correction(paths.correction, correction)
    assert says in Page(paths, params).text


def test_without_a_floor_nothing_is_said_of_one(paths: Paths, params: Params) -> None:
    fid = json.loads(paths.evaluation.read_text())["fid"]
    _change(paths, "reports/evaluation.json", fid={**fid, "floor": None, "floor_interval": None})
    page = Page(paths, params)
    assert "floor not measured" in page.text and "not finite" not in page.text
    _change(paths, "reports/evaluation.json", fid={**fid, "floor_samples": 700})
    assert "700 other real images have the distance 5.63" in Page(paths, params).text
