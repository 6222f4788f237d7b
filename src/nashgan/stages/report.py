"""Stage report: everything the other stages wrote, on one page."""

from dataclasses import replace

import torch

from nashgan.comparison.known_results import known_results
from nashgan.data_quality.quality import measure
from nashgan.pages.chart_library import write_chart_library
from nashgan.params import Params
from nashgan.records.paths import Paths
from nashgan.reporting.comparison import this_run
from nashgan.reporting.inputs import read_inputs
from nashgan.reporting.live import as_operations
from nashgan.reporting.page import render
from nashgan.runtime.device import pick_device
from nashgan.runtime.files import write_text


def run(paths: Paths, params: Params) -> None:
    """Write reports/index.html, self-contained, and what `dvc plots` draws with. The stage has no parameters.

    Beside the files of the other stages it shows the results that Git and DVC know at this moment; what cannot
    be read from there is a line on the page. Raises UserError naming the file that is missing or broken and the stage
    that makes it.
    """
    write_text(paths.report, page(paths, pick_device(params.compute).torch))
    write_chart_library(paths.home)


def page(paths: Paths, device: torch.device) -> str:
    """The page as HTML. What may be wrong with the dataset is looked for on `device`."""
    inputs = read_inputs(paths)
    others = known_results(paths, this_run(inputs))
    live = as_operations(paths.generator)
    return render(replace(inputs, live=live, quality=measure(paths, device), others=others))
