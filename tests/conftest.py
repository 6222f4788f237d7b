"""Shapes annotated in nashgan are checked while testing; each test process computes on one thread."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")

import pytest
from jaxtyping import install_import_hook

install_import_hook("nashgan", "typecheck.check")

if TYPE_CHECKING:
    import numpy as np
    from selenium import webdriver

    from nashgan.records.examples import Examples

FLAGS = (
    "--headless=new --no-sandbox --disable-gpu --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars"
)


LONGEST = (  # they start first, so that no worker waits for another at the end
    "pipeline/test_pipeline.py",
    "search/test_search.py",
    "reliability/test_stop.py",
    "pipeline/test_spaces.py",
    "reliability/test_sync.py",
    "pipeline/test_team.py",
    "reliability/test_parallel.py",
    "reliability/test_kill.py",
    "reliability/test_bad_input.py",
    "tracking/test_servers.py",
    "pipeline/test_image_kinds.py",
    "evaluation/test_evaluate_stage.py",
    "comparison/test_compare_experiments.py",
    "comparison/test_experiment_scripts.py",
    "features/test_inception.py",
    "pipeline/test_extension.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files first; the order within a file stays."""
    places = {Path(__file__).parent / name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path, len(places)))


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[webdriver.Chrome]":
    """A real browser, headless. Required where CI is set, elsewhere skipped where it is not installed."""
    yield from _browser(tmp_path_factory.mktemp("profile"))


@pytest.fixture(scope="module")
def offline_browser(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[webdriver.Chrome]":
    """As `browser`, without a network: no name is resolved."""
    yield from _browser(tmp_path_factory.mktemp("profile"), "--host-resolver-rules=MAP * ~NOTFOUND")


def _browser(profile: Path, *flags: str) -> "Iterator[webdriver.Chrome]":
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    chromium, driver = shutil.which("chromium"), shutil.which("chromedriver")
    if not (chromium and driver):
        if os.environ.get("CI"):
            pytest.fail("chromium and chromedriver are required where CI is set")
        pytest.skip("chromium or chromedriver is not installed")
    options = webdriver.ChromeOptions()
    options.binary_location = chromium
    for flag in (*FLAGS.split(), *flags, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    chrome = webdriver.Chrome(options=options, service=Service(driver))
    yield chrome
    chrome.quit()


@pytest.fixture(scope="session")
def digits() -> "Examples":
    """5,000 real digits of 32 x 32 pixels, in a seeded random order."""
    import numpy as np

    from nashgan.data.embedded_digits import embedded_digits
    from nashgan.records.examples import Examples

    pixels, labels = embedded_digits()
    order = np.random.default_rng(0).permutation(len(labels))
    images = np.pad(pixels[:, None], ((0, 0), (0, 0), (2, 2), (2, 2)))
    return Examples(images[order], labels[order])


@pytest.fixture(scope="session")
def colours() -> "np.ndarray":
    """Ten RGB images of 24 x 24 pixels with edges and gradients."""
    import numpy as np

    random = np.random.default_rng(0)
    blocks = random.integers(0, 256, (10, 3, 6, 6), dtype=np.uint8).repeat(4, axis=2).repeat(4, axis=3)
    ramp = np.arange(24, dtype=np.uint8)
    return blocks // 2 + ramp


@pytest.fixture(scope="session")
def home() -> Path:
    """A folder with no weights in it."""
    return Path(__file__).parent
