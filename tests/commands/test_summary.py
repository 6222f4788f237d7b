"""`nashgan summary`: the scores, also those that are not known."""

import json
from pathlib import Path

from nashgan.commands.summary import summary, summary_json
from nashgan.records.evaluation import Metric, write_evaluation
from nashgan.records.paths import Paths
from nashgan.records.registration import Registration, write_registration


def test_scores_and_places_are_named_and_a_missing_number_is_unknown(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    fid = Metric(value=24.912, floor=5.6312, samples=2000, protocol="p")
    fcd = Metric(value=None, floor=None, samples=2000, protocol="p")
    write_evaluation(paths.evaluation, {"fid": fid, "fcd": fcd, "kid": fid})
    write_registration(paths.registration, Registration(name="gan", version="3", run_id="0", aliases=["challenger"]))
    first, second, *others = summary(paths).splitlines()
    assert first == "FID      24.91  (floor: 5.631; 2000 samples)"
    assert second == "FCD      unknown  (floor: unknown; 2000 samples)"
    assert any("gan version 3" in line for line in others) and not any("KID" in line for line in others)
    told = json.loads(summary_json(paths))
    assert list(told["metrics"]) == ["fid", "fcd"] and told["metrics"]["fid"]["value"] == 24.912
    assert told["metrics"]["fcd"]["value"] is None and told["model"] == {"name": "gan", "version": "3"}
    assert others[-1].startswith("result   this is not what a finished `dvc repro` wrote")  # there is no dvc.lock
