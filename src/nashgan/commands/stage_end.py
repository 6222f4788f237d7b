"""What a stage's command says at its end: what was made, where, and numbers beside those of the last commit."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from nashgan.comparison.committed import committed
from nashgan.comparison.text import title
from nashgan.pages.text import count, duration, number
from nashgan.records import raw, samples, splits
from nashgan.records.evaluation import read_evaluation
from nashgan.records.examples import MANIFEST
from nashgan.records.headline import HEADLINES
from nashgan.records.history import read_scores, score_column
from nashgan.records.paths import Paths
from nashgan.records.reference import read_reference_manifest
from nashgan.records.registration import read_registration
from nashgan.records.train_run import read_train_run
from nashgan.runtime.errors import UserError


@dataclass(frozen=True)
class Number:
    """A number of a result. Numbers of different protocols are not compared."""

    value: float
    shown: Callable[[float], str] = number
    protocol: str = ""


Numbers = dict[str, Number]


@dataclass(frozen=True)
class End:
    """What a stage makes, and the files among it from which `numbers` reads."""

    made: Callable[[Paths], Sequence[Path]]
    files: Callable[[Paths], Sequence[Path]]
    numbers: Callable[[Paths], Numbers]


@dataclass(frozen=True)
class Ending:
    """What a stage made: the places, its numbers, and those of the last commit that may be compared with them."""

    stage: str
    made: list[str]
    numbers: Numbers
    committed: Numbers

    @property
    def text(self) -> str:
        """A line for people."""
        numbers = ", ".join(map(self._beside, self.numbers))
        return f"{self.stage}: {', '.join(self.made)}" + (f"; {numbers}" if numbers else "")

    @property
    def json(self) -> str:
        """A line of JSON: stage, made, and for each number its value and, where it is known, the committed one."""
        numbers = {name: {"value": one.value} for name, one in self.numbers.items()}
        for name, other in self.committed.items():
            numbers[name]["committed"] = other.value
        return json.dumps({"stage": self.stage, "made": self.made, "numbers": numbers})

    def _beside(self, name: str) -> str:
        one, other = self.numbers[name], self.committed.get(name)
        text = f"{title(name).replace('_', ' ')} {one.shown(one.value)}"
        if other is None:
            return text
        if one.value == other.value:
            return f"{text} (as in the last commit)"
        sign, change = "-" if one.value < other.value else "+", abs(one.value - other.value)
        return f"{text} (last commit: {one.shown(other.value)}, {sign}{one.shown(change)})"


def ending(paths: Paths, stage: str) -> Ending:
    """What `stage` made in the workspace. Raises UserError where a file of it is missing or broken."""
    end = ENDS[stage]
    here = end.numbers(paths)
    with committed(paths, end.files(paths)) as commit:
        try:
            there = end.numbers(commit)
        except UserError:  # the last commit has no such result
            there = {}
    made = [paths.name(path) for path in end.made(paths) if path.exists()]
    same = {name: there[name] for name, one in here.items() if name in there and there[name].protocol == one.protocol}
    return Ending(stage, made, here, same)


def _download(paths: Paths) -> Numbers:
    manifest = raw.read_manifest(paths.raw)
    return _known(examples=(manifest.count, count), classes=(len(manifest.classes or ()) or None, count))


def _split(paths: Paths) -> Numbers:
    counts = splits.read_manifest(paths.splits).counts
    return _known(train=(counts["train"], count), test=(counts["test"], count))


def _classifier(paths: Paths) -> Numbers:
    from nashgan.features.classifier import read_classifier_config  # it imports torch

    if (config := read_classifier_config(paths.classifier)) is None:
        return {}
    return _known(validation_accuracy=(config.accuracy, _percent), test_accuracy=(config.test_accuracy, _percent))


def _reference(paths: Paths) -> Numbers:
    manifest = read_reference_manifest(paths.reference)
    return _known(**{f"real_examples_of_{manifest.split}": (manifest.count, count)})


def _train(paths: Paths) -> Numbers:
    run, scores = read_train_run(paths.train_run), read_scores(paths.scores)
    numbers = _known(seconds=(run.seconds, duration))
    if not scores or run.score is None:
        return numbers
    name = score_column(scores[-1])
    return {name: Number(scores[-1][name], protocol=run.score.protocol), **numbers}


def _generate(paths: Paths) -> Numbers:
    manifest = samples.read_manifest(paths.samples)
    beyond = manifest.out_of_range
    return _known(samples=(manifest.count, count), out_of_range=(None if beyond is None else beyond.value, _percent))


def _evaluate(paths: Paths) -> Numbers:
    metrics = read_evaluation(paths.evaluation)
    measured = (
        (name, Number(value, protocol=metrics[name].protocol))
        for name in HEADLINES
        if name in metrics and (value := metrics[name].value) is not None
    )
    return dict(islice(measured, 2))


def _report(paths: Paths) -> Numbers:
    try:
        return _known(megabytes=(paths.report.stat().st_size / 1e6, number))
    except OSError:
        return {}


def _register(paths: Paths) -> Numbers:
    return _known(version=(float(read_registration(paths.registration).version), count))


def _known(**numbers: tuple[float | None, Callable[[float], str]]) -> Numbers:
    return {name: Number(value, shown) for name, (value, shown) in numbers.items() if value is not None}


def _percent(share: float) -> str:
    return f"{share:.2%}"


ENDS = {
    "download": End(lambda p: [p.raw], lambda p: [p.raw / MANIFEST], _download),
    "split": End(lambda p: [p.splits], lambda p: [p.splits / MANIFEST], _split),
    "classifier": End(lambda p: [p.classifier], lambda p: [p.classifier / "config.json"], _classifier),
    "reference": End(lambda p: [p.reference], lambda p: [p.reference / MANIFEST], _reference),
    "train": End(lambda p: [p.generator, p.discriminator, p.history.parent], lambda p: [p.train_run, p.scores], _train),
    "generate": End(
        lambda p: [p.samples, p.sample_figures, p.sample_picture], lambda p: [p.samples / MANIFEST], _generate
    ),
    "evaluate": End(lambda p: [p.evaluation, p.metrics], lambda p: [p.evaluation], _evaluate),
    "report": End(lambda p: [p.report], lambda p: [p.report], _report),
    "register": End(lambda p: [p.registration], lambda p: [p.registration], _register),
}
