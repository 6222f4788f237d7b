"""Stage `train`: the training split and the parameters in; generator, discriminator, history and timeline out.

The classifier measures the generator during the training.
"""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from nashgan.games import create_game
from nashgan.games.game import Encoding, Game, GameParams, TwoWays
from nashgan.models.config import ModelConfig, width_advice
from nashgan.models.encoder import remove_encoder, save_encoder
from nashgan.models.generator import BACK, load_generator, save_generator
from nashgan.params import Params
from nashgan.records.given import Translation
from nashgan.records.history import IMAGES, score_column, write_answers, write_curves, write_history, write_scores
from nashgan.records.paths import Paths
from nashgan.records.splits import SplitsManifest, read_manifest, read_split
from nashgan.records.train_run import (
    BeganWith,
    Dataset,
    KeptMoment,
    TrainingScore,
    TrainRun,
    WatchdogEvent,
    write_train_run,
)
from nashgan.records.weights import save_config, save_weights
from nashgan.runtime.compute import check_division
from nashgan.runtime.device import Device, pick_device
from nashgan.runtime.errors import Interrupted, UserError
from nashgan.runtime.files import atomic_path, remove_torn
from nashgan.runtime.launch import count_processes, launch, threads_of
from nashgan.runtime.processes import ALONE, Processes, connected, described_outside
from nashgan.runtime.progress import note
from nashgan.runtime.signals import stop_request
from nashgan.spaces.grid import save_png
from nashgan.stages.data_checks import check_counts
from nashgan.stages.train_inputs import Scorer, create_batches, create_scorer, model_config
from nashgan.stages.train_start import find_start
from nashgan.tracking.baseline import differences
from nashgan.tracking.lineage import EXPERIMENT
from nashgan.tracking.live_run import TrainingRun
from nashgan.tracking.naming import TIMELINE
from nashgan.tracking.upload import event_tag
from nashgan.training.checkpoint import Checkpoints
from nashgan.training.fingerprint import fingerprint
from nashgan.training.history import History
from nashgan.training.interrupted import Begun, begin, crowded, remember
from nashgan.training.longer import LENGTH, Finished, depends_on_length
from nashgan.training.loop import train
from nashgan.training.scoring import FeatureScorer
from nashgan.training.steps import Steps, follow, leading
from nashgan.training.warm_start import Start, begin_with
from nashgan.training.without_effect import without_effect

TRACKED = ("data", "split", "classifier", "model", "objective", "train")  # sections that make the generator


@dataclass(frozen=True)
class RunObserver:
    """Writes the grids of the timeline as pictures, and hands MLflow everything."""

    folder: Path
    draw: Callable[[np.ndarray], Image.Image]
    run: TrainingRun

    def history(self, row: dict[str, float]) -> None:
        self.run.history(row)

    def score(self, row: dict[str, float]) -> None:
        self.run.history(row)

    def timeline(self, samples: np.ndarray, seen: int) -> None:
        grid = self.draw(samples)
        save_png(self.folder / f"{seen:09d}.png", grid)
        self.run.image(TIMELINE, np.asarray(grid.convert("RGB")), seen)

    def event(self, event: WatchdogEvent) -> None:
        self.run.tag(*event_tag(event.images, event.kind, event.detail))


def run(paths: Paths, params: Params) -> None:
    """Train, or go on where an interrupted training of the same data and parameters stopped.

    Raises Interrupted where it was asked to stop, Diverged where the watchdog gives up, and Lost where another process
    of the training died.
    """
    processes, shards = described_outside(), params.train.shards
    if processes is None and (count := count_processes(params.compute, shards)) > 1:
        launch(partial(run, paths, params), count)
        return
    processes = processes or ALONE
    with connected(processes):
        if processes.rank == 0:
            with leading(processes):
                _lead(paths, params, processes)
        else:
            with stop_request():  # rank 0 says when to stop
                follow(processes, lambda: _steps(paths, params, processes))


def _steps(paths: Paths, params: Params, processes: Processes) -> Steps:
    """What a process that follows needs."""
    manifest, data = read_manifest(paths.splits), read_split(paths.splits, "train")
    config = model_config(paths, data, manifest, params)
    other = read_split(paths.other_splits, "train") if isinstance(config.given, Translation) else None
    device = _device(params, processes)
    game = create_game(config, GameParams(params.model, params.objective, params.train), device, len(data))
    return Steps(game, create_batches(data, other, manifest, config, params, device), params.train)


def _device(params: Params, processes: Processes) -> Device:
    threads = threads_of(params.compute, params.train.shards)
    compute = params.compute.model_copy(update={"threads": threads})
    return replace(pick_device(compute, params.train.precision), processes=processes)


def _lead(paths: Paths, params: Params, processes: Processes) -> None:
    """Train, as the only process or as the one that the others follow."""
    try:
        check_division(processes.size, params.train.shards)  # torchrun may have started other ones than compute says
    except ValueError as error:
        raise UserError(str(error)) from None
    manifest, data = read_manifest(paths.splits), read_split(paths.splits, "train")
    config = model_config(paths, data, manifest, params)
    of_other = read_manifest(paths.other_splits).counts if params.data.other else None
    check_counts(params, manifest.source["name"], manifest.counts, of_other)
    game_params = GameParams(params.model, params.objective, params.train)
    other = read_split(paths.other_splits, "train") if isinstance(config.given, Translation) else None
    device = _device(params, processes)
    game = create_game(config, game_params, device, len(data))
    measured = params.train.evaluate_every and not config.answers  # a score by the classifier would use all labels
    scorer = create_scorer(paths, params, data, config, device, other) if measured else None

    classifier = scorer.network.sha256 if isinstance(scorer, FeatureScorer) else None
    start = find_start(paths, params.train.from_) if params.train.from_ else None
    given = classifier, start.sha256 if start else None
    result = config, game_params, params.train, manifest.digest, device, *given  # what it depends on
    checkpoints = Checkpoints(paths.checkpoints / fingerprint(*result))
    one_step = {"images": game.step_images, "until": None}
    played = params.train.model_copy(update=one_step) if game.in_one_step else params.train
    free = not depends_on_length(game, game_params, params.train)
    finished = Finished(paths.finished / fingerprint(*result, without=LENGTH if free else LENGTH - {"images"}))
    with checkpoints.held(), stop_request():
        finished.hand_over(checkpoints, played.end)
        if start:
            new = begin_with(game, start)
            if checkpoints.seen is None:  # else it goes on
                note(f"train: begins with {start.source}; new: {', '.join(new) or 'nothing'}")
        home = checkpoints.folder
        begun = begin(home)
        with TrainingRun.start(
            paths,
            _tracked(params),
            _dataset(manifest),
            resume_run_id=begun.run_id,
            uid=begun.training,
            began_with=start.sha256 if start else None,
        ) as tracked:
            run_id = tracked.run_id or begun.run_id
            remember(home, begun.model_copy(update={"run_id": run_id, "pid": os.getpid(), "processes": processes.size}))
            for warning in _warnings(paths, params, config, game_params, device):
                print(f"warning: {warning}", file=sys.stderr)
            batches = create_batches(data, other, manifest, config, params, device)
            observers = [RunObserver(home / "timeline", painter(game, manifest, params), tracked)]
            longer = free or played.until is not None
            try:
                history = train(game, batches, played, checkpoints, observers, scorer, may_be_longer=longer)
            except Interrupted as stopped:
                raise Interrupted(f"{stopped}; the same command goes on from there") from None
            _write_players(paths, params, config, game)
            _write_history(paths, history)
            _copy_pictures(home / "timeline", paths.timeline)
            write_train_run(
                paths.train_run, _train_run(paths, params, manifest, start, history, scorer, device, tracked, begun)
            )
        at_the_end = (event.fatal and event.images >= played.end for event in history.events)
        if not longer:
            finished.discard()
        elif not any(at_the_end):  # an event at the end may come from a window that the end made short
            finished.keep(checkpoints)
        checkpoints.clear()


def painter(game: Game, manifest: SplitsManifest, params: Params) -> Callable[[np.ndarray], Image.Image]:
    """A function that draws a picture of the timeline: both players where this is possible, else a grid of samples."""
    space = game.config.space
    of_players = None
    if space.name == "points":
        from nashgan.training.players_picture import players_picture  # it imports matplotlib, which takes a second

        of_players = players_picture(game, manifest.source["name"], params.train.seed)
    if of_players is not None:
        picture = of_players
        return lambda _: picture.draw()
    return lambda samples: space.grid(samples, space.columns)


def _warnings(
    paths: Paths, params: Params, config: ModelConfig, game_params: GameParams, device: Device
) -> Iterator[str]:
    """Warnings of settings that are allowed, but probably not what was meant."""
    if advice := width_advice(config, params.model.discriminator_name):
        yield f"params.yaml: model.width: {advice}"
    changed = differences(paths.root, "HEAD", _tracked(params)) or {}
    idle = [name for name in changed if name in params.data.without_effect | params.split.without_effect]
    if idle := idle + without_effect(game_params, params.train, changed):
        yield f"params.yaml: {', '.join(idle)}: without effect here (model {config.name})"
    if crowd := crowded(paths.checkpoints, device):
        yield f"train: {crowd}"


def _write_players(paths: Paths, params: Params, config: ModelConfig, game: Game) -> None:
    for folder in (paths.generator, paths.discriminator):
        remove_torn(folder)
    save_generator(paths.generator, config, game.average.module, game.generator)
    if isinstance(game, Encoding):
        family = config.model_copy(update={"name": params.model.discriminator_name or config.name})
        save_encoder(paths.generator, family, game.kept_encoder)
    else:
        remove_encoder(paths.generator)  # of a training by hand before this one
    back = paths.discriminator / BACK
    if isinstance(game, TwoWays):
        save_weights(back, game.back)
    else:
        back.unlink(missing_ok=True)  # of a training by hand before this one
    partner = paths.discriminator / "weights.safetensors"
    if game.partner is None:
        partner.unlink(missing_ok=True)  # of a training by hand before this one
    else:
        save_weights(partner, game.partner)
    save_config(paths.discriminator, config.model_copy(update={"name": params.model.partner_name, "histogram": None}))


def _write_history(paths: Paths, history: History) -> None:
    write_history(paths.history, history.rows)
    write_scores(paths.scores, history.scores)
    write_answers(paths.answers, history.rows)
    write_curves(paths.curves, history.rows)


def _copy_pictures(source: Path, target: Path) -> None:
    shutil.rmtree(target, ignore_errors=True)  # of a training by hand before this one
    for picture in source.iterdir():
        with atomic_path(target / picture.name) as temporary:
            shutil.copyfile(picture, temporary)


def _train_run(
    paths: Paths,
    params: Params,
    manifest: SplitsManifest,
    start: Start | None,
    history: History,
    scorer: Scorer | None,
    device: Device,
    tracked: TrainingRun,
    begun: Begun,
) -> TrainRun:
    return TrainRun(
        format=1,
        run_id=tracked.run_id,
        tracking_uri=tracked.tracking_uri,
        experiment=tracked.tags.get(EXPERIMENT),
        started=begun.started,
        finished=datetime.now(UTC),
        params=_tracked(params),
        tags=tracked.tags,
        dataset=_dataset(manifest),
        began_with=BeganWith(source=start.source, sha256=start.sha256) if start else None,
        generator=load_generator(paths.generator).sha256,
        kept=kept_moment(history, params.train.keep),
        score=_scored(scorer) if scorer else None,
        events=history.events,
        seconds=history.seconds,
        device=device.described,
    )


def _scored(scorer: Scorer) -> TrainingScore:
    return TrainingScore(name=scorer.name, split=scorer.split, floor=scorer.floor, protocol=scorer.protocol)


def kept_moment(history: History, keep: str) -> KeptMoment:
    """The moment whose weights are kept, in images seen, and its score where it was measured."""
    if not history.scores:
        return KeptMoment(images=int(history.rows[-1][IMAGES]))
    moment = history.best if keep == "best" else history.scores[-1]  # the last images are always measured
    return KeptMoment(images=int(moment[IMAGES]), score=moment[score_column(moment)])


def _tracked(params: Params) -> dict[str, Any]:
    sections = params.model_dump(by_alias=True)
    return {name: sections[name] for name in TRACKED}


def _dataset(manifest: SplitsManifest) -> Dataset:
    return Dataset(name=manifest.source["name"], digest=manifest.digest, count=manifest.splits["train"].count)
