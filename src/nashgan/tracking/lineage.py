"""Where a run comes from: the git and DVC state as MLflow tags."""

import os
from pathlib import Path

from nashgan.records.dvc_lock import FILE
from nashgan.records.paths import Paths
from nashgan.runtime.errors import UserError
from nashgan.runtime.git import ask_git

COMMIT = "mlflow.source.git.commit"
BRANCH = "mlflow.source.git.branch"
DIRTY = "mlflow.source.git.dirty"
EXPERIMENT = "dvc.experiment"
BASELINE = "dvc.baseline"
STAGE = "dvc.stage"
STUDY, TRIAL = "study", "trial"  # of a search: its name, and the number of the trial

LINEAGE = (COMMIT, BRANCH, DIRTY, EXPERIMENT, BASELINE, STAGE, STUDY, TRIAL)

FROM_ENVIRONMENT = {
    EXPERIMENT: "DVC_EXP_NAME",
    BASELINE: "DVC_EXP_BASELINE_REV",
    STAGE: "DVC_STAGE",
    STUDY: "NASHGAN_STUDY",
    TRIAL: "NASHGAN_TRIAL",
}


def lineage_tags(root: Path) -> dict[str, str]:
    """Tags of the work tree at `root`; those that are unknown (no git, no commit, not under DVC) are left out.

    An experiment's temporary workspace is a work tree of its own at its baseline, so `root` is right there too.
    """
    tags = {tag: os.environ[name] for tag, name in FROM_ENVIRONMENT.items() if os.environ.get(name)}
    return {**_git_tags(root), **tags}


def _git_tags(root: Path) -> dict[str, str]:
    # What DVC writes itself (dvc.lock, reports, an experiment's params.yaml) is recorded by DVC and by the run.
    written = [FILE, "reports", *([Paths(root).params.name] if os.environ.get("DVC_EXP_NAME") else [])]
    excluded = (f":(exclude){path}" for path in written)
    try:
        status = ask_git(root, "status", "--porcelain=v2", "--branch", "--", ".", *excluded)
    except UserError:  # without git nothing is known
        return {}
    lines = (status or b"").decode(errors="replace").splitlines()
    head = dict(line.removeprefix("# branch.").split(" ", 1) for line in lines if line.startswith("# branch."))
    if head.get("oid", "(initial)") == "(initial)":
        return {}
    tags = {COMMIT: head["oid"], DIRTY: str(any(not line.startswith("#") for line in lines)).lower()}
    if head["head"] != "(detached)":
        tags[BRANCH] = head["head"]
    return tags
