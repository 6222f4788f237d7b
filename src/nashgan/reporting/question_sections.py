"""The sections of the questions that a training was asked beside drawing samples; None where it was not asked."""

from nashgan.objectives import LOSSES
from nashgan.reporting.classify import PICTURE, from_few_labels
from nashgan.reporting.encoding import encoding
from nashgan.reporting.inputs import Inputs
from nashgan.reporting.questions import methods
from nashgan.reporting.section import COLUMN, PAGE, Section, figure


def advice(inputs: Inputs) -> Section | None:
    """What the discriminator would change in a sample and in the generator. None without one that sees images."""
    names = {"image": "advise-image", "generator": "advise-generator"}
    if not all(name in inputs.questions for name in names.values()):
        return None
    probabilities = LOSSES[inputs.run.params["objective"]["loss"]].load().gives_probabilities
    figures = {key: figure(inputs.questions[name], PAGE) for key, name in names.items()}
    return Section("advice", "What D would change", {**figures, "probabilities": probabilities})


def restored(inputs: Inputs) -> Section | None:
    """Held-out images degraded and restored, beside other methods. None where nothing was restored."""
    if (picture := inputs.questions.get("restore-rows")) is None:
        return None
    names = ("psnr", "ssim", "edge_sharpness", "restored_accuracy", "restored_fcd", "variety")
    table = methods(inputs.evaluation, names)
    classical = inputs.evaluation["psnr"].baseline
    context = {
        "figure": figure(picture, PAGE),
        "table": table,
        "done": inputs.evaluation["psnr"].protocol.partition(" n=")[0],
        "classical": classical.name if classical else None,
        "plural": inputs.space.plural,
        "clips": inputs.space.columns == 1,
    }
    return Section("restored", f"Restored {inputs.space.plural}", context)


def classify(inputs: Inputs) -> Section | None:
    """How well the discriminator names classes. None where it was not told labels."""
    context = from_few_labels(inputs.evaluation)
    wrong = inputs.questions.get(PICTURE)
    shown = {"figure": figure(wrong, PAGE) if wrong else None}
    return Section("classify", "Classes from few labels", context | shown) if context else None


def translated(inputs: Inputs) -> Section | None:
    """Images of another dataset beside what they were translated to, both ways. None where nothing was translated."""
    if (there := inputs.questions.get("translate-there")) is None:
        return None
    names = ("read_right", "translated_fcd", "cycle_error", "back_fcd", "back_cycle_error")
    back = inputs.questions["translate-back"]
    other = inputs.evaluation["translated_fcd"].protocol.partition(" n=")[0].removeprefix("from ")
    context = {
        "there": figure(there, PAGE),
        "back": figure(back, PAGE),
        "table": methods(inputs.evaluation, names),
        "other": other,
        "own": inputs.data.source["name"],
    }
    return Section("translated", "Translated images", context)


def encode(inputs: Inputs) -> Section | None:
    """How good the vectors of images are. None where the training had no encoder."""
    found = encoding(inputs)
    if found is None:
        return None
    pictures = [(caption, figure(view, COLUMN)) for caption, view in found.pictures.values()]
    return Section("encode", "Images as vectors", {"encoding": found, "pictures": pictures})
