"""Parameters that change nothing in the chosen configuration. The stage train warns of those that were set."""

from collections.abc import Iterable

from nashgan.games import game_of
from nashgan.games.game import GameParams
from nashgan.objectives import PENALTIES
from nashgan.training.params import TrainParams

ADAPTIVE = {"objective.augment_target", "objective.augment_speed"}


def without_effect(game_params: GameParams, train: TrainParams, changed: Iterable[str]) -> list[str]:
    """The parameters among `changed`, named as ``train.lr_generator``, that have no effect, in their order."""
    model = game_params.model
    ignored = set(game_of(model.name, model.encoder, game_params.objective.labelled).ignores)
    if model.encoder == "none":
        ignored.add("model.encoder_pixel_weight")
    penalty = PENALTIES.get(game_params.objective.penalty)
    if penalty is None or penalty.divides_weights:  # neither has a number to choose
        ignored |= {"objective.penalty_weight", "objective.penalty_weight_end"}
    if (penalty is None or not penalty.of_each_example) and game_params.objective.penalty_share < 1:  # 1: `auto` there
        ignored.add("objective.penalty_share")
    ramp = None if train.ema_ramp is None else train.ema_ramp * train.images
    half_lives = [train.ema_half_life, train.ema_half_life_end]
    if ramp and train.ema_half_life and all(one is None or one >= ramp for one in half_lives):  # it never reaches them
        ignored |= {"train.ema_half_life", "train.ema_half_life_end"}
    if train.ema_half_life == 0 and not train.ema_half_life_end:  # no average
        ignored.add("train.ema_ramp")
    if train.optimizer == "sgd":  # it has no second moment
        ignored |= {"train.beta2", "train.beta2_end"}
    if game_params.objective.augment == "none":
        ignored |= {"objective.augment_p", *ADAPTIVE}
    elif game_params.objective.augment_p != "adaptive":
        ignored |= ADAPTIVE
    return [name for name in changed if name in ignored or name.partition(".")[0] in ignored]
