"""The model card has the records' numbers and no others."""

import re
from collections.abc import Iterator
from typing import Any

import yaml
from record_files import train_run
from tracked import PARAMS

from nashgan.models.config import ModelConfig
from nashgan.records.evaluation import Metric
from nashgan.records.given import Translation
from nashgan.records.train_run import TRAINING, Dataset, WatchdogEvent
from nashgan.spaces.image import ImageSpace
from nashgan.tracking.lineage import COMMIT
from nashgan.tracking.model_card import CardRecords, model_card

NUMBER = r"(?<![\w.:])\d+(?:,\d{3})*(?:\.\d+)?(?:e-\d+)?(?![\w:])"
EVALUATION = {
    "fid": Metric(value=12.34567, interval=(11.5, 13.25), floor=5.678, floor_interval=(5.5, 5.75), samples=321,
                  protocol="inception n=321"),
    "recall": Metric(value=0.777, interval=(0.7, 0.8), floor=0.79, samples=321, protocol="inception k=3",
                     higher_is_better=True),
    "kid": Metric(value=0.00123, samples=321, protocol="inception kernel=poly3"),
    "fcd": Metric(value=None, samples=321, protocol="never measured"),
}  # fmt: skip
EVENT = WatchdogEvent(images=1234, kind="collapse", detail="one image")


def records(data: str = "mnist5k", **changes: Any) -> CardRecords:
    config = ModelConfig(name="dcgan", examples=ImageSpace(1, 16, 24).format, latent=9, width=2, classes=7, **changes)
    params, tags = {**PARAMS, "train": {"images": 98765, "seed": 42}}, {TRAINING: "t", COMMIT: "c" * 40}
    run = train_run(
        params, run_id=None, tags=tags,
        dataset=Dataset(name=data, digest="d" * 64, count=4321), generator="e" * 64,
    ).model_copy(update={"seconds": 3723.4, "events": [EVENT], "device": "a device"})  # fmt: skip
    return CardRecords(config, run, EVALUATION)


def numbers(value: Any) -> Iterator[float]:
    """All numbers in a record."""
    if isinstance(value, dict | list | tuple):
        for one in value.values() if isinstance(value, dict) else value:
            yield from numbers(one)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


def test_each_number_of_the_card_is_one_of_the_records() -> None:
    of = records()
    _, front, text = model_card(of).split("---\n", 2)
    known = [
        *numbers(of.config.model_dump(mode="json")), *numbers(of.run.model_dump(mode="json")),
        *(number for metric in EVALUATION.values() for number in numbers(metric.model_dump(mode="json"))),
    ]  # fmt: skip
    written = {text for number in known for text in (f"{number:.4g}", f"{number:,}", str(number))}
    written |= {"95", "8", "0", str(of.config.classes - 1), "3.0"}  # % of an interval, bits, classes, the licence's
    prose = re.sub(r"`[^`]*`", "", text)  # protocols and digests are compared below
    assert set(re.findall(NUMBER, prose)) <= written
    (index,) = yaml.safe_load(front)["model-index"]
    (result,) = index["results"]
    assert {one["type"]: (one["value"], one["args"]) for one in result["metrics"]} == {
        name: (metric.value, metric.protocol) for name, metric in EVALUATION.items() if name in ("fid", "recall")
    }


def test_the_card_says_what_was_measured_and_what_speaks_against_the_model() -> None:
    text = model_card(records())
    assert "| **fid** | 12.35 | 11.5 – 13.25 | 5.678 |" in text
    assert "| **kid** | 0.00123 |  |  |" in text and "**fcd**" not in text
    assert "- `recall`: `inception k=3`" in text
    assert "- `fid`: 12.35 is not the value of real examples, 5.678" in text and "- `recall`: 0.777" not in text
    assert "- at 1,234 examples the training said collapse: one image" in text
    assert "4,321 training examples" in text and "98,765 examples seen, seed 42" in text
    assert "time: 1:02:03 (hours:minutes:seconds) on a device" in text and "energy: not measured" in text
    assert "code: commit `ccccccc`" in text


def test_the_licence_of_the_data_is_that_of_the_registry_or_not_known() -> None:
    assert "Licence of the data: CC BY-SA 3.0." in model_card(records("mnist5k"))
    assert "nashgan does not know the licence of these data." in model_card(records("folder"))
    assert "nashgan does not know the licence of these data." in model_card(records("of a later version"))


def test_a_generator_that_translates_is_called_image_to_image() -> None:
    text = model_card(records(given=Translation(other="digits8", digest="d" * 64)))
    assert "pipeline_tag: image-to-image" in text and "It translates images (from digits8)" in text
