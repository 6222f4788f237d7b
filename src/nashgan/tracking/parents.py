"""Experiments on one commit are children of one run, as `dvc exp show` has them under the commit.

The parent only groups: it is no training, has no metrics and no parameters. Its maker holds the lock of the store.
"""

from nashgan.tracking.markdown import NOTE, parent_note
from nashgan.tracking.store import Store

PARENT = "mlflow.parentRunId"  # tag of a child, by which MLflow's page shows runs in each other
GROUPED = "nashgan.baseline"  # tag of a parent: the commit


def ensure_parent(store: Store, commit: str, started: int) -> str:
    """The id of the run for experiments on `commit`, found or created with the start `started` in ms."""
    client = store.client
    oldest = ["attributes.start_time ASC"]  # several machines may have created one at once: all take the same
    found = client.search_runs([store.experiment_id], f"tags.`{GROUPED}` = '{commit}'", max_results=1, order_by=oldest)
    if found:
        return str(found[0].info.run_id)
    tags = {GROUPED: commit, NOTE: parent_note(commit), "mlflow.source.git.commit": commit}
    run = client.create_run(store.experiment_id, started, tags, f"experiments on {commit[:7]}")
    client.set_terminated(run.info.run_id, "FINISHED", started)
    return str(run.info.run_id)
