"""`nashgan explore` of a generator that restores: pictures that are dropped in, and held-out ones."""

import base64
import io
import json
import urllib.error
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import torch
from fastapi import FastAPI
from PIL import Image
from record_files import write_splits
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import WebDriverWait
from served_page import served

from nashgan.commands import explore_given
from nashgan.commands.explore import opened
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.generator import load_generator, save_generator
from nashgan.records.degradation import Degradation
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.spaces.image import ImageSpace

DIGITS = np.random.default_rng(0).integers(0, 256, (12, 1, 16, 16), np.uint8)


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """A workspace with a generator that takes noise out of digits, and with held-out digits."""
    made = Paths(tmp_path_factory.mktemp("workspace"))
    how = Degradation(kinds=("noisy",), noise=0.5)
    config = ModelConfig(name="unet", examples=ImageSpace(1, 16, 16).format, latent=3, width=2, given=how)
    torch.manual_seed(0)
    network = build_generator(config)
    save_generator(made.generator, config, network, network)
    write_splits(
        made.splits, {"train": Examples(DIGITS[:6]), "validation": Examples(DIGITS[6:8]), "test": Examples(DIGITS[8:])}
    )
    return made


@pytest.fixture(scope="module")
def app(paths: Paths) -> FastAPI:
    return opened(paths.generator, "an idea")


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.fromarray(DIGITS[0, 0]).save(tmp_path / "digit.png")
    return tmp_path / "digit.png"


def post(address: str, content: bytes, seed: str = "3") -> tuple[int, dict[str, dict[str, str]]]:
    """The status, and the answer."""
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{address}made?seed={seed}", content)) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


def pixels(source: str) -> np.ndarray:
    """The picture of a data: address."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(source.partition(",")[2]))))


def test_a_picture_is_restored_as_the_command_does_it(app: FastAPI, paths: Paths, picture: Path) -> None:
    expected = load_generator(paths.generator).restore(DIGITS[:1], 3)[0, 0]
    with served(app) as address:
        status, answer = post(address, picture.read_bytes())
    assert status == 200
    np.testing.assert_array_equal(pixels(answer["given"]["source"]), DIGITS[0, 0])
    np.testing.assert_array_equal(pixels(answer["made"]["source"]), expected)


def test_what_is_no_such_picture_is_one_line(
    app: FastAPI, picture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = io.BytesIO()
    Image.new("L", (5, 4)).save(small, "PNG")
    monkeypatch.setattr(explore_given, "LARGEST", 2000)
    wrong = {
        b"": "the picture: not an image of a known format",
        b"hello": "the picture: not an image of a known format",
        small.getvalue(): "the picture: has 5 \u00d7 4 pixels; this generator restores 16 \u00d7 16",
        picture.read_bytes()[:90]: "the picture: ",
        bytes(3000): "the picture has more than 0 MB",
    }
    with served(app) as address:
        for content, message in wrong.items():
            status, answer = post(address, content)
            assert status == 400 and str(answer["detail"]).startswith(message), answer
        assert post(address, picture.read_bytes(), seed="many")[0] == 422
        with urllib.request.urlopen(f"{address}example?index=5&seed=0") as found:
            example = json.load(found)
    np.testing.assert_array_equal(pixels(example["true"]["source"]), DIGITS[8 + 5 % 4, 0])


def test_without_data_there_is_no_example(paths: Paths, tmp_path: Path) -> None:
    alone = tmp_path / "generator"
    generator = load_generator(paths.generator)
    save_generator(alone, generator.config, generator.module, generator.module)
    with served(opened(alone, "an idea")) as address:
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{address}example")
        assert json.load(refused.value)["detail"] == "there are no held-out images beside this generator"
        with urllib.request.urlopen(address) as page:
            assert b"held-out example" not in page.read()


def test_the_page_takes_a_picture_and_fits_the_screen(browser: webdriver.Chrome, app: FastAPI, picture: Path) -> None:
    with served(app) as address:
        for width in (360, 1280):
            screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
            browser.get(address)
            browser.find_element(By.ID, "file").send_keys(str(picture))
            assert [shown(browser, 1, name) for name in ("given", "made", "true")] == [True, True, False]
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
        first = browser.find_element(By.ID, "given").get_attribute("src")
        browser.find_element(By.ID, "held-out").click()
        assert shown(browser, 2, "true")
        assert browser.find_element(By.ID, "given").get_attribute("src") != first
        assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def shown(browser: webdriver.Chrome, answers: int, name: str) -> bool:
    """Whether the picture `name` is shown, after so many answers."""
    count = "return Number(document.body.dataset.answered || 0)"
    WebDriverWait(browser, 20).until(lambda browser: browser.execute_script(count) >= answers)
    return browser.find_element(By.ID, name).is_displayed()
