"""``nashgan doctor --data``: what is wrong with the dataset, and how it differs from that of another version."""

import json
from dataclasses import asdict

from nashgan.data_quality.quality import measure
from nashgan.data_quality.versions import measure_drift
from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.runtime.device import pick_device


def examine_data(paths: Paths, against: str | None, as_json: bool) -> str:
    """A line for each thing that was looked at, with examples below it; or all of it as JSON.

    `against` is a commit, a tag or an experiment whose dataset is compared. Raises UserError where records of the
    stages split, classifier and reference are missing, or `against` has no dataset.
    """
    device = pick_device(load_params(paths.params).compute).torch
    found = measure(paths, device) | (measure_drift(paths, against, device) if against else {})
    if as_json:
        return json.dumps({name: asdict(one) for name, one in found.items()}, indent=2)
    return "\n".join(
        "\n".join([f"{name}: {one.text}", *(f"  {example}" for example in one.examples)]) for name, one in found.items()
    )
