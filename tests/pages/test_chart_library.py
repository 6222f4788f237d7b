"""The script that draws DVC's charts: written once a version."""

from pathlib import Path

from nashgan.pages.chart_library import PLACE, write_chart_library

REPOSITORY = Path(__file__).parents[2]


def test_it_is_written_once_and_again_where_it_is_of_another_version(tmp_path: Path) -> None:
    path = write_chart_library(tmp_path)
    script = path.read_text()
    assert "window.vegaEmbed=" in script and "</script" not in script
    path.write_text(script + "// mine\n")
    assert write_chart_library(tmp_path).read_text().endswith("// mine\n")
    path.write_text("// vl-convert-python 0\n" + script)
    assert write_chart_library(tmp_path).read_text() == script


def test_the_page_takes_it_from_there() -> None:
    page = (REPOSITORY / ".dvc/plots/page.html").read_text()
    assert f'<script src="../{PLACE.as_posix()}">' in page  # dvc_plots/index.html lies beside it
