"""The page in a real browser, from the file system, as a user opens it."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

from nashgan.comparison.known_results import KnownResults
from nashgan.params import Params
from nashgan.records.paths import Paths
from nashgan.reporting.inputs import read_inputs
from nashgan.reporting.page import render
from nashgan.runtime.files import write_json
from nashgan.stages import report


def _open(browser: webdriver.Chrome, page: Path, width: int = 1280, colours: str = "light") -> None:
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    features = {"prefers-color-scheme": colours, "prefers-reduced-motion": "reduce"}
    media = [{"name": name, "value": value} for name, value in features.items()]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": media})
    browser.get(page.as_uri())


@pytest.fixture
def page(paths: Paths, params: Params) -> Path:
    report.run(paths, params)
    return paths.report


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_fits_the_screen_loads_its_pictures_and_says_nothing_on_the_console(
    browser: webdriver.Chrome, page: Path, width: int
) -> None:
    _open(browser, page, width)
    assert browser.execute_script("return innerWidth") == width
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    images = browser.find_elements(By.TAG_NAME, "img")
    assert len(images) == 4 + 6
    assert all(browser.execute_script("return arguments[0].naturalWidth", image) > 0 for image in images)
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    shown = [image for image in images if image.is_displayed()]
    assert len(shown) == 5  # one picture of the timeline
    drawing = "getComputedStyle(document.querySelector('.chart svg')).overflow"
    assert browser.execute_script(f"return {drawing}") == "visible"  # else numbers at an end of an axis are cut off
    generated, real = shown[0].size, shown[1].size
    assert generated == real and all(image.size["width"] <= width for image in shown)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_other_results_and_classes_fit_the_screen(
    browser: webdriver.Chrome, paths: Paths, others: KnownResults, width: int
) -> None:
    evaluation = json.loads(paths.evaluation.read_text())
    shares = {"classes": {f"a class with a long name {index}": index / 10 for index in range(10)}}
    write_json(paths.evaluation, evaluation | {"class_accuracy": evaluation["precision"] | shares})
    paths.report.write_text(render(replace(read_inputs(paths), others=others)))
    _open(browser, paths.report, width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    strips = browser.find_elements(By.CSS_SELECTOR, "#comparison .strip img")
    assert len(strips) == 3 and all(0 < strip.size["width"] <= width for strip in strips)
    bars = browser.find_elements(By.CSS_SELECTOR, "#classes .bar rect")
    lengths = [bar.rect["width"] for bar in bars]
    assert len(bars) == 10 and lengths == sorted(lengths) and lengths[9] > 20
    for pair in browser.execute_script(COLOURS):
        text, ground = map(_luminance, pair.split(" on "))
        assert (max(text, ground) + 0.05) / (min(text, ground) + 0.05) >= 4.5, pair
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]


LINES = """
return [...document.querySelectorAll("#parameters th")].map((cell) => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return range.getClientRects().length;
});
"""


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_names_of_parameters_are_not_broken(browser: webdriver.Chrome, page: Path, width: int) -> None:
    _open(browser, page, width)
    lines = browser.execute_script(LINES)
    assert len(lines) > 40 and set(lines) == {1}
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width


def test_terms_open_and_explain_what_the_page_shows(browser: webdriver.Chrome, page: Path) -> None:
    _open(browser, page)
    terms = browser.find_element(By.ID, "terms")
    meanings = terms.find_elements(By.TAG_NAME, "dd")
    assert not any(meaning.is_displayed() for meaning in meanings)
    terms.find_element(By.TAG_NAME, "summary").click()
    assert all(meaning.is_displayed() for meaning in meanings)
    shown = [term.text for term in terms.find_elements(By.TAG_NAME, "dt")]
    assert {"fcd", "FID", "floor", "protocol", "precision", "explosion"} <= set(shown)
    assert "KID" not in shown and "coverage" not in shown  # neither is measured here


def _frame(browser: webdriver.Chrome) -> tuple[str | None, str]:
    frames: list[WebElement] = browser.find_elements(By.CSS_SELECTOR, ".frame img")
    (frame,) = (frame for frame in frames if frame.is_displayed())
    return frame.get_attribute("src"), browser.find_element(By.ID, "seen").text


def test_slider_moves_by_keyboard_and_changes_the_picture(browser: webdriver.Chrome, page: Path) -> None:
    _open(browser, page)
    slider = browser.find_element(By.ID, "moment")
    assert slider.is_displayed() and slider.accessible_name == "Drag, or use the arrow keys"
    last = _frame(browser)
    slider.send_keys(Keys.ARROW_LEFT)
    earlier = _frame(browser)
    slider.send_keys(Keys.HOME)
    first = _frame(browser)
    assert [seen for _, seen in (last, earlier, first)] == ["320,000", "256,000", "0"]
    assert len({source for source, _ in (last, earlier, first)}) == 3
    assert slider.get_attribute("aria-valuetext") == "0 images seen"
    slider.send_keys(Keys.END)
    assert _frame(browser) == last


def test_play_runs_to_the_end(browser: webdriver.Chrome, page: Path) -> None:
    _open(browser, page)
    button = browser.find_element(By.ID, "play")
    button.click()
    assert (button.text, _frame(browser)[1]) == ("Pause", "0")
    WebDriverWait(browser, 60, 0.1).until(lambda _: button.text == "Play")
    assert _frame(browser)[1] == "320,000"


def test_chart_reads_out_the_values_under_the_pointer(browser: webdriver.Chrome, page: Path) -> None:
    _open(browser, page)
    chart = browser.find_element(By.CLASS_NAME, "chart")
    readout = chart.find_element(By.CLASS_NAME, "readout")
    at_end = readout.text
    assert at_end.startswith("At 320,000 images: discriminator ")
    ActionChains(browser).move_to_element(chart.find_element(By.TAG_NAME, "svg")).perform()
    assert readout.text != at_end and " images: discriminator " in readout.text
    ActionChains(browser).move_to_element(browser.find_element(By.TAG_NAME, "h1")).perform()
    assert readout.text == at_end


def _luminance(colour: str) -> float:
    channels = [int(part) / 255 for part in colour.removeprefix("rgb(").removesuffix(")").split(",")]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


COLOURS = """
const pairs = [...document.body.querySelectorAll("*")].filter((element) =>
  [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim()) &&
  !element.matches("style, script")
).map((element) => {
  const style = getComputedStyle(element);
  let ground = element;
  while (ground !== document.body && getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") {
    ground = ground.parentElement;
  }
  return `${element.tagName === "text" ? style.fill : style.color} on ${getComputedStyle(ground).backgroundColor}`;
});
return [...new Set(pairs)];
"""


@pytest.mark.parametrize("colours", ["light", "dark"])
def test_every_text_has_contrast_aa(browser: webdriver.Chrome, page: Path, colours: str) -> None:
    _open(browser, page, colours=colours)
    pairs = browser.execute_script(COLOURS)
    assert len(pairs) >= 4
    for pair in pairs:
        text, ground = map(_luminance, pair.split(" on "))
        assert (max(text, ground) + 0.05) / (min(text, ground) + 0.05) >= 4.5, pair
    ground = _luminance(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert (ground > 0.5) == (colours == "light")
