"""A model of each kind behind MLflow's scoring server, over HTTP on loopback: what it answers, and what it refuses.

The server runs in this process. tests/tracking/test_serving.py has one `mlflow models serve` as users start it.
"""

import base64
import io
import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pytest
import requests
import torch
import uvicorn
from mlflow.pyfunc import scoring_server
from PIL import Image, ImageSequence
from record_files import CPU

from nashgan.features.class_answers import load_class_namer
from nashgan.models.config import ModelConfig, build_discriminator, build_generator
from nashgan.models.generator import load_generator, save_generator
from nashgan.records.degradation import Degradation
from nashgan.records.given import Given, Translation
from nashgan.records.paths import Paths
from nashgan.records.weights import save_config, save_weights
from nashgan.spaces.image import ImageSpace
from nashgan.spaces.points import PointSpace
from nashgan.spaces.series import SeriesSpace
from nashgan.spaces.space import Space
from nashgan.spaces.text import TextSpace
from nashgan.spaces.video import VideoSpace
from nashgan.tracking.model_versions import served
from nashgan.tracking.serving import COLUMNS, MOST

SIDE = 16
MODES = {1: "L", 3: "RGB", 4: "RGBA"}  # by channels
TEXT = TextSpace("\nabc é,", 6)


@dataclass(frozen=True)
class Kind:
    """A generator of random weights, and how its answers are read."""

    model: str
    space: Space
    classes: int = 0
    given: Given | None = None
    answers: int = 0  # classes that its discriminator names

    @property
    def column(self) -> str:
        """The column that holds an example."""
        return COLUMNS[self.space.media]


KINDS = {
    "grey": Kind("mlp", ImageSpace(1, 8, 8), classes=3),
    "colour": Kind("mlp", ImageSpace(3, 8, 8)),
    "alpha": Kind("mlp", ImageSpace(4, 8, 8)),
    "corrects_itself": Kind("gaussian", ImageSpace(1, 4, 4)),
    "points": Kind("dense", PointSpace((0.5, -1.0), 2.0), classes=2),
    "text": Kind("gumbel", TEXT),
    "series": Kind("dense", SeriesSpace(4, (0.0, 3.0), 2.0)),
    "clips": Kind("sprites", VideoSpace(3, 1, SIDE), classes=2),
    "restores": Kind("unet", ImageSpace(1, SIDE, SIDE), given=Degradation(kinds=("small",), shrink=2)),
    "restores_clips": Kind("unet", VideoSpace(3, 1, SIDE), given=Degradation(kinds=("noisy",), noise=0.5)),
    "translates": Kind("unet_cycle", ImageSpace(1, SIDE, SIDE), given=Translation(other="digits8", digest="0" * 64)),
    "names_classes": Kind("mlp", ImageSpace(1, SIDE, SIDE), answers=3),
}


def read(kind: Kind, answer: str) -> np.ndarray:
    """An example of an answer, as the generator stores it."""
    space = kind.space
    if kind.column == "text":
        indices: np.ndarray = TEXT.indices([answer])[0]
        return indices
    if kind.column == "numbers":
        numbers: np.ndarray = np.array(answer.split(","), np.float32).reshape(space.format.shape)
        return numbers
    with Image.open(io.BytesIO(base64.b64decode(answer, validate=True))) as picture:
        channels = space.format.shape[-3]
        assert picture.format == {"image": "PNG", "clip": "GIF"}[kind.column]
        frames = np.stack([np.array(frame.convert(MODES[channels])) for frame in ImageSequence.Iterator(picture)])
    channels_first = frames[:, None] if frames.ndim == 3 else frames.transpose(0, 3, 1, 2)
    return channels_first if isinstance(space, VideoSpace) else channels_first[0]


class Service:
    """A model behind a server."""

    def __init__(self, folder: Path, name: str) -> None:
        self.kind = kind = KINDS[name]
        paths = Paths(folder)
        config = ModelConfig(
            name=kind.model,
            examples=kind.space.format,
            latent=8,
            width=4,
            classes=kind.classes,
            histogram=tuple(range(1, kind.classes + 1)) or None,
            given=kind.given,
            answers=kind.answers,
        )
        torch.manual_seed(1)
        network = build_generator(config)
        save_generator(paths.generator, config, network, network)
        self.generator = load_generator(paths.generator)
        if kind.answers:
            save_weights(paths.discriminator / "weights.safetensors", build_discriminator(config))
            save_config(paths.discriminator, config)
            self.namer = load_class_namer(paths.discriminator, CPU)
        mlflow.pyfunc.save_model(str(folder / "model"), **served(paths, paths.generator), pip_requirements=["mlflow"])
        app = scoring_server.init(mlflow.pyfunc.load_model(str(folder / "model")))
        self.server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)
        self.thread.start()
        while not self.server.started:
            assert self.thread.is_alive()
            time.sleep(0.002)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.address = f"http://127.0.0.1:{port}/invocations"

    def post(self, content: str, kind: str = "application/json") -> requests.Response:
        """What the server answers to a body."""
        return requests.post(self.address, data=content.encode(), headers={"Content-Type": kind}, timeout=30)

    def rows(self, *rows: object) -> list[dict[str, Any]]:
        """The predictions for rows that are served."""
        answer = self.post(json.dumps({"dataframe_records": rows}))
        assert answer.status_code == 200, answer.text
        predictions: list[dict[str, Any]] = answer.json()["predictions"]
        return predictions

    def examples(self, *rows: object) -> np.ndarray:
        """The examples for rows that are served."""
        return np.stack([read(self.kind, row[self.kind.column]) for row in self.rows(*rows)])

    def refusal(self, content: str) -> str:
        """The message to a body that is refused, as the model's author meant it: with no traceback of a surprise."""
        answer = self.post(content)
        assert answer.status_code == 400, answer.text
        assert "stack_trace" not in answer.json(), answer.text
        return str(answer.json()["message"]).rpartition("\nError: ")[2]


@pytest.fixture(scope="module")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Service]]:
    """The service of a kind, which is started when it is asked for."""
    started: dict[str, Service] = {}

    def service(name: str) -> Service:
        if name not in started:
            started[name] = Service(tmp_path_factory.mktemp(name), name)
        return started[name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
        yield service
    for one in started.values():
        one.server.should_exit = True
    for one in started.values():
        one.thread.join()


DRAWS = [name for name, kind in KINDS.items() if not kind.given and not kind.answers]
CONDITIONAL = [name for name in DRAWS if KINDS[name].classes]
TAKES = [name for name, kind in KINDS.items() if kind.given or kind.answers]
Services = Callable[[str], Service]


@pytest.mark.parametrize("name", DRAWS)
def test_what_is_drawn_is_what_the_generator_samples(services: Services, name: str) -> None:
    service = services(name)
    rows = service.rows({"seed": 2, "count": 3}, {"seed": 2**62, "count": 1})
    assert [(row["seed"], row["index"]) for row in rows] == [(2, 0), (2, 1), (2, 2), (2**62, 0)]
    expected = np.concatenate([service.generator.sample(2, 3), service.generator.sample(2**62, 1)])
    np.testing.assert_array_equal([read(service.kind, row[service.kind.column]) for row in rows], expected)


@pytest.mark.parametrize("name", CONDITIONAL)
def test_a_class_is_drawn_where_it_is_asked_for(services: Services, name: str) -> None:
    service, rows = services(name), [{"seed": 1, "count": 2, "class": label} for label in (1, 0)]
    expected = np.concatenate([service.generator.sample(1, 2, label=label) for label in (1, 0)])
    np.testing.assert_array_equal(service.examples(*rows), expected)
    assert not np.array_equal(expected[:2], expected[2:])


def test_other_forms_of_a_request_are_served_alike(services: Services) -> None:
    service = services("grey")
    expected = service.rows({"seed": 1, "count": 2, "class": 2})
    table = {"columns": ["count", "class", "seed"], "data": [[2, 2, 1]]}
    for form in ({"dataframe_split": table}, {"inputs": [{"seed": 1, "count": 2, "class": 2}]}):
        assert service.post(json.dumps(form)).json()["predictions"] == expected
    assert service.post("seed,count,class\n1,2,2\n", "text/csv").json()["predictions"] == expected
    unknown = {"seed": 1, "count": 2, "class": 2, "colour": "red"}  # MLflow leaves out what a signature does not name
    assert service.rows(unknown) == expected


def picture(side: int = SIDE, form: str = "PNG", frames: int = 1, mode: str = "L") -> str:
    """A file of noise in base64."""
    shape = (frames, side, side) if mode == "L" else (frames, side, side, 3)
    noise = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    first, *rest = [Image.fromarray(frame) for frame in noise]
    file = io.BytesIO()
    first.save(file, form, **({"save_all": True, "append_images": rest} if rest else {}))
    return base64.b64encode(file.getvalue()).decode()


def pixels(file: str) -> np.ndarray:
    """The frames of a file, uint8 (frames, 1, side, side)."""
    with Image.open(io.BytesIO(base64.b64decode(file))) as image:
        return np.stack([np.array(frame.convert("L"))[None] for frame in ImageSequence.Iterator(image)])


def test_pictures_are_restored_as_by_the_generator(services: Services) -> None:
    service, whole, small = services("restores"), picture(), picture(SIDE // 2)
    given = np.concatenate([pixels(whole), pixels(small).repeat(2, axis=2).repeat(2, axis=3)])
    expected = [service.generator.restore(given[place : place + 1], seed)[0] for place, seed in ((0, 5), (1, 6))]
    found = service.examples({"image": whole, "seed": 5}, {"image": small, "seed": 6})
    np.testing.assert_array_equal(found, expected)
    np.testing.assert_array_equal(service.examples({"image": whole}), service.generator.restore(given[:1], 0))


def test_clips_are_restored_as_by_the_generator(services: Services) -> None:
    service, clip = services("restores_clips"), picture(form="GIF", frames=4)  # the fourth frame is left out
    expected = service.generator.restore(pixels(clip)[None, :3], 7)
    np.testing.assert_array_equal(service.examples({"clip": clip, "seed": 7}), expected)


def test_pictures_are_translated_as_by_the_generator(services: Services) -> None:
    service, whole = services("translates"), picture()
    np.testing.assert_array_equal(
        service.examples({"image": whole, "seed": 3}), service.generator.restore(pixels(whole), 3)
    )


def test_classes_are_named_as_by_the_discriminator(services: Services) -> None:
    service, whole = services("names_classes"), picture()
    assert service.namer is not None
    (expected,) = service.namer.probabilities(pixels(whole))
    (found,) = service.rows({"image": whole})
    assert found["class"] == expected.argmax()
    np.testing.assert_allclose(found["probabilities"], expected, rtol=1e-6)


BAD_DRAWINGS = [
    ('[{"seed": 1}]', "missing inputs ['count']"),
    ('[{"seeds": 1, "count": 1}]', "missing inputs ['seed']. Note that there were extra inputs: ['seeds']"),
    ('[{"image": "aaaa"}]', "missing inputs ['seed', 'count']"),
    ('[{"seed": -1, "count": 1}]', "seed must not be negative, got -1"),
    ('[{"seed": 1, "count": 0}]', "count must be at least 1, got 0"),
    ('[{"seed": 1, "count": 257}]', f"at most {MOST} examples a request, got 257"),
    ('[{"seed": 1, "count": 200}, {"seed": 2, "count": 57}]', f"at most {MOST} examples a request, got 257"),
    ('[{"seed": "x", "count": 1}]', "column seed"),
    ('[{"seed": NaN, "count": 1}]', "column seed"),
    ('[{"seed": null, "count": 1}]', "column seed"),
    ('[{"seed": 18446744073709551616, "count": 1}]', "column seed"),
    ('[{"seed": 1, "count": [4]}]', "column count"),
    ('[{"seed": 1, "count": Infinity}]', "column count"),
    ('[{"seed": 1, "count": 1, "class": "seven"}]', "column class"),
    ('[{"seed": 1, "count": 1, "class": NaN}]', "column class"),
    ('[{"seed": 1, "count": 1, "class": -1}]', "class -1: this generator"),
    ('[{"seed": 1, "count": 1, "class": 99}]', "class 99: this generator"),
    ('[{"seed": 1, "count": 1, "truncation": 0}]', "truncation 0: must be greater than 0"),
    ('[{"seed": 1, "count": 1, "truncation": "x"}]', "column truncation"),
    ("[]", "missing inputs ['seed', 'count']"),
    ("[1]", "missing inputs ['seed', 'count']"),
    ("{}", "must be a list of records"),
]


@pytest.mark.parametrize(("rows", "says"), BAD_DRAWINGS)
def test_a_bad_request_to_draw_is_answered_400_with_the_mistake(services: Services, rows: str, says: str) -> None:
    for name in DRAWS:
        assert says in services(name).refusal(f'{{"dataframe_records": {rows}}}'), name


@pytest.mark.parametrize("name", [name for name in DRAWS if not KINDS[name].classes])
def test_a_class_is_refused_where_there_are_none(services: Services, name: str) -> None:
    body = json.dumps({"dataframe_records": [{"seed": 1, "count": 1, "class": 0}]})
    assert services(name).refusal(body) == "class 0: this generator is not class-conditional; leave the class out"


def test_a_model_that_corrects_its_latents_is_not_truncated(services: Services) -> None:
    body = json.dumps({"dataframe_records": [{"seed": 1, "count": 1, "truncation": 0.7}]})
    assert "corrects its latents itself; leave it out" in services("corrects_itself").refusal(body)


@pytest.mark.parametrize("body", ["", "{", "null", "[]", "3", '"x"', "{}", '{"seed": 1, "count": 4}', '{"inputs": 3}'])
@pytest.mark.parametrize("name", ["grey", "restores", "names_classes"])
def test_what_is_no_request_is_answered_400(services: Services, name: str, body: str) -> None:
    assert services(name).refusal(body)


BAD_PICTURES = [
    (lambda column: {}, "missing inputs"),
    (lambda column: {"seed": 1, "count": 4}, "missing inputs"),
    (lambda column: {column: None}, "of row 0: not an image of a known format"),
    (lambda column: {column: 5}, "of row 0: not base64"),
    (lambda column: {column: ""}, "of row 0: not an image of a known format"),
    (lambda column: {column: "kein Bild ä"}, "of row 0: not base64"),
    (lambda column: {column: base64.b64encode(b"no picture").decode()}, "of row 0: not an image of a known format"),
    (lambda column: {column: picture(form="TIFF")}, "of row 0: not an image of a known format"),
    (lambda column: {column: ["aaaa"]}, "of row 0: not base64"),
    (lambda column: {column: picture(20, *whole(column))}, "20 × 20"),
    (lambda column: {column: half(picture(SIDE, *whole(column)))}, "truncated"),
]


def whole(column: str) -> tuple[str, int]:
    """Form and number of frames of a good file."""
    return ("GIF", 3) if column == "clip" else ("PNG", 1)


def half(file: str) -> str:
    """A file whose second half is missing."""
    content = base64.b64decode(file)
    return base64.b64encode(content[: len(content) // 2]).decode()


@pytest.mark.parametrize("name", TAKES)
@pytest.mark.parametrize(("row", "says"), BAD_PICTURES)
def test_a_bad_picture_is_answered_400_with_the_mistake(
    services: Services, name: str, row: Callable[[str], dict[str, object]], says: str
) -> None:
    service = services(name)
    assert says in service.refusal(json.dumps({"dataframe_records": [row(service.kind.column)]}))


@pytest.mark.parametrize(
    ("name", "row", "says"),
    [
        *((name, {"seed": -1}, "seed must not be negative, got -1") for name in TAKES if KINDS[name].given),
        *((name, {"seed": "x"}, "column seed") for name in TAKES if KINDS[name].given),
        *((name, {"seed": float("nan")}, "column seed") for name in TAKES if KINDS[name].given),
        ("restores_clips", {"clip": picture(form="GIF", frames=2)}, "clip of row 0: has 2 of the 3 frames"),
        ("restores_clips", {"clip": picture()}, "clip of row 0: has 1 of the 3 frames"),
    ],
)
def test_a_bad_seed_or_length_is_answered_400_with_the_mistake(
    services: Services, name: str, row: dict[str, object], says: str
) -> None:
    service = services(name)
    good = {service.kind.column: picture(SIDE, *whole(service.kind.column))}
    assert says in service.refusal(json.dumps({"dataframe_records": [good | row]}))


@pytest.mark.parametrize("name", TAKES)
def test_too_many_and_no_pictures_are_answered_400(services: Services, name: str) -> None:
    service = services(name)
    good = {service.kind.column: picture(SIDE, *whole(service.kind.column))}
    assert f"1 to {MOST}" in service.refusal(json.dumps({"dataframe_records": [good] * (MOST + 1)}))
    assert f"missing inputs ['{service.kind.column}']" in service.refusal('{"dataframe_records": []}')
