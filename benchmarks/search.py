"""What a search finds beside a full grid: the best score of both, and the images that their trainings saw.

Run: python -m benchmarks.search [--data ring8] [--images 400k] [--seeds 5]

The grid trains every combination of GRID to its end. The search chooses between the same limits, has as many trials as
the grid, and prunes them at a ninth and at a third of the images. Both are judged by the score of the averaged
generator, as the training measures it. The two winners are then trained with further seeds, because the best of many
results is partly chance.
"""

import argparse
import os
import statistics
import tempfile
from itertools import product
from pathlib import Path
from typing import Any

import yaml
from filelock import FileLock

from nashgan.params import parse_params
from nashgan.records.history import read_scores, score_column
from nashgan.records.paths import Paths
from nashgan.records.train_run import read_train_run
from nashgan.runtime.progress import progress
from nashgan.search.overview import of_study
from nashgan.search.space import Space, Value, changed
from nashgan.search.study import begin_study, open_storage
from nashgan.search.trial import Outcome, Trial
from nashgan.search.worker import Worker
from nashgan.stages import classifier, download, reference, split, train

HERE = Path(__file__).parents[1]
GRID: dict[str, list[Value]] = {
    "train.lr_generator": [1e-4, 3e-4, 1e-3, 3e-3, 1e-2],
    "objective.penalty_weight": [0.03, 0.1, 0.3, 1.0],
    "objective.loss": ["rpgan", "hinge"],
}


class Trainings:
    """Trains in one workspace, and counts the images."""

    def __init__(self, paths: Paths, values: dict[str, Any]) -> None:
        self.paths, self.values = paths, values

    def __call__(self, trial: Trial) -> Outcome:
        """The score of a training at its end."""
        params = parse_params(changed(self.values, {**trial.params, "train.until": trial.until}))
        train.run(self.paths, params)
        last, record = read_scores(self.paths.scores)[-1], read_train_run(self.paths.train_run)
        column = score_column(last)
        return Outcome(
            metric=column, value=last[column], interval=None, protocol="training score", seconds=record.seconds
        )

    def score(self, params: dict[str, Value]) -> float:
        """The score at the end of a whole training; infinite where it is not finite."""
        value = self(Trial("grid", 0, params, None)).value
        return float("inf") if value is None else value


def main() -> None:
    """Print both bests, the images of both, and both winners with further seeds."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    arguments.add_argument("--data", default="ring8")
    arguments.add_argument("--images", default="400k")
    arguments.add_argument("--seeds", type=int, default=5)
    chosen = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["MLFLOW_TRACKING_URI"] = f"sqlite:///{folder}/mlflow.db"
        values = yaml.safe_load((HERE / "params.yaml").read_text())
        values = changed(values, {"data.name": chosen.data, "train.images": chosen.images})
        compare(Trainings(prepared(Path(folder), values), values), chosen.seeds)


def prepared(root: Path, values: dict[str, Any]) -> Paths:
    """A workspace that is ready to train."""
    paths = Paths(root)
    paths.params.write_text(yaml.safe_dump(values))
    (root / "dvc.yaml").write_text("stages: {}\n")
    for stage in (download, split, classifier, reference):
        stage.run(paths, parse_params(values))
    return paths


def compare(run: Trainings, seeds: int) -> None:
    """Search, train the grid, and train both winners again."""
    images = parse_params(run.values).train.images
    combinations = [dict(zip(GRID, values, strict=True)) for values in product(*GRID.values())]
    space = searched(len(combinations), images)
    storage = open_storage(run.paths, f"sqlite:///{run.paths.root}/studies.db")
    study = begin_study(Paths(HERE), storage, "benchmark", space, run.values)
    Worker(study, space, run.values, run, FileLock(run.paths.root / "begin.lock")).work()
    with progress("grid", len(combinations), unit="trainings") as advance:
        scores = []
        for combination in combinations:
            scores.append(run.score(combination))
            advance(1)
    best = combinations[scores.index(min(scores))]
    seen, whole = of_study(study).images, len(combinations) * images
    print(f"grid: {len(combinations)} trainings, {whole:,} images, best {min(scores):.4g} at {best}")
    print(
        f"search: {seen:,} images, {seen / whole:.0%} of the grid's, best {study.best_value:.4g} at {study.best_params}"
    )
    for name, winner in (("grid", best), ("search", study.best_params)):
        again = [run.score({**winner, "train.seed": seed}) for seed in range(1, seeds + 1)]
        spread = f" ± {statistics.stdev(again):.2g}" if seeds > 1 else ""
        print(f"the winner of the {name} with {seeds} further seeds: {statistics.mean(again):.4g}{spread}")


def searched(trials: int, images: int) -> Space:
    """What lies between the limits of the grid."""
    ranges = {
        name: values if isinstance(values[0], str) else {"low": values[0], "high": values[-1], "log": True}
        for name, values in GRID.items()
    }
    rungs = [images // 9, images // 3]
    return Space.model_validate({"metric": "score", "trials": trials, "rungs": rungs, "parameters": ranges})


if __name__ == "__main__":
    main()
