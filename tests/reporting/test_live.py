"""The generator inside the report: a real browser computes what torch computes, and the reader can play with it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait

from nashgan.models import MODELS
from nashgan.models.config import ModelConfig, build_generator
from nashgan.models.generator import load_generator, save_generator
from nashgan.params import Params
from nashgan.records.degradation import Degradation
from nashgan.records.paths import Paths
from nashgan.reporting import live
from nashgan.reporting.inputs import read_inputs
from nashgan.reporting.live import COUNT, as_operations
from nashgan.reporting.operations import COMPUTED, Operations
from nashgan.reporting.page import render
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.points import PointSpace
from nashgan.stages import report

OF_IMAGES = {entry.target: name for name, entry in MODELS.items() if "image" in entry.layouts}.values()
DRAW = [name for name in OF_IMAGES if not (MODELS[name].restores or MODELS[name].translates)]
NOT_COMPUTED = {"gaussian": "by a random walk", "r3gan_paper": "no page can compute "}
PICTURES = "return [...document.querySelectorAll('.drawn canvas')].map((canvas) => canvas.toDataURL())"


def saved(folder: Path, name: str, space: ImageSpace, classes: int) -> ModelConfig:
    """A tiny generator with random weights and statistics in `folder`."""
    config = ModelConfig(name=name, examples=space.format, latent=8, width=4, classes=classes)
    torch.manual_seed(0)
    network = build_generator(config)
    with torch.no_grad():
        for parameter in network.parameters():  # some are 0 before a training
            parameter.normal_(0, 0.3)
        for buffer in network.buffers():
            if buffer.is_floating_point():
                buffer.uniform_(0.5, 1.5)
    save_generator(folder, config, network, network)
    return config


def test_which_networks_a_page_computes() -> None:
    assert {"mlp", "dcgan", "r3gan"} < set(DRAW) and set(NOT_COMPUTED) < set(DRAW)


@pytest.mark.parametrize("name", [name for name in DRAW if name not in NOT_COMPUTED])
@pytest.mark.parametrize(("channels", "labelled"), [(1, True), (3, False)])
def test_the_browser_computes_what_torch_computes(
    browser: webdriver.Chrome, paths: Paths, name: str, channels: int, labelled: bool
) -> None:
    config = saved(paths.generator, name, ImageSpace(channels, 16, 16), 3 * (labelled and MODELS[name].knows_classes))
    made = as_operations(paths.generator)
    assert isinstance(made, Operations)
    paths.report.write_text(render(replace(read_inputs(paths), live=made)))
    browser.get(paths.report.as_uri())
    assert set(browser.execute_script("return nashgan.operations")) == COMPUTED
    z = torch.randn(COUNT, config.latent)
    labels = torch.arange(COUNT) % 3 if config.classes else None
    network = load_generator(paths.generator)
    given = [z.flatten().tolist(), *([] if labels is None else [labels.tolist()])]
    numbers = browser.execute_script("return Array.from(nashgan.computed(...arguments))", *given)
    expected = network(z, labels).flatten()
    assert expected.std() > 1e-3
    np.testing.assert_allclose(numbers, expected, atol=1e-5)


@pytest.mark.parametrize(("name", "why"), NOT_COMPUTED.items())
def test_what_no_page_computes_is_said(paths: Paths, name: str, why: str) -> None:
    config = saved(paths.generator, name, ImageSpace(1, 16, 16), 0)
    made = as_operations(paths.generator)
    assert isinstance(made, str) and why in made
    page = render(replace(read_inputs(paths), live=made, model=config))
    assert "This page cannot draw further images: " in page and why in page and 'id="weights"' not in page


def test_a_page_stays_small(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    saved(paths.generator, "r3gan", ImageSpace(1, 16, 16), 0)
    monkeypatch.setattr(live, "LARGEST", 1_000)
    assert as_operations(paths.generator) == "its weights have 0.0 MB"
    monkeypatch.setattr(live, "LONGEST", 1)
    assert as_operations(paths.generator) == f"it takes 0.0 billion multiplications for {COUNT} images"


def test_only_images_that_need_no_other_are_drawn(tmp_path: Path) -> None:
    points = ModelConfig(name="dense", examples=PointSpace((0.0, 1.0), 2.0).format, latent=2, width=2)
    given = ModelConfig(
        name="unet", examples=ImageSpace(1, 16, 16).format, latent=2, width=2, given=Degradation(kinds=("small",))
    )
    for name, config in (("points", points), ("given", given)):
        network = build_generator(config)
        save_generator(tmp_path / name, config, network, network)
        assert as_operations(tmp_path / name) is None


def test_a_reader_moves_through_latent_space(browser: webdriver.Chrome, paths: Paths, params: Params) -> None:
    saved(paths.generator, "r3gan", ImageSpace(1, 32, 32), 10)
    report.run(paths, params)
    assert paths.report.stat().st_size < 5e6
    for width in (360, 1280):
        screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
        browser.get("about:blank")  # else the address is the same, and the page is not opened anew
        browser.get(f"{paths.report.as_uri()}#draw")
        assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    canvases = browser.find_elements(By.CSS_SELECTOR, ".drawn canvas")
    assert len(canvases) == COUNT and all(canvas.is_displayed() for canvas in canvases)
    first = drawn(browser, 1)
    assert len(set(first)) == COUNT
    browser.execute_script(
        "const way = document.getElementById('way'); way.value = 1; way.dispatchEvent(new Event('input'))"
    )
    there = drawn(browser, 2)
    browser.execute_script("document.getElementById('others').click()")  # from where the slider was, to others
    assert drawn(browser, 3) == there and not set(there) & set(first)
    Select(browser.find_element(By.ID, "class")).select_by_index(1)
    zeros = drawn(browser, 4)
    assert zeros[0] == there[0] and not set(zeros[1:]) & set(there[1:])
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


def drawn(browser: webdriver.Chrome, times: int) -> list[str]:
    """The pictures on all canvases, after they were drawn so many times since the page was opened."""
    count = "return Number(document.querySelector('.live').dataset.drawn ?? 0)"
    WebDriverWait(browser, 30).until(lambda browser: browser.execute_script(count) == times)
    assert browser.find_element(By.ID, "took").text.startswith("Computed in ")
    pictures: list[str] = browser.execute_script(PICTURES)
    return pictures
