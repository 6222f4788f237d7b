"""What a worker does with the trials of a study, where a formula takes the place of a training."""

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from filelock import FileLock
from optuna.study import Study
from optuna.trial import TrialState

from nashgan.comparison.page import render
from nashgan.comparison.study import FINISHED, PRUNED
from nashgan.records.paths import Paths
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.search import study as studies
from nashgan.search.overview import of_study
from nashgan.search.space import Space, Value
from nashgan.search.study import again, begin_study, goes_on, newest, open_storage
from nashgan.search.trial import Outcome, Trial, TrialFailed
from nashgan.search.worker import Worker

VALUES = yaml.safe_load((Path(__file__).parents[2] / "params.yaml").read_text())
VALUES["train"]["images"] = 900
SPACE = Space.model_validate(
    {
        "metric": "fcd",
        "trials": 12,
        "rungs": [100, 300],
        "parameters": {"train.lr_generator": {"low": 1e-4, "high": 1e-2, "log": True}, "model.width": [8, 16]},
    }
)


def distance(params: Mapping[str, Value], images: int) -> float:
    """Lowest at a learning rate of 1e-3; the width changes little. It falls with the images."""
    rate, width = params["train.lr_generator"], params["model.width"]
    assert isinstance(rate, float) and isinstance(width, int)
    return abs(math.log10(rate) + 3) + 0.01 * width + 100 / images


def outcome(value: float, **more: Any) -> Outcome:
    interval = (value - 0.1, value + 0.1)
    return Outcome.model_validate(
        {"metric": "fcd", "value": value, "interval": interval, "protocol": "formula", "seconds": 1.0, **more}
    )


class Trainings:
    """What was asked for; each is measured by the formula."""

    def __init__(self, fails: Callable[[Trial], Exception | None] = lambda trial: None) -> None:
        self.asked: list[Trial] = []
        self.fails = fails

    def __call__(self, trial: Trial) -> Outcome:
        self.asked.append(trial)
        if error := self.fails(trial):
            raise error
        value = distance(trial.params, trial.until or 900)
        return outcome(value)


@pytest.fixture
def paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Paths:
    monkeypatch.setattr(studies, "git_lines", lambda *_: ["0" * 40])
    return Paths(tmp_path)


def begun(paths: Paths, space: Space = SPACE, name: str = "rates", **values: Any) -> Study:
    return begin_study(paths, open_storage(paths, f"sqlite:///{paths.root}/studies.db"), name, space, VALUES | values)


def work(paths: Paths, run: Trainings, space: Space = SPACE, name: str = "rates") -> Study:
    study = begun(paths, space, name)
    Worker(study, space, VALUES, run, FileLock(paths.root / "begin.lock")).work()
    return study


def states(study: Study) -> dict[int, TrialState]:
    return {studies.number_of(trial): trial.state for trial in newest(study.get_trials(deepcopy=False))}


@pytest.mark.parametrize(("place", "count", "expected"), [(0, 1, True), (0, 5, True), (1, 5, False), (1, 6, True)])
def test_the_best_third_of_a_rung_goes_on(place: int, count: int, expected: bool) -> None:
    values = [float(value) for value in range(count)]
    assert goes_on(values[place], values, 3, maximize=False) is expected
    assert goes_on(-values[place], [-value for value in values], 3, maximize=True) is expected


def test_bad_trials_end_at_a_rung_and_no_training_is_run_twice(paths: Paths) -> None:
    run = Trainings()
    study = work(paths, run)
    assert len(states(study)) == 12
    assert set(states(study).values()) == {TrialState.COMPLETE, TrialState.PRUNED}
    assert len({(trial.number, trial.until) for trial in run.asked}) == len(run.asked)
    assert of_study(study).images < 12 * 900
    best = min(run.asked, key=lambda trial: distance(trial.params, 900))
    assert study.best_value == distance(best.params, 900)
    for rung in (100, 300):  # none is left at a rung that is among the best there
        values = studies.measured_at(study.get_trials(deepcopy=False), rung)
        left = [trial for trial in newest(study.get_trials(deepcopy=False)) if trial.last_step == rung]
        pruned = [trial.intermediate_values[rung] for trial in left if trial.state is TrialState.PRUNED]
        assert not [value for value in pruned if goes_on(value, values, 3, maximize=False)]


def test_the_same_file_gives_the_same_trials(paths: Paths) -> None:
    first, second = Trainings(), Trainings()
    work(paths, first)
    work(paths, second, name="other")
    assert [(t.number, t.params, t.until) for t in first.asked] == [(t.number, t.params, t.until) for t in second.asked]


def test_a_trial_that_was_interrupted_goes_on_after_the_rungs_that_are_measured(paths: Paths) -> None:
    def stop_once(trial: Trial) -> Exception | None:
        return Interrupted("SIGTERM: stopped") if trial.until == 300 and len(run.asked) == 2 else None

    run = Trainings(stop_once)
    with pytest.raises(Interrupted):
        work(paths, run)
    assert states(begun(paths)) == {0: TrialState.WAITING}
    study = work(paths, run)
    assert [(trial.number, trial.until) for trial in run.asked[:3]] == [(0, 100), (0, 300), (0, 300)]
    assert len(states(study)) == 12 and run.asked[1].params == run.asked[2].params


def test_a_failed_trial_names_its_reason_and_the_others_go_on(paths: Paths) -> None:
    run = Trainings(lambda trial: TrialFailed("explosion at 100 images") if trial.number == 1 else None)
    overview = of_study(work(paths, run))
    (failed,) = (trial for trial in overview.trials if trial.state == "failed")
    assert failed.error == "explosion at 100 images" and overview.trials[-1] is failed
    assert len(overview.trials) == 12


def test_parameters_that_do_not_fit_each_other_fail_alone(paths: Paths) -> None:
    space = Space.model_validate(
        {"metric": "fcd", "trials": 6, "parameters": {"model.discriminator": ["auto", "dcgan"]}}
    )
    values = VALUES | {"objective": {**VALUES["objective"], "penalty": "wgan_gp"}}  # none with batch norm
    study = begun(paths, space)
    Worker(study, space, values, lambda _: outcome(1.0), FileLock(paths.root / "l")).work()
    found = {(trial.params["model.discriminator"], trial.state) for trial in study.trials}
    assert found == {("auto", TrialState.COMPLETE), ("dcgan", TrialState.FAIL)}


def test_a_study_of_other_settings_or_another_commit_is_refused(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    begun(paths)
    begun(paths, SPACE.model_copy(update={"trials": 30}))
    with pytest.raises(UserError, match=r"other settings \(rungs\)"):
        begun(paths, SPACE.model_copy(update={"rungs": (100,)}))
    begun(paths, compute={"threads": 3})
    with pytest.raises(UserError, match=r"another params.yaml \(generate.seed\)"):
        begun(paths, generate={**VALUES["generate"], "seed": 7})
    with pytest.raises(UserError, match="use letters"):
        begun(paths, name="a/b")
    with pytest.raises(UserError, match="not found"):
        studies.load_study(open_storage(paths, f"sqlite:///{paths.root}/studies.db"), "unknown")
    monkeypatch.setattr(studies, "git_lines", lambda *_: ["1" * 40])
    with pytest.raises(UserError, match="began on commit 0000000"):
        begun(paths)


@pytest.mark.parametrize("url", ["sqlite:////no/such/folder/studies.db", "nonsense", "postgresql://127.0.0.1:1/none"])
def test_a_storage_that_cannot_be_opened_is_one_line(paths: Paths, url: str) -> None:
    with pytest.raises(UserError, match=r"studies at .*check the address") as refused, studies.one_line(url):
        open_storage(paths, url)
    assert "\n" not in str(refused.value)


def test_more_is_better_only_where_the_file_says_so(paths: Paths) -> None:
    high = outcome(0.5, metric="recall", higher_is_better=True)
    space = SPACE.model_copy(update={"metric": "recall"})
    worker = Worker(begun(paths, space), space, VALUES, lambda _: high, FileLock(paths.root / "l"))
    with pytest.raises(UserError, match="direction: maximize"):
        worker.work()


def test_the_overview_has_the_trials_the_course_and_the_importances(paths: Paths) -> None:
    overview = of_study(work(paths, Trainings()))
    finished = [trial for trial in overview.trials if trial.state == FINISHED]
    values = [trial.result.value for trial in finished if trial.result and trial.result.value is not None]
    assert values == sorted(values) and overview.verdicts[0] == "best"
    assert overview.images == sum(trial.images for trial in overview.trials) == overview.course[-1][0]
    best = [value for _, value in overview.course]
    assert best == sorted(best, reverse=True) and best[-1] == values[0]
    assert sum(overview.importances.values()) == pytest.approx(1)
    assert overview.importances["train.lr_generator"] > 0.7
    page = render([], overview)
    assert all(text in page for text in ("Study rates", "rates-0000", PRUNED, "fANOVA", "Best fcd so far"))


def test_a_worker_that_died_leaves_its_trial_to_another(paths: Paths, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(studies, "HEARTBEAT", 1)
    monkeypatch.setattr(studies, "GRACE", 2)
    monkeypatch.setattr("nashgan.search.worker.WAIT", 0.2)
    with pytest.warns(UserWarning, match="Heartbeat"):
        dead = begun(paths).ask()  # as a process that is gone: RUNNING, with a heartbeat that ends
    rate: Any = dead.suggest_float("train.lr_generator", 1e-4, 1e-2, log=True)
    dead.suggest_categorical("model.width", [8, 16])
    begun(paths)._storage.record_heartbeat(dead._trial_id)  # type: ignore[attr-defined]
    run = Trainings()
    study = work(paths, run)
    assert len(states(study)) == 12 and TrialState.RUNNING not in states(study).values()
    assert [trial for trial in run.asked if trial.number == 0 and trial.params["train.lr_generator"] == rate]


def test_a_copy_keeps_what_was_measured(paths: Paths) -> None:
    study = work(paths, Trainings())
    original = study.get_trials(deepcopy=False)[0]
    again(study, original)
    copy = study.get_trials(deepcopy=False)[-1]
    assert copy.state is TrialState.WAITING and copy.params == original.params
    assert copy.intermediate_values == original.intermediate_values
    assert len(states(study)) == 12
