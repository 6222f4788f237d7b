"""``nashgan summary``: where to look after the pipeline ran."""

from nashgan.records.paths import Paths
from nashgan.runtime.files import read_json

MEND = "run `make repro`"
HEADLINES = ("fid", "fcd")  # the others stand in the report


def summary(paths: Paths) -> str:
    """The scores and the places of what was made. Raises UserError where the pipeline has not run."""
    scores = read_json(paths.evaluation, MEND)
    model = read_json(paths.registry, MEND)
    lines = [
        f"{name.upper():8} {score['value']:.4g}  (real against real: {score['floor']:.4g}; {score['samples']} samples)"
        for name, score in scores.items()
        if name in HEADLINES
    ]
    lines += [
        f"report   {paths.report.relative_to(paths.root)}",
        f"samples  {(paths.sample_figures / 'grid.png').relative_to(paths.root)}",
        f"model    {model['name']} version {model['version']}, the challenger; `nashgan promote` makes it champion",
        "MLflow   `make ui`",
    ]
    return "\n".join(lines)
