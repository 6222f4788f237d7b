"""The model card: what a generator is, learned from and scores, in Markdown, from its records alone.

The form is that of Mitchell et al., 2019, "Model cards for model reporting". The beginning in YAML is what Hugging Face
reads. A model version's description is made of the same sections.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import yaml

from nashgan.data import DATASETS
from nashgan.models import MODELS
from nashgan.models.config import ModelConfig
from nashgan.records.evaluation import Evaluation, corrected
from nashgan.records.headline import DISTANCES, HEADLINES
from nashgan.records.train_run import TrainRun
from nashgan.tracking.baseline import Differences
from nashgan.tracking.lineage import COMMIT, DIRTY
from nashgan.tracking.markdown import Line, Place, changed, files_line, grid, paragraphs, table

TASKS = {"image": "unconditional-image-generation"}  # what Hugging Face calls them, by the name of the space
IMAGE_TO_IMAGE = "image-to-image"


@dataclass(frozen=True)
class CardRecords:
    """What a card is made of: the network, its training, and the metrics of its samples."""

    config: ModelConfig
    run: TrainRun
    evaluation: Evaluation


def model_card(of: CardRecords, use: str = "") -> str:
    """The whole card. `use` is a section that says how to load the model, where it is known."""
    config, data = of.config, of.run.dataset.name
    does = f"A generator of {config.space.plural} ({config.space.described}): `{config.name}`, trained by nashgan."
    measured = table(headline(of.evaluation, tuple(of.evaluation)))
    parts = (f"# {config.name} on {data}", does, use, "## Metrics", measured, protocols(of.evaluation), about(of))
    return f"---\n{front_matter(of)}---\n\n{paragraphs(*parts)}\n"


def front_matter(of: CardRecords) -> str:
    """The metadata in YAML, with the metrics of the headline in the form of `model-index`."""
    name, data, task = of.config.name, of.run.dataset.name, _task(of.config)
    measured = [
        {"type": metric, "name": metric, "value": of.evaluation[metric].value, "args": of.evaluation[metric].protocol}
        for metric in HEADLINES
        if metric in of.evaluation and of.evaluation[metric].value is not None
    ]
    result = {"task": {"type": task or "other"}, "dataset": {"name": data, "type": data}, "metrics": measured}
    values: dict[str, object] = {"library_name": "nashgan", "license": "unknown", "tags": ["gan", name, data]}
    values |= {"pipeline_tag": task} if task else {}
    values["model-index"] = [{"name": f"{name}-{data}", "results": [result]}]
    return str(yaml.safe_dump(values, sort_keys=False, allow_unicode=True))


def version_note(of: CardRecords, differences: Differences | None, place: Place) -> str:
    """A model version's description: the card with the metrics of the headline, its samples and where it comes from."""
    measured = {name: of.evaluation[name] for name in HEADLINES if name in of.evaluation}
    return paragraphs(
        table(headline(measured)),
        grid(place),
        f"[Training run]({place.run}) · {files_line(place)}".rstrip(" ·"),
        changed(of.run.tags, differences),
        "## Protocols",
        protocols(measured),
        about(of),
        "`nashgan promote` compares the FID of versions whose tag `fid_protocol` is the same.",
    )


def headline(evaluation: Evaluation, names: Collection[str] = HEADLINES) -> list[Line]:
    """Those of the metrics `names` that were measured, in their order."""
    return [
        Line(name, metric.value, metric.interval, metric.floor)
        for name in names
        if (metric := evaluation.get(name)) and metric.value is not None
    ]


def protocols(measured: Evaluation) -> str:
    """What the floor is, and the protocol of each metric."""
    lines = []
    for line in headline(measured, tuple(measured)):
        words = f", {DISTANCES[line.name]}" if line.name in DISTANCES else ""
        lines.append(f"- `{line.name}`{words}: `{measured[line.name].protocol}`")
    floor = "The floor is the value of as many other real examples. Numbers of different protocols are never compared."
    return paragraphs(floor, "\n".join(lines))


def about(of: CardRecords) -> str:
    """Intended use, data, training and limits."""
    return paragraphs(
        "## Intended use", _use(of), "## Data", _data(of), "## Training", _training(of), "## Limits", _limits(of)
    )


def _task(config: ModelConfig) -> str | None:
    return IMAGE_TO_IMAGE if config.given else TASKS.get(config.examples.space)


def _use(of: CardRecords) -> str:
    config, things = of.config, of.config.space.plural
    if config.given:
        verb = "restores" if config.given.paired else "translates"
        does = f"It {verb} {things} ({config.given.described}) of the size of its training {things}."
    else:
        does = f"It draws new {things} like those of its training data. A seed and an index name one."
    told = f" It can be told one of {config.classes} classes, 0 to {config.classes - 1}." if config.classes else ""
    return f"{does}{told} It is for experiments with generative models. What it makes is no record of anything real."


def _data(of: CardRecords) -> str:
    data = of.run.dataset
    licence = DATASETS[data.name].licence if data.name in DATASETS else None
    known = f"Licence of the data: {licence}." if licence else "nashgan does not know the licence of these data."
    return f"`{data.name}`: {data.count:,} training examples; digest of the splits `{data.digest[:12]}`. {known}"


def _training(of: CardRecords) -> str:
    run, train = of.run, of.run.params.get("train", {})
    model, objective = MODELS[of.config.name], run.params["objective"]
    game = f"game `{model.game}`"
    if model.discriminator:
        asked = (f"{key} `{objective[key]}`" for key in ("loss", "penalty") if key in objective)
        game = ", ".join((game, *asked))
    facts = [
        f"{game}, {run.images:,} examples seen" + (f", seed {train['seed']}" if "seed" in train else ""),
        f"weights: running average after {run.kept.images:,} examples, sha256 `{run.generator[:12]}`",
        f"time: {timedelta(seconds=round(run.seconds))} (hours:minutes:seconds) on {run.device}",
        "energy: not measured",
    ]
    if commit := run.tags.get(COMMIT):
        dirty = ", with changes that are not committed" if run.tags.get(DIRTY) == "true" else ""
        facts.append(f"code: commit `{commit[:7]}`{dirty}")
    return "\n".join(f"- {fact}" for fact in facts)


def _limits(of: CardRecords) -> str:
    """What the records themselves say against the model."""
    found = []
    for line in headline(of.evaluation):
        metric = of.evaluation[line.name]
        if metric.interval and metric.floor is not None and not metric.like_real and metric.floor_samples is None:
            found.append(f"`{line.name}`: {line.value:.4g} is not the value of real examples, {metric.floor:.4g}")
    if corrected(of.evaluation):
        found.append("the evaluated samples were corrected after they were drawn; the network alone draws others")
    found += [f"at {event.images:,} examples the training said {event.kind}: {event.detail}" for event in of.run.events]
    found.append(f"it knows nothing but its training examples, and {of.config.space.described}")
    found.append("it was not examined for bias or for harm")
    return "\n".join(f"- {limit}" for limit in found)
