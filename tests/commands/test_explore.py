"""`nashgan explore`: what the page asks for, and the page in a real browser."""

import socket
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
from record_files import write_splits
from selenium import webdriver
from selenium.webdriver.common.by import By
from selenium.webdriver.support.ui import Select, WebDriverWait
from served_page import served

from nashgan.commands import explore
from nashgan.commands.explore import Explorer, application, explorer_of
from nashgan.commands.explore_page import HOST, shown
from nashgan.commands.sample import as_evaluated
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.generator import BLOCK, save_generator
from nashgan.records.examples import Examples
from nashgan.records.paths import Paths
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.errors import UserError
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.space import Space
from nashgan.spaces.text import TextSpace
from nashgan.spaces.video import VideoSpace


def write(models: Path, space: Space, classes: int = 3, judged: bool = True) -> Path:
    """A generator folder, with a discriminator beside it."""
    config = ModelConfig(name="mlp", examples=space.format, latent=5, width=4, classes=classes)
    torch.manual_seed(0)
    module = build_generator(config)
    for weight in (one for one in module.parameters() if one.ndim > 1):  # those of a new one hardly differ
        torch.nn.init.normal_(weight, 0.0, 0.5)
    save_generator(models / "generator", config, module, module)
    if judged:
        save_weights(models / "discriminator" / "weights.safetensors", build_discriminator(config))
        save_config(models / "discriminator", config)
    return models / "generator"


def open_explorer(folder: Path) -> Explorer:
    return explorer_of(folder, as_evaluated(folder))


@pytest.fixture(scope="module", autouse=True)
def _few() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(explore, "DRAWN", BLOCK)
        yield


@pytest.fixture(scope="module")
def explorer(tmp_path_factory: pytest.TempPathFactory) -> Explorer:
    return open_explorer(write(tmp_path_factory.mktemp("models"), ImageSpace(1, 8, 8)))


def test_the_ends_of_the_way_are_the_samples_of_both_seeds(explorer: Explorer) -> None:
    for way, seed in ((0.0, 7), (1.0, 9)):
        made = explorer.example(explorer.latent(7, 9, way, [], None), label=2)
        difference = made.astype(int) - explorer.generator.sample(seed, 1, label=2)
        assert np.abs(difference).max() <= 1  # the last bits depend on the size of the batch
    middle = explorer.latent(7, 9, 0.5, [], None)
    ends = [explorer.latent(seed, seed, 0, [], None) for seed in (7, 9)]
    assert torch.allclose(torch.dist(middle, ends[0]), torch.dist(middle, ends[1]), rtol=0.5)


def test_sliders_move_along_the_directions_and_truncation_holds(explorer: Explorer) -> None:
    start = explorer.latent(0, 1, 0, [], None)
    moved = explorer.latent(0, 1, 0, [0.0, 2.5], None)
    np.testing.assert_allclose((moved - start).numpy()[0], 2.5 * explorer.directions[1], atol=1e-6)
    assert explorer.latent(0, 1, 0, [], 0.2).abs().max() <= 0.2


def test_the_score_is_that_of_the_discriminator_beside_its_own_samples(explorer: Explorer) -> None:
    assert explorer.scores is not None and explorer.discriminator is not None
    first = explorer.generator.sample(0, 1)
    label = int(explorer.generator.labels(0, 1)[0])  # type: ignore[index]
    found = explorer.score(first, label)
    assert found is not None and found["logit"] == pytest.approx(float(explorer.scores[0]), abs=10)
    place = int((explorer.scores < found["logit"] - 1e-6).sum())
    assert found["above"] == pytest.approx(place / BLOCK, abs=1.5 / BLOCK)


def test_the_gradient_says_which_pixels_raise_the_score(explorer: Explorer) -> None:
    example, judge = explorer.generator.sample(0, 1, label=1), explorer.discriminator
    assert judge is not None
    picture = explorer.slope(example, 1)
    assert picture is not None and picture.shape == (3, 8, 8)
    given, logits = torch.tensor([1]), []
    y, x = np.argwhere(picture.sum(0) == picture.sum(0).min())[0]  # the strongest colour
    for step in (0.0, 0.05):
        image = explorer.generator.space.to_players(torch.from_numpy(example))
        image[0, 0, y, x] += step
        logits.append(float(judge(image, given)))
    red, _, blue = picture[:, y, x]
    assert (logits[1] > logits[0]) == (red > blue)


def test_the_closest_training_example_is_found_in_the_workspace(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    alone = open_explorer(write(paths.generator.parent, ImageSpace(1, 8, 8)))
    assert alone.training is None and alone.nearest(alone.generator.sample(0, 1)) is None
    values = alone.generator.sample(5, 20, label=1)
    write_splits(paths.splits, {"train": Examples(values)})
    distance, found = open_explorer(paths.generator).nearest(values[7:8])  # type: ignore[misc]
    assert distance == pytest.approx(0, abs=1e-6)
    np.testing.assert_array_equal(found, values[7])
    write_splits(paths.splits, {"train": Examples(np.zeros((4, 1, 6, 6), np.uint8))})  # other data were split since
    assert open_explorer(paths.generator).training is None


def test_other_kinds_of_examples_are_shown_as_people_read_them(tmp_path: Path) -> None:
    text = open_explorer(write(tmp_path / "text", TextSpace("\nab", 6), judged=False))
    z = text.latent(0, 1, 0, [], None)
    line = shown(text.generator.space, text.example(z, 0)[0])["text"]
    assert isinstance(line, str) and set(line) <= {"a", "b"} and text.score(text.example(z, 0), 0) is None
    clip = open_explorer(write(tmp_path / "clip", VideoSpace(3, 1, 8), classes=0, judged=False))
    picture = shown(clip.generator.space, clip.example(clip.latent(0, 1, 0, [], None), None)[0])
    assert str(picture["source"]).startswith("data:image/gif;base64,")


def test_a_port_that_is_taken_is_one_line(tmp_path: Path) -> None:
    folder = write(tmp_path / "models", ImageSpace(1, 8, 8), judged=False)
    with socket.create_server((HOST, 0)) as taken, pytest.raises(UserError, match=r"--port \d+: .*another one"):
        explore.explore(str(folder), taken.getsockname()[1])


def drawn(browser: webdriver.Chrome, more_than: int) -> int:
    """Wait until the page has drawn more examples than so many. Returns how many."""
    count = "return Number(document.body.dataset.drawn || 0)"
    WebDriverWait(browser, 20).until(lambda browser: browser.execute_script(count) > more_than)
    found: int = browser.execute_script(count)
    return found


def test_the_page_shows_what_the_sliders_ask_for_and_fits_the_screen(
    browser: webdriver.Chrome, explorer: Explorer
) -> None:
    with served(application(explorer, "an idea")) as address:
        for width in (360, 1280):
            screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
            browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
            browser.get(address)
            drawn(browser, 0)
            assert browser.execute_script("return document.documentElement.scrollWidth") <= width
            image = browser.find_element(By.CSS_SELECTOR, "#example img")
            assert 200 < image.size["height"] == image.size["width"] < width
        assert browser.find_element(By.CSS_SELECTOR, "#gradient img").is_displayed()
        assert not browser.find_element(By.ID, "nearest").is_displayed()  # there are no data beside this generator
        assert "of the generator’s own samples" in browser.find_element(By.ID, "score").text
        seen = [image.get_attribute("src")]
        Select(browser.find_element(By.NAME, "label")).select_by_visible_text("2")
        count = drawn(browser, 1)
        seen.append(image.get_attribute("src"))
        move = "arguments[0].value = 3; arguments[0].dispatchEvent(new Event('input', {bubbles: true}))"
        browser.execute_script(move, browser.find_element(By.CSS_SELECTOR, ".move"))
        count = drawn(browser, count)
        seen.append(image.get_attribute("src"))
        assert len(set(seen)) == 3
        browser.execute_script("document.querySelector('button[type=reset]').click()")
        drawn(browser, count)
        assert image.get_attribute("src") == seen[0]
        assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
