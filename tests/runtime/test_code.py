"""What a result depends on is computed from the imports, and dvc.yaml says the same."""

from collections.abc import Mapping
from pathlib import Path

import pytest
import yaml

from nashgan.data import DATASETS
from nashgan.evaluation import EVALUATIONS, QUESTIONS
from nashgan.features import WITH_WEIGHTS
from nashgan.games import GAMES
from nashgan.metrics import METRICS, OF_ONE_NETWORK
from nashgan.models import DISCRIMINATORS, MODELS
from nashgan.objectives import LOSSES, PENALTIES
from nashgan.pages.architecture import ORDER
from nashgan.recipes import RECIPES
from nashgan.runtime import code
from nashgan.runtime.code import PACKAGE, WITHOUT_EFFECT, digest, import_closure, imports, part_of, source_path
from nashgan.runtime.registered import Registered
from nashgan.spaces import SPACES
from nashgan.training.scoring import SCORES

ROOT = Path(__file__).parents[2]
STAGES = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
Registries = tuple[Mapping[str, Registered], ...]
PLAYERS: Registries = (SPACES, MODELS)
GAME: Registries = (*PLAYERS, DISCRIMINATORS, LOSSES, PENALTIES, GAMES)
USED: dict[str, Registries] = {  # registries whose entries a stage loads by name
    "download": (DATASETS,),
    "split": (),
    "classifier": (SPACES,),
    "reference": (SPACES, WITH_WEIGHTS),
    "train": (*GAME, RECIPES, SCORES),
    "generate": (*PLAYERS, DISCRIMINATORS),
    "evaluate": (*PLAYERS, DISCRIMINATORS, LOSSES, WITH_WEIGHTS, METRICS, OF_ONE_NETWORK, EVALUATIONS, QUESTIONS),
    "report": GAME,
    "register": PLAYERS,
}


def code_of(stage: str) -> list[Path]:
    """The files and packages of src/nashgan that dvc.yaml names for a stage."""
    return [ROOT / dep for dep in STAGES[stage]["deps"] if dep.startswith("src/nashgan/")]


def needed(stage: str) -> set[Path]:
    """The files that a stage imports, and those of every registry entry that it may load."""
    entries = {entry.module for registry in USED[stage] for entry in registry.values()}
    without = [name for name in WITHOUT_EFFECT if stage != "register" or name != "nashgan.tracking"]
    return {source_path(module) for module in import_closure(f"nashgan.stages.{stage}", *entries, without=without)}


@pytest.mark.parametrize("stage", STAGES)
def test_no_dependency_of_a_stage_is_missing_in_dvc_yaml(stage: str) -> None:
    listed = code_of(stage)
    missing = [file for file in needed(stage) if not any(file == path or path in file.parents for path in listed)]
    assert not missing


@pytest.mark.parametrize("stage", STAGES)
def test_what_dvc_yaml_lists_beyond_is_a_package_that_the_stage_uses(stage: str) -> None:
    files = needed(stage)
    for path in code_of(stage):
        assert path.exists(), path
        assert path in files if path.is_file() else any(path in file.parents for file in files), path


def test_reference_does_not_depend_on_what_is_done_with_its_features() -> None:
    assert {path.name for path in code_of("reference")} >= {"inception.py", "reference.py"}
    names = [path.relative_to(PACKAGE).as_posix() for path in code_of("reference")]
    assert not [name for name in names if name.startswith(("evaluation", "commands", "models", "tracking"))]


def test_a_closure_follows_imports_inside_functions_and_leaves_out_those_for_types(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = import_closure("nashgan.cli", without=())
    assert "nashgan.tracking.promotion" in found  # imported when `promote` runs
    (tmp_path / "importer.py").write_text(
        "import nashgan.runtime.git\nif TYPE_CHECKING:\n    import nashgan.runtime.device\n"
    )
    monkeypatch.setattr(
        code, "source_path", lambda module: tmp_path / "importer.py" if module == "importer" else source_path(module)
    )
    assert import_closure("importer", without=()) >= {"nashgan.runtime.git"}
    assert "nashgan.runtime.device" not in import_closure("importer", without=())


def test_the_seed_derivation_is_part_of_every_stage_that_draws_numbers() -> None:
    for stage in ("split", "classifier", "reference", "train", "generate", "evaluate"):
        assert PACKAGE / "runtime" / "randomness.py" in code_of(stage)


def test_the_digest_depends_on_sources_alone() -> None:
    modules = ["nashgan.runtime.randomness", "nashgan.runtime.device"]
    assert digest(modules) == digest(reversed(modules))
    assert digest(modules) != digest(modules[:1])


FLOOR = {name: len(ORDER) - height for height, names in enumerate(ORDER) for name in names}


def test_imports_go_downwards_only() -> None:
    upwards = [
        (importer, imported)
        for importer, imported in imports()
        if part_of(importer) in FLOOR and FLOOR[part_of(importer)] < FLOOR[part_of(imported)]
    ]
    assert not upwards


def test_packages_of_one_floor_do_not_import_each_other_in_a_circle() -> None:
    beside = {
        (part_of(importer), part_of(imported))
        for importer, imported in imports()
        if part_of(importer) != part_of(imported) and FLOOR.get(part_of(importer)) == FLOOR[part_of(imported)]
    }
    assert not [pair for pair in beside if pair[::-1] in beside]


def test_every_package_has_its_floor() -> None:
    assert {path.name for path in PACKAGE.iterdir() if (path / "__init__.py").is_file()} <= FLOOR.keys()
