"""Training a finished training longer. The result has the bits of one training.

This is possible where no step depends on the length, and where ``train.until`` ended the training in the middle of its
schedules. At its end such a training leaves, beside its checkpoints, the state that a longer one has at that moment:
without the row of the history, the picture and the measurement that are only due because it ends. When it is finished,
this state is kept under a fingerprint without the keys of LENGTH, of which ``train.images`` counts where steps depend
on it.
"""

import shutil
from pathlib import Path

from filelock import FileLock

from nashgan.games.game import Game, GameParams
from nashgan.runtime.progress import note
from nashgan.training.checkpoint import AT_THE_END, HALF_COPIED, Checkpoints
from nashgan.training.interrupted import renew
from nashgan.training.params import TrainParams

LENGTH = frozenset({"images", "until"})  # keys of the section train: where a training ends


def depends_on_length(game: Game, game_params: GameParams, train: TrainParams) -> bool:
    """Whether the steps would differ if ``train.images`` were larger, or the score decides where the training ends."""
    schedules = (
        (1.0, train.lr_end),
        (game_params.objective.penalty_weight, game_params.objective.penalty_weight_end),
        (train.beta2, train.beta2_end),
        (train.ema_half_life, train.ema_half_life_end),
    )
    changes = any(end not in (None, start) for start, end in schedules)
    return changes or bool(train.patience) or game.depends_on_length or game.in_one_step


class Finished:
    """The longest finished training of a fingerprint without its end, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.parent.mkdir(parents=True, exist_ok=True)
        self.lock = FileLock(folder.with_suffix(".lock"))

    def hand_over(self, checkpoints: Checkpoints, end: int) -> None:
        """Let a training that has not begun and ends at `end` images begin where the finished one ended before."""
        if checkpoints.seen is not None:
            return
        with self.lock:
            found = Checkpoints(self.folder).newest()
            if found is None or found.state["seen"] >= end:
                return
            copy = checkpoints.folder.with_suffix(HALF_COPIED)
            shutil.rmtree(copy, ignore_errors=True)
            shutil.copytree(self.folder, copy)
        renew(copy)
        checkpoints.clear()
        copy.rename(checkpoints.folder)  # whole or not at all
        note(f"train: a finished training of {found.state['seen']:,} images is trained longer")

    def discard(self) -> None:
        """Remove what is kept, after a training that none can be longer than."""
        with self.lock:
            shutil.rmtree(self.folder, ignore_errors=True)

    def keep(self, checkpoints: Checkpoints) -> None:
        """Take over what the training of `checkpoints` left at its end, unless a longer one is kept."""
        ended = checkpoints.folder / AT_THE_END
        with self.lock:
            if (Checkpoints(self.folder).seen or 0) < (Checkpoints(ended).seen or 0):
                shutil.rmtree(self.folder, ignore_errors=True)
                ended.rename(self.folder)
