"""`dvc plots` in a real browser that is offline: every chart of dvc.yaml is drawn."""

import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from selenium import webdriver
from selenium.webdriver.common.by import By
from workspaces import REPOSITORY, environment

from nashgan.evaluation.plots import class_rows, score_rows
from nashgan.pages.chart_library import PLACE, write_chart_library
from nashgan.records.evaluation import Metric
from nashgan.records.history import write_answers, write_curves, write_history, write_scores
from nashgan.records.paths import Paths
from nashgan.records.plots import write_plot
from nashgan.spaces.grid import image_grid, save_png

CHARTS = {"scores_json", "reports_train_score_csv", "answers", "d_loss_csv", "img_s_csv", "classes_json"}


def run(root: Path, *command: str) -> str:
    done = subprocess.run(command, cwd=root, env=environment(), capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, f"{command}: {done.stdout}\n{done.stderr}"
    return done.stdout + done.stderr


def write_result(paths: Paths, fid: float, measures: tuple[str, ...]) -> None:
    """What the stages write for the plots."""
    rows = [{"images": seen, **dict.fromkeys(measures, 32 / seen), "img_s": fid} for seen in (64, 128, 192)]
    write_history(paths.history, rows)
    write_answers(paths.answers, rows)
    write_curves(paths.curves, rows)
    write_scores(paths.scores, [{"images": seen, "training_fcd": fid / seen} for seen in (64, 192)])
    shares = {"classes": {"0": 0.25, "1": 0.75}, "real_classes": {"0": 0.5, "1": 0.5}}
    evaluation = {
        "fid": Metric(value=fid, interval=(fid - 1, fid + 1), floor=5.0, samples=100, protocol="p"),
        "class_kl": Metric.model_validate({"value": 0.1, "samples": 100, "protocol": "p", **shares}),
    }
    write_plot(paths.score_plot, score_rows(evaluation))
    write_plot(paths.class_plot, class_rows(evaluation))
    grid = image_grid(np.full((64, 1, 8, 8), int(fid), np.uint8), 8)
    for path in (paths.sample_picture, paths.sample_figures / "interpolation.png"):
        save_png(path, grid)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Paths:
    """The repository's plots and their templates; a committed result, and another one in the workspace."""
    root = tmp_path_factory.mktemp("plots")
    shutil.copytree(REPOSITORY / ".dvc" / "plots", root / ".dvc" / "plots")
    for name in (".dvc/config", ".dvc/.gitignore", ".gitignore", "params.yaml"):
        shutil.copy(REPOSITORY / name, root / name)
    plots = yaml.safe_load((REPOSITORY / "dvc.yaml").read_text())["plots"]
    (root / "dvc.yaml").write_text(yaml.safe_dump({"plots": plots}))
    measures = ("d_loss", "logit_real", "logit_fake")
    write_result(Paths(root), 20.0, measures)
    for command in ("git init -q -b main", "git config user.email t@example.org", "git config user.name T"):
        run(root, *command.split())
    run(root, "git", "add", "-Af", "reports")
    run(root, "git", "add", "-A")
    run(root, "git", "commit", "-qm", "baseline")
    write_result(Paths(root), 10.0, measures)
    write_chart_library(root)
    return Paths(root)


def drawn(browser: webdriver.Chrome, root: Path) -> dict[str, str]:
    """The text of each chart that has marks, by the end of its name."""
    browser.get((root / "dvc_plots" / "index.html").as_uri())
    charts = browser.find_elements(By.CSS_SELECTOR, "body > .vega-embed, body > div:has(svg.marks)")
    return {
        chart.get_dom_attribute("id"): chart.text
        for chart in charts
        if chart.find_elements(
            By.CSS_SELECTOR, "svg.marks .mark-line path, svg.marks .mark-symbol path, svg.marks .mark-rect path"
        )
    }


def test_every_chart_is_drawn_without_a_network(offline_browser: webdriver.Chrome, repository: Paths) -> None:
    assert "failed" not in run(repository.root, "dvc", "plots", "diff", "HEAD", "workspace")
    charts = drawn(offline_browser, repository.root)
    ends = {next((end for end in CHARTS if name.endswith(end)), name) for name in charts}
    assert ends == CHARTS
    for name, text in charts.items():
        assert "HEAD" in text and "workspace" in text, name
    answers = next(text for name, text in charts.items() if name.endswith("answers"))
    assert {"real", "generated"} <= set(answers.splitlines())
    pictures = offline_browser.find_elements(By.TAG_NAME, "img")
    assert len(pictures) == 4 and all(picture.get_property("naturalWidth") == 71 for picture in pictures)
    levels = [entry["level"] for entry in offline_browser.get_log("browser")]  # type: ignore[no-untyped-call]
    assert "SEVERE" not in levels
    assert not offline_browser.find_element(By.ID, "offline").is_displayed()


def test_a_game_without_a_discriminator_and_data_without_classes(
    offline_browser: webdriver.Chrome, repository: Paths
) -> None:
    write_result(repository, 10.0, ("d_loss",))
    write_plot(repository.class_plot, [])
    assert "failed" not in run(repository.root, "dvc", "plots", "show")
    charts = drawn(offline_browser, repository.root)
    assert not any(name.endswith(("answers", "classes_json")) for name in charts) and len(charts) == 4
    levels = [entry["level"] for entry in offline_browser.get_log("browser")]  # type: ignore[no-untyped-call]
    assert "SEVERE" not in levels


def test_without_the_library_the_page_says_what_writes_it(offline_browser: webdriver.Chrome, repository: Paths) -> None:
    run(repository.root, "dvc", "plots", "show")
    (repository.root / PLACE).rename(repository.root / "away.js")
    assert drawn(offline_browser, repository.root) == {}
    assert "run make repro" in offline_browser.find_element(By.ID, "offline").text
    (repository.root / "away.js").rename(repository.root / PLACE)
