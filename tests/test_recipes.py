"""`auto` in params.yaml: a dataset gets its recipe, what is written out is taken, senseless pairs are refused."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from nashgan.data import DATASETS
from nashgan.evaluation import EVALUATIONS
from nashgan.params import parse_params
from nashgan.recipes import RECIPES, resolved
from nashgan.runtime.errors import UserError
from nashgan.spaces import SPACES
from nashgan.training.scoring import SCORES

REPOSITORY = Path(__file__).parents[1]


def values(**changes: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = yaml.safe_load((REPOSITORY / "params.yaml").read_text())
    for section, settings in changes.items():
        made[section] |= settings
    return made


@pytest.mark.parametrize("dataset", DATASETS)
def test_the_name_of_a_dataset_is_enough(dataset: str) -> None:
    params = parse_params(values(data={"name": dataset}))
    recipe = RECIPES[DATASETS[dataset].space].load()
    assert params.model.name == recipe["model.name"] and params.train.images == recipe["train.images"]


def test_every_space_has_a_recipe_an_evaluation_and_a_score() -> None:
    assert {entry.space for entry in DATASETS.values()} <= SPACES.keys()
    assert SPACES.keys() == RECIPES.keys() == EVALUATIONS.keys()
    assert {name for name, entry in SPACES.items() if not entry.networks} == SCORES.keys()


def test_what_is_written_out_is_taken() -> None:
    params = parse_params(values(data={"name": "ring8"}, model={"width": 3}, train={"images": "1k", "beta2": 0.5}))
    assert (params.model.width, params.train.images, params.train.beta2) == (3, 1000, 0.5)
    assert params.model.name == RECIPES["points"].load()["model.name"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        (
            {"generate": {"samples": 5000}},
            "10k-test draws 10,000 samples; set generate.samples: auto",
        ),
        ({"reference": {"split": "train"}}, "reference.split: 10k-test compares with test; set auto"),
        ({"reference": {"images": 10_000}}, "reference.images: 10k-test compares with the whole split; set auto"),
        ({"split": {"kind": "random"}}, "needs the published sets; set split.kind: official"),
        ({"split": {"without_classes": [1]}}, "needs all classes"),
        ({"reference": {"protocol": "50k-train"}}, "compares with all training images; set split.validation: 0,"),
        ({"data": {"name": "mnist5k"}}, "needs a published test set, which this dataset does not have; set null"),
        ({"data": {"name": "ring8"}}, "reference: images: all and a protocol need images that are drawn"),
        (
            {"data": {"name": "folder"}, "split": {"kind": "official"}},
            "split.kind: dataset folder has no published test set",
        ),
    ],
)
def test_what_contradicts_a_protocol_is_one_line(changes: dict[str, dict[str, Any]], told: str) -> None:
    wanted = {"data": {"name": "mnist"}, "reference": {"protocol": "10k-test"}}
    assert parse_params(values(**wanted)).reference.images is None
    with pytest.raises(UserError) as error:
        parse_params(values(**{name: wanted.get(name, {}) | changes.get(name, {}) for name in {**wanted, **changes}}))
    assert told in str(error.value) and "\n" not in str(error.value)


def test_all_training_images_are_those_of_a_dataset_without_validation() -> None:
    published = parse_params(
        values(data={"name": "cifar10"}, reference={"protocol": "50k-train"}, split={"validation": 0.0})
    )
    assert (published.split.kind, published.generate.samples, published.reference.split) == (
        "official",
        50_000,
        "train",
    )


def test_the_weight_of_the_recipes_penalty_is_not_taken_for_another_penalty() -> None:
    recipe = parse_params(values(data={"name": "ring8"})).objective
    assert recipe.penalty_weight and recipe.penalty_weight_end and recipe.penalty_weight_end < recipe.penalty_weight
    other = parse_params(values(data={"name": "ring8"}, objective={"penalty": "dragan"})).objective
    assert other.penalty_weight is None and other.penalty_weight_end is None
    assert parse_params(values()).objective.penalty_share < 1
    assert parse_params(values(objective={"penalty": "r1"})).objective.penalty_share == 1


@pytest.mark.parametrize(
    ("size", "weight", "beta2"),
    [
        (32, (None, None), (0.99, None)),
        (63, (None, None), (0.99, None)),
        (64, (2.0, 0.2), (0.9, 0.99)),  # the presets of the authors' program
        (128, (2.0, 0.2), (0.9, 0.99)),
        (256, (150.0, 15.0), (0.9, 0.99)),
    ],
)
def test_larger_images_get_what_the_authors_program_schedules(
    size: int, weight: tuple[float | None, ...], beta2: tuple[float | None, ...]
) -> None:
    params = parse_params(values(data={"image_size": size}))
    assert (params.objective.penalty_weight, params.objective.penalty_weight_end) == weight
    assert (params.train.beta2, params.train.beta2_end) == beta2


def test_an_end_is_not_taken_for_another_start() -> None:
    chosen = parse_params(values(data={"image_size": 64}, objective={"penalty_weight": 3.0}, train={"beta2": 0.999}))
    assert (chosen.objective.penalty_weight, chosen.objective.penalty_weight_end) == (3.0, None)
    assert (chosen.train.beta2, chosen.train.beta2_end) == (0.999, None)
    chosen = parse_params(values(data={"image_size": 64}, objective={"labelled": 100}))
    assert (chosen.train.beta2, chosen.train.beta2_end) == (0.999, None)
    clip = parse_params(values(data={"image_size": 64}, objective={"penalty": "r1"})).objective
    assert clip.penalty_weight is None and clip.penalty_weight_end is None
    points = parse_params(values(data={"name": "ring8", "image_size": 64})).train
    assert (points.beta2, points.beta2_end) == (0.99, None)


def test_auto_where_no_recipe_has_a_value_stays_and_is_judged_by_the_schema() -> None:
    odd = {"compute": {"device": "auto"}, "odd": "auto", 3: None}
    assert resolved(odd) == odd
    with pytest.raises(UserError, match=r"train.seed: must be a valid integer, got 'auto'"):
        parse_params(values(train={"seed": "auto"}))


@pytest.mark.parametrize(
    ("dataset", "model", "says"),
    [
        ("ring8", {"name": "dcgan"}, "model 'dcgan' does not draw what dataset 'ring8' has; choose auto, "),
        ("ring8", {"discriminator": "conv"}, "discriminator 'conv' does not look at what dataset 'ring8' has"),
        ("gaussian1d", {"name": "vae"}, "model 'vae' does not draw what dataset 'gaussian1d' has"),
    ],
)
def test_players_of_another_space_are_refused_with_those_that_fit(
    dataset: str, model: dict[str, Any], says: str
) -> None:
    with pytest.raises(UserError) as caught:
        parse_params(values(data={"name": dataset}, model=model))
    assert says in str(caught.value) and "dense" in str(caught.value)
