"""The page of a comparison in a real browser, from the file system, as a user opens it."""

import io
from pathlib import Path

import numpy as np
import pytest
from selenium import webdriver
from selenium.webdriver.common.by import By

from nashgan.comparison.compare import write
from nashgan.comparison.results import Compared, Row
from nashgan.comparison.sample_row import first_row
from nashgan.comparison.table import tables
from nashgan.spaces.grid import image_grid


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Long names, many differing parameters, huge and missing values, a name that is markup, two protocols."""
    images = np.random.default_rng(0).integers(0, 256, (64, 3, 128, 128), np.uint8)
    grid = io.BytesIO()
    image_grid(images, columns=8).save(grid, format="PNG")
    protocol = "a-protocol-whose-name-has-no-space-in-it-at-all-and-goes-on-and-on-" * 2

    def row(name: str, fid: float | None, **more: str) -> Row:
        interval = (fid - 1, fid + 1) if fid else None
        metric = Compared(value=fid, protocol=more.pop("protocol", protocol), interval=interval, floor=5)
        params = {f"section.a_rather_long_parameter_{place}": f"{name}-{place}" for place in range(8)}
        return Row(
            name, "experiment", params, {"fid": metric, "fcd": metric}, 100.0, 2000.0, first_row(grid.getvalue(), "x")
        )

    rows = [row("good", 20.0), row("near", 21.5), row("a-very-long-name-" * 5, 1.234e8), row("diverged", None)]
    rows += [row("<b>bold</b> | name", 30.0, protocol="another")]
    folder = tmp_path_factory.mktemp("comparison")
    write(tables(rows), folder)
    return folder / "index.html"


@pytest.mark.parametrize("width", [360, 390, 768, 1280])
def test_fits_the_screen_shows_every_strip_and_says_nothing_on_the_console(
    browser: webdriver.Chrome, page: Path, width: int
) -> None:
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 600}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    browser.get(page.as_uri())
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    images = browser.find_elements(By.TAG_NAME, "img")
    assert len(images) == 5
    assert all(browser.execute_script("return arguments[0].naturalWidth", image) == 544 for image in images)
    assert all(image.is_displayed() and 240 <= image.size["width"] <= width for image in images)
    assert browser.get_log("browser") == []  # type: ignore[no-untyped-call]
    names = [name.text for name in browser.find_elements(By.CSS_SELECTOR, ".results .name")]
    assert names[:2] == ["good", "near"] and names[-1] == "<b>bold</b> | name"
    verdicts = [verdict.text for verdict in browser.find_elements(By.CSS_SELECTOR, ".results .verdict")]
    assert verdicts == ["best", "no difference from the best"]
    assert len(browser.find_elements(By.CSS_SELECTOR, ".interval")) == 4  # not for the one that diverged
