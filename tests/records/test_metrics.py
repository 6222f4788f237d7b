"""reports/metrics.json: which numbers stand in it, and in which order."""

from record_files import train_run

from nashgan.records.evaluation import Metric
from nashgan.records.headline import HEADLINES
from nashgan.records.metrics import SPEED, metrics_table
from nashgan.records.train_run import KeptMoment, TrainRun


def metric(value: float | None, floor: float | None = None) -> Metric:
    return Metric(value=value, floor=floor, samples=100, protocol="p")


def run(seconds: float, **kept: float) -> TrainRun:
    params = {"model": {"name": "mlp"}, "objective": {"loss": "hinge"}, "train": {"images": 1600}}
    return train_run(params, seconds=seconds, kept=KeptMoment.model_validate(kept))


def test_headlines_come_first_and_everything_else_is_there_once() -> None:
    evaluation = {
        "kid": metric(0.1, 0.01),
        "recall": metric(0.5, 0.8),
        "fcd": metric(0.02),
        "fid": metric(14.0, 6.0),
        "diverged": metric(None),
    }
    table = metrics_table(evaluation, run(8.0, images=800, score=0.03))
    assert list(table) == ["fid", "fcd", "recall", "seconds", SPEED, "samples", "floor", "kept"]
    assert [table[name] for name in (*HEADLINES, SPEED) if name in table] == [14.0, 0.02, 0.5, 8.0, 200.0]
    assert table["samples"] == {"kid": 0.1} and table["floor"] == {"kid": 0.01, "recall": 0.8, "fid": 6.0}
    assert table["kept"] == {"images": 800, "score": 0.03}


def test_what_was_not_measured_has_no_key() -> None:
    table = metrics_table({"fid": metric(None, 6.0), "fcd": metric(0.02, 0.01)}, run(0.0, images=1600))
    assert list(table) == ["fcd", "seconds", "floor", "kept"]
    assert table["kept"] == {"images": 1600}
