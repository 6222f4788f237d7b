"""Stage `register`: generator and evaluation in; a version of the registered model, alias challenger, out."""

from nashgan.params import Params
from nashgan.records.paths import Paths
from nashgan.records.registration import write_registration
from nashgan.tracking.model_versions import register


def run(paths: Paths, params: Params) -> None:
    """Register the generator; only `nashgan promote` makes a champion."""
    write_registration(paths.registration, register(paths, params.register_.name))
