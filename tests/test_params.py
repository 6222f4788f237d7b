"""params.yaml: every fault is one line that names the key."""

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nashgan.params import Params, load_params, parse_params
from nashgan.runtime.errors import UserError

FILE = Path(__file__).parents[1] / "params.yaml"


def values() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return loaded


def fault(section: str, key: str, value: object) -> str:
    changed = values()
    changed[section][key] = value
    with pytest.raises(UserError) as caught:
        parse_params(changed)
    return str(caught.value)


def test_the_committed_file_is_valid() -> None:
    assert load_params(FILE).train.batch > 0


@pytest.mark.parametrize(("text", "count"), [("320k", 320_000), ("1.5M", 1_500_000), ("0.5k", 500), (7, 7)])
def test_counts_of_images(text: object, count: int) -> None:
    changed = values()
    changed["train"]["images"] = text
    assert parse_params(changed).train.images == count


@pytest.mark.parametrize("text", ["2e-4", "2E-4", "2.e-4", 0.0002])
def test_rates_may_be_written_in_powers_of_ten(text: object) -> None:
    changed = values()
    changed["train"]["lr_generator"] = text
    assert parse_params(changed).train.lr_generator == 0.0002


@pytest.mark.parametrize(
    ("section", "key", "value", "says"),
    [
        ("train", "lr_generator", -1, "params.yaml: train.lr_generator: must be greater than 0, got -1"),
        ("train", "lr_generator", float("inf"), "must be a finite number, got inf"),
        ("train", "images", "0.3", "params.yaml: train.images: must be a valid integer, got '0.3'"),
        ("train", "images", True, "must be a valid integer, got True"),
        ("train", "batch", 1, "must be greater than or equal to 2, got 1"),
        ("train", "bacth", 64, "params.yaml: train.bacth: is not a known parameter"),
        ("data", "name", "mnits", "params.yaml: data.name: unknown dataset 'mnits' (known: celeba, cifar10,"),
        ("model", "name", None, "params.yaml: model.name: must be a valid string, got None"),
        ("train", "evaluate_every", -1, "must be greater than or equal to 0, got -1"),
        ("train", "keep", "first", "params.yaml: train.keep: must be 'last' or 'best', got 'first'"),
        ("train", "ema_half_life", -1, "params.yaml: train.ema_half_life: must be greater than or equal to 0, got -1"),
        ("train", "accumulate", 3, "params.yaml: train: accumulate: a batch of 64 cannot be cut into 3 equal parts"),
        ("train", "shards", 3, "params.yaml: train: shards: 3 is not a power of two; set 1, 2, 4, 8 …"),
        (
            "train",
            "shards",
            64,
            "train: shards: a batch of 64 cannot be cut into 64 equal shards of 2 examples or more",
        ),
        (
            "compute",
            "processes",
            2,
            "params.yaml: compute.processes: 2 processes cannot divide 1 shard among themselves",
        ),
        ("compute", "threads", 0, "params.yaml: compute.threads"),
        ("train", "warm_up", "1M", "params.yaml: train: warm_up: 1000000 images are more than the 160000 of the"),
        ("train", "clip_gradients", 0, "params.yaml: train.clip_gradients: must be greater than 0, got 0"),
        ("train", "optimizer", "lion", "params.yaml: train.optimizer: must be 'adam', 'sgd' or 'rmsprop', got 'lion'"),
        ("train", "ema_ramp", None, "params.yaml: train: ema_half_life and ema_ramp: one of them must say how long"),
        ("train", "ema_half_life_end", 100, "params.yaml: train: ema_half_life_end: ema_half_life must say what"),
        ("train", "beta2_end", 1, "params.yaml: train.beta2_end: must be less than 1, got 1"),
        ("compute", "device", "gpu", "params.yaml: compute.device: must be 'auto', 'cpu', 'cuda' or 'mps', got 'gpu'"),
        ("compute", "deterministic", 1, "params.yaml: compute.deterministic: must be a valid boolean, got 1"),
        ("split", "test", 0.95, "params.yaml: split: validation + test must be below 1, got 1.05"),
        ("data", "given", "blurred", "given: unknown degradation 'blurred'; choose grey, masked, noisy, small"),
        ("data", "given", "noisy+noisy", "'noisy+noisy' names a degradation twice"),
        ("data", "noise", 0, "params.yaml: data.noise: must be greater than 0, got 0"),
        ("objective", "pixel_weight", 1.0, "pixel_weight: without data.given or data.other there is no image"),
        ("model", "name", "unet", "model: 'unet' restores images; set data.given"),
    ],
)
def test_faults_name_the_key_and_what_it_must_be(section: str, key: str, value: object, says: str) -> None:
    assert says in fault(section, key, value)


def test_only_images_are_restored_and_only_by_models_that_are_given_some() -> None:
    changed = values()
    changed["data"] |= {"given": "noisy"}
    assert parse_params(changed).model.name == "unet"  # what `auto` stands for
    changed["model"]["name"] = "r3gan"
    with pytest.raises(UserError, match=r"'r3gan' is not given images; choose auto, unet, unet_regression"):
        parse_params(changed)
    changed["model"]["name"] = "auto"
    changed["data"]["name"] = "ring8"
    with pytest.raises(UserError, match=r"only images and clips are restored|does not draw"):
        parse_params(changed)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"data.given": "noisy", "data.other": "digits8"}, "data"),
        ({"data.given": "noisy", "model.encoder": "inverse"}, "data.given and model.encoder: a training answers one"),
        ({"data.other": "digits8", "objective.labelled": 100}, "a training answers one question"),
        ({"data.given": "masked", "data.mask": 32}, "data: mask: a box of 32 × 32 does not fit into 32 pixels"),
        ({"data.given": "small", "data.shrink": 5}, "data: shrink: 5 does not divide the 32 pixels of data.image_size"),
        ({"data.given": "noisy", "generate.correct": "reject"}, "generate.correct: it chooses among drawn images"),
        ({"model.name": "vae_gan", "model.encoder": "inverse"}, "'vae_gan' learns by a game of its own, which an"),
        ({"model.name": "vae_gan", "objective.labelled": 100}, "'vae_gan' learns by a game of its own, in which D"),
        ({"model.name": "vae", "objective.labelled": 100}, "'vae' learns by a game of its own, in which D"),
        ({"data.given": "grey", "data.channels": 1}, "data: given: grey takes the colours away, and data.channels: 1"),
        (
            {"data.given": "noisy", "split.test": 0, "split.validation": 0},
            "are measured on held-out images; set split.",
        ),
        ({"model.conditional": True, "split.without_classes": [3]}, "cannot learn a class that split.without_classes"),
        ({"reference.split": "validation", "split.validation": 0}, "reference.split: split.validation is 0"),
        ({"reference.split": "test", "split.test": 0}, "reference.split: split.test is 0, so there is nothing"),
        (
            {"data.name": "sines", "model.name": "seqgan"},
            "model 'seqgan' does not draw what dataset 'sines' has; choose",
        ),
        ({"data.name": "sines", "model.name": "gumbel"}, "choose auto, mlp, dense, conv1d, lstm, gru, residual1d"),
        ({"data.image_size": 300}, "data.image_size: model 'r3gan' is made for sides of 16 to 256 pixels, not for 300"),
        ({"data.image_size": 8, "model.name": "mlp", "model.discriminator": "conv"}, "data.image_size: discriminator"),
    ],
)
def test_questions_that_do_not_go_together_are_refused(changes: dict[str, object], says: str) -> None:
    changed = values()
    for name, value in changes.items():
        section, key = name.split(".")
        changed[section][key] = value
    with pytest.raises(UserError) as caught:
        parse_params(changed)
    assert says in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "selecting",
    [{"train.keep": "best"}, {"train.patience": "32k"}, {"generate.correct": "reject"}],
    ids=lambda changes: next(iter(changes)),
)
@pytest.mark.parametrize(
    "reporting",
    [
        {"split.validation": 0.0},
        {"reference.split": "validation"},
        {"split.test": 0.0, "model.encoder": "inverse"},
        {"split.test": 0.0, "data.other": "digits8"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_what_is_selected_by_is_not_what_is_reported_on(
    selecting: dict[str, object], reporting: dict[str, object]
) -> None:
    changed = values()
    for name, value in (selecting | reporting).items():
        section, key = name.split(".")
        changed[section][key] = value
    with pytest.raises(UserError, match=r"selects by|no images are drawn") as caught:
        parse_params(changed)
    assert "\n" not in str(caught.value)


def test_a_key_that_has_moved_says_where_it_is_now() -> None:
    assert fault("train", "device", "cuda") == "params.yaml: train.device: is now compute.device; move it there"


@pytest.mark.parametrize(("value", "means"), [(None, None), (0, 0), ("10k", 10_000)])
def test_the_half_life_of_the_average_may_be_left_to_its_ramp(value: object, means: int | None) -> None:
    changed = values()
    changed["train"]["ema_half_life"] = value
    assert parse_params(changed).train.ema_half_life == means


def test_the_best_moment_must_be_measured() -> None:
    changed = values()
    changed["train"] |= {"evaluate_every": None, "keep": "best"}
    with pytest.raises(UserError, match=r"params\.yaml: train: keep: best needs .* evaluate_every; set a number"):
        parse_params(changed)
    changed["train"]["keep"] = "last"
    assert parse_params(changed).train.evaluate_every == 0
    changed["train"]["patience"] = "32k"
    with pytest.raises(UserError, match=r"params\.yaml: train: patience needs .* evaluate_every; set a number"):
        parse_params(changed)


def test_all_faults_come_at_once_in_one_line() -> None:
    changed = values()
    del changed["generate"]
    changed["train"]["batch"] = "x\ny"
    with pytest.raises(UserError, match=r"train\.batch.*; params\.yaml: generate: is missing") as caught:
        parse_params(changed)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["a: [", "- 1", "", "!!python/object:os.system {}", "\x00", "a: &a [*a]"])
def test_files_that_are_not_parameters(tmp_path: Path, text: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(text)
    with pytest.raises(UserError, match=r"params\.yaml: ") as caught:
        load_params(path)
    assert "\n" not in str(caught.value)


def load_text(folder: Path, text: str) -> Params:
    path = folder / "params.yaml"
    path.write_text(text)
    return load_params(path)


@pytest.mark.parametrize(
    ("added", "says"),
    [
        ("batch: 8", "'batch' is written twice, in line 1 and in line 2"),
        ("a: {b: [{c: 1, c: 1}]}", "'c' is written twice, in line 2 and in line 2"),
        ("a: 1\n? a\n: 2", "'a' is written twice, in line 2 and in line 3"),
        ('"\\e": 1\n"\\x1b": 2', r"'\x1b' is written twice, in line 2 and in line 3"),
    ],
)
def test_a_key_is_written_once(tmp_path: Path, added: str, says: str) -> None:
    with pytest.raises(UserError) as caught:
        load_text(tmp_path, f"batch: 4\n{added}\n")
    assert str(caught.value) == f"params.yaml: not valid YAML: {says}; remove one"


def test_a_merged_key_may_be_written_again(tmp_path: Path) -> None:
    sections = values()
    train = sections.pop("train")
    text = f"{yaml.safe_dump(sections)}train: {{<<: {{<<: {json.dumps(train)}, batch: 8}}, images: 64}}"
    loaded = load_text(tmp_path, text).train
    assert (loaded.batch, loaded.images, loaded.seed) == (8, 64, train["seed"])


# What a value may become: other types, limits, what Python or YAML cannot hold, tags, anchors, torn quotes.
VALUES = [
    *("", "~", "null", "yes", "0", "-1", "1", "64", "'64'", "320k", "1.5M", "2e-4", "1e400", "1:30:00", "auto", "[]"),
    *(".nan", ".inf", "-.inf", "1e309", "9" * 4400, "9" * 400 + "k", "0x" + "f" * 5000, "1" + ":59" * 3000, "\u0663k"),
    *("2026-01-01", "2026-13-01", "!!bool maybe", "!!timestamp x", "!!int ''", "!!int x", "!!float x"),
    *("!!map 1", "!!set {a}"),
    *("!!binary '%%%'", "!!python/object/apply:os.abort []", "!!python/name:os.abort", "!local x"),
    *("&a [*a]", "&a {b: *a}", "*nowhere", "[[[[]]]]", "{a: {b: c}}", "[1, 2", "{a: 1", "'open", '"open', "- 1", "? 1"),
    *('"\\0"', '"\\ud800"', '"\\e[2J"', '"a\\nb"', '"a\\rb"', "\u202e", "\ufeff", "\x1b[2J", "x" * 5000, "[" * 300),
]  # fmt: skip
SCALAR = st.sampled_from(VALUES) | st.one_of(st.integers(), st.floats(), st.text(max_size=8)).map(json.dumps)
LINES = FILE.read_text().splitlines()
BOMB = [
    "a: &a [x, x, x, x, x, x, x, x, x]",
    *(f"{y}: &{y} [{', '.join([f'*{x}'] * 9)}]" for x, y in pairwise("abcdefghi")),
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """The committed file with one to four changes to its text."""
    lines = list(LINES)
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(lines) - 1))
        line = lines[at].split("#")[0].rstrip()
        key = line.partition(":")[0]
        lines[at : at + 1] = draw(st.sampled_from([
            [f"{key}: {draw(SCALAR)}"],
            [],
            [line, line],
            [f"{draw(SCALAR)}: {line.partition(':')[2]}"],
            [" " * draw(st.integers(0, 9)) + line.strip()],
            [line, f"{key}:", f"      {draw(SCALAR)}: {draw(SCALAR)}"],
            [line, draw(SCALAR)],
            ["---", line],
            [line[: draw(st.integers(0, len(line)))]],
            [line, *BOMB, f"{draw(st.sampled_from(SECTIONS))}: *i"],
            [f"{key}: &x {line.partition(':')[2]}", f"{key}y: *x"],
        ]))  # fmt: skip
        lines = lines or [""]
    return "\n".join(lines)


SECTIONS = list(values())


@settings(max_examples=1000, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=mutated())
def test_a_mutated_file_is_valid_or_one_line(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "params.yaml"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    try:
        assert isinstance(load_params(path), Params)
    except UserError as error:
        assert str(error).startswith("params.yaml: ") and len(str(error)) < 3000
        assert str(error).isprintable()


def test_an_invisible_character_is_named_by_its_escape(tmp_path: Path) -> None:
    path = tmp_path / "params.yaml"
    text = FILE.read_text(encoding="utf-8")
    line = text.splitlines().index("data:") + 2
    path.write_text(text.replace("data:\n", "data:\n\u202e\n"), encoding="utf-8")
    with pytest.raises(UserError, match=rf"not valid YAML: .*line {line}, column 1: \\u202e") as caught:
        load_params(path)
    assert str(caught.value).isprintable()


@given(content=st.binary(max_size=60), at=st.integers(0, len(FILE.read_bytes())))
def test_a_torn_file_is_valid_or_one_line(tmp_path_factory: pytest.TempPathFactory, content: bytes, at: int) -> None:
    path = tmp_path_factory.getbasetemp() / "params.yaml"
    path.write_bytes(FILE.read_bytes()[:at] + content)
    try:
        assert isinstance(load_params(path), Params)
    except UserError as error:
        assert "\n" not in str(error) and str(error).startswith("params.yaml: ")
