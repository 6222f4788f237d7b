"""MLflow's own page of a workspace's store, and what its first screen shows in a real browser."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tracked import free_port, running

from nashgan.records.paths import Paths

if TYPE_CHECKING:
    from selenium import webdriver

ML = "?workflowType=machine_learning"  # as `make ui` prints the address
SECONDS = 30  # that a page has to show something


@contextmanager
def mlflow_page(paths: Paths) -> Iterator[str]:
    """The address of the page of the local store, as `make ui` starts it."""
    port = free_port()
    command = [sys.executable, "-m", "mlflow", "ui", "--backend-store-uri", f"sqlite:///{paths.mlflow_store}"]
    env = {"MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"}
    command += ["--port", str(port), "--workers", "1"]
    log = paths.root / ".nashgan" / "ui.log"
    log.parent.mkdir(exist_ok=True)
    with running(command, f"http://127.0.0.1:{port}/health", log, env):
        yield f"http://127.0.0.1:{port}/#"


# The text of all elements that are in the window, and the addresses of pictures there that have been loaded.
VISIBLE = """
const inside = box => box.width > 0 && box.bottom > 0 && box.top < innerHeight && box.left < innerWidth;
const texts = [], walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  const range = document.createRange(); range.selectNode(walker.currentNode);
  if (inside(range.getBoundingClientRect())) texts.push(walker.currentNode.textContent);
}
const images = [...document.images].filter(i => i.naturalWidth > 100 && inside(i.getBoundingClientRect()));
return texts.join(' ') + images.map(i => ' picture:' + i.src).join('');
"""


def first_screen(browser: "webdriver.Chrome", address: str, *expected: str) -> str:
    """What is visible of the page in a window of 1280 x 800, once all `expected` is."""
    # The panel of MLflow's assistant opens by itself on a local page, once; whoever has closed it has the whole width.
    closed = "localStorage.setItem('mlflow.assistant.panelOpen_v1', 'false');"
    closed += "localStorage.setItem('mlflow.assistant.fab.autoOpenedOnFirstLoad_v1', 'true');"
    browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": f"try {{ {closed} }} catch {{}}"})
    size = {"width": 1280, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    browser.get("about:blank")  # another part after the # alone would not load the page
    browser.get(address)
    deadline = time.monotonic() + SECONDS
    while missing := [one for one in expected if one not in (text := str(browser.execute_script(VISIBLE)))]:
        assert time.monotonic() < deadline, f"{address}: no {missing} in: {text}"
        time.sleep(0.2)
    return text
