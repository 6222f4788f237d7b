"""A full disk while samples and the report are written: one line, the former files intact, and then it works."""

import subprocess
import sys
from pathlib import Path

from tracked import fill_workspace
from workspaces import environment, ready_to_train

# The tests of killed trainings do the same for checkpoints.
WRITE = """
import resource, sys
from pathlib import Path
from nashgan.runtime.errors import UserError
from nashgan.params import load_params
from nashgan.records.paths import Paths
from nashgan.stages import generate, report
paths = Paths(Path(sys.argv[1]))
params = load_params(paths.params)
report.page = lambda *_: sys.argv[2] * 200_000
for limit in (100_000, resource.RLIM_INFINITY):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    for stage in (generate, report):
        try:
            stage.run(paths, params)
        except UserError as error:
            print(error)
            old = [path.read_bytes() for path in (paths.samples / "samples.examples.npy", paths.report)]
            assert old == [b"old", b"old"]
"""


def test_samples_and_report_on_a_full_disk(tmp_path: Path) -> None:
    fill_workspace(tmp_path)
    paths = ready_to_train(tmp_path, generate={"samples": 1000})
    old = paths.samples / "samples.examples.npy"
    for path in (old, paths.report):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"old")
    done = subprocess.run(
        [sys.executable, "-c", WRITE, str(tmp_path), "x"],
        env=environment(), capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    mend = "the file-size limit is reached; free some space and run the same command again"
    assert done.stdout.splitlines() == [f"{old}: {mend}", f"{paths.report}: {mend}"]
    assert paths.report.read_text() == "x" * 200_000 and old.stat().st_size > 1000 * 28 * 28
    assert not list(tmp_path.rglob("*.tmp"))
