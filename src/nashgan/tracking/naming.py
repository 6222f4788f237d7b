"""How runs and metrics are called in MLflow.

MLflow's page shows a section for what stands before the last slash of a metric's name, and sorts the sections by name:
``floor`` would come before ``headline``, so floors are ``samples/floor``. A metric whose last step is above 0 is drawn
as a curve, any other as a bar. So a final value has step 0. The step of a value that is measured during the training is
the number of images seen.

| column in DVC | metric in MLflow |
|---|---|
| `fid`, `fcd`, `recall`, `seconds`, `images_per_second` | `headline/fid`, … |
| `samples.X` | `samples/X` |
| `floor.X` | `samples/floor/X` |
| `kept.X` | `training/kept/X` |
| `training_X` of a history | `training/X` |
| any other column of a history | `training/X` |
"""

from collections.abc import Mapping

from nashgan.models import MODELS
from nashgan.records.headline import HEADLINES
from nashgan.records.metrics import SPEED
from nashgan.tracking.lineage import COMMIT, EXPERIMENT

TIMELINE = "headline/samples"  # key of the growing samples in the image grid; MLflow groups these keys like metrics
FINAL_STEP = 0  # of a value that is measured once

SECTIONS = {"samples.": "samples/", "floor.": "samples/floor/", "kept.": "training/kept/"}  # prefixes: DVC's, MLflow's
_HEADLINE, _TRAINING = "headline/", "training/"
_MEASURED_ON_THE_WAY = "training_"  # begins the columns of what is measured on the generator while it trains


def metric_name(column: str) -> str:
    """MLflow's name of what DVC calls `column`: ``samples/kid`` for ``samples.kid``, ``training/lr_d`` for ``lr_d``."""
    if column in (*HEADLINES, SPEED):
        return _HEADLINE + column
    for prefix, section in SECTIONS.items():
        if column.startswith(prefix):
            return section + column.removeprefix(prefix)
    return _TRAINING + column.removeprefix(_MEASURED_ON_THE_WAY)


def evaluation_columns(values: Mapping[str, float], floors: Mapping[str, float]) -> dict[str, float]:
    """Value and floor of each metric under the names of DVC's columns."""
    named = {name if name in HEADLINES else f"samples.{name}": value for name, value in values.items()}
    return named | {f"floor.{name}": floor for name, floor in floors.items()}


def run_name(params: Mapping[str, str], tags: Mapping[str, str]) -> str | None:
    """What a training is: ``r3gan rpgan r1_r2 · mnist5k · seed 0``, and the DVC experiment's name where it has one.

    `params` are flat: ``{"model.name": "r3gan"}``. What is unknown is left out, and so are loss and penalty of a model
    that has no adversarial objective. None where nothing is known: MLflow then makes a name up.
    """
    model = params.get("model.name")
    adversarial = model not in MODELS or MODELS[model].discriminator is not None
    objective = ("loss", "penalty") if model and adversarial else ()
    players = [model, *(params.get(f"objective.{key}") for key in objective)]
    seed = params.get("train.seed")
    parts = [
        " ".join(part for part in players if part and part != "none"),
        params.get("data.name"),
        seed and f"seed {seed}",
        tags.get(EXPERIMENT),
    ]
    return " · ".join(part for part in parts if part) or short_name(tags)


def short_name(tags: Mapping[str, str]) -> str | None:
    """The experiment's name, else the short commit, else None."""
    return tags.get(EXPERIMENT) or tags.get(COMMIT, "")[:7] or None
