"""Runs of a trial that ended earlier than its newest one: the trial went on, so they are no results any more."""

import sys

from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.tracking.lineage import STUDY, TRIAL
from nashgan.tracking.store import connect, one_line


def remove_superseded(paths: Paths, study: str, trial: int) -> None:
    """Delete all runs of a trial but the newest. A store that cannot be reached costs a warning."""
    try:
        store = connect(paths)
        with one_line(store.uri):
            wanted = f"tags.`{STUDY}` = '{study}' AND tags.`{TRIAL}` = '{trial}'"
            found = store.client.search_runs([store.experiment_id], wanted, order_by=["attributes.start_time DESC"])
            for run in found[1:]:
                store.client.delete_run(run.info.run_id)
    except UserError as error:
        print(f"warning: {error}", file=sys.stderr)
