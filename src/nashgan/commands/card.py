"""``nashgan card``: the model card of any generator, from its records."""

from pathlib import Path

from nashgan.models.generator import load_generator
from nashgan.records.evaluation import read_evaluation
from nashgan.records.paths import Paths
from nashgan.records.train_run import read_train_run
from nashgan.runtime.errors import UserError
from nashgan.tracking.model_card import CardRecords, model_card
from nashgan.tracking.promotion import resolve_generator


def print_card(source: str) -> None:
    """Print the card of the generator at `source`. Raises UserError as `card_records`."""
    print(model_card(card_records(resolve_generator(source))), end="")


def card_records(folder: Path) -> CardRecords:
    """What the card of the generator in `folder` is made of.

    The records are beside the weights in a folder that was exported or fetched from the registry, and else in the
    workspace that the folder is part of. Raises UserError where they are missing, or of another generator.
    """
    generator, (train_run, evaluation) = load_generator(folder), record_files(folder)
    if not train_run.exists():
        raise UserError(f"{train_run}: not found; a card is made of the records of training and evaluation")
    record = read_train_run(train_run)
    if record.generator != generator.sha256:
        raise UserError(f"{train_run}: of another generator than {folder}; run `dvc repro train`")
    return CardRecords(generator.config, record, read_evaluation(evaluation))


def record_files(folder: Path) -> tuple[Path, Path]:
    """The records of the training and of the evaluation of the generator in `folder`."""
    workspace = Paths(folder.resolve().parent.parent)
    if workspace.generator == folder.resolve():
        return workspace.train_run, workspace.evaluation
    return folder / workspace.train_run.name, folder / workspace.evaluation.name
