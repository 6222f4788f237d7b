"""Stage report: everything the other stages wrote, on one page."""

from nashgan.files import write_text
from nashgan.params import Params
from nashgan.paths import Paths
from nashgan.reporting.inputs import read_inputs
from nashgan.reporting.page import render


def run(paths: Paths, params: Params) -> None:
    """Write reports/index.html, self-contained. The stage has no parameters of its own.

    Raises UserError naming the file that is missing or broken and the stage that makes it.
    """
    write_text(paths.report, render(read_inputs(paths)))
