"""A checkpoint belongs to the code that made it: what a training uses counts, what it does not use does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tiny_training import FP32, game_params, parameters

from nashgan.models.config import ModelConfig
from nashgan.runtime.code import PACKAGE
from nashgan.spaces.image import ImageSpace
from nashgan.training.fingerprint import fingerprint

# Prints the training's name in the source as it is, and after each change of one file that it is told.
NAMES = """
import sys
from pathlib import Path
from tiny_training import FP32, parameters, game_params
from nashgan.models.config import ModelConfig
from nashgan.runtime.code import PACKAGE
from nashgan.spaces.image import ImageSpace
from nashgan.training.fingerprint import fingerprint
params = parameters(objective={"loss": "hinge"})
config = ModelConfig(name="dcgan", examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
print(fingerprint(config, game_params(params), params.train, "digest", FP32, None))
for name in sys.argv[1:]:
    path = Path(PACKAGE, name)
    before = path.read_text()
    path.write_text(before + "# a comment")
    print(fingerprint(config, game_params(params), params.train, "digest", FP32, None))
    path.write_text(before)
"""
USED = ("runtime/randomness.py", "models/dcgan.py", "training/loop.py", "spaces/image.py")
UNUSED = ("models/r3gan.py", "tracking/upload.py", "pages/charts.py")  # tells; is not imported


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package's source."""
    return Path(shutil.copytree(PACKAGE.parent, tmp_path_factory.mktemp("copy") / "src"))


def names_of_training(source: Path, *changed: str) -> list[str]:
    path = os.pathsep.join([str(source), str(Path(__file__).parents[1] / "support")])
    command = [sys.executable, "-c", NAMES, *changed]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_only_code_that_a_training_uses_gives_it_another_name(source: Path) -> None:
    name, *others = names_of_training(source, *USED, *UNUSED)
    assert name not in others[: len(USED)] and set(others[len(USED) :]) == {name}
    package = source / "nashgan"
    (package / "objectives" / "new_loss.py").write_text("from nashgan.objectives.losses import HINGE as NEW\n")
    registry = package / "objectives" / "__init__.py"
    text = registry.read_text()
    line = '    "hinge": LossEntry("nashgan.objectives.losses:HINGE"),\n'
    assert line in text
    registry.write_text(text.replace(line, line + '    "new": LossEntry("nashgan.objectives.new_loss:NEW"),\n'))
    assert names_of_training(source) == [name]


def test_whatever_changes_a_step_or_the_end_gives_another_name() -> None:
    changes: list[dict[str, Any]] = [
        {},
        *({"optimizer": name} for name in ("sgd", "rmsprop")),
        *({name: 8} for name in ("accumulate", "clip_gradients", "warm_up", "ema_half_life_end", "ema_ramp")),
        *({"evaluate_every": 16, "patience": patience} for patience in (None, 32)),
        {"beta2_end": 0.5},
        {"shards": 2},
    ]
    config = ModelConfig(name="dcgan", examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
    several = [parameters(train=change) for change in changes]
    names = {fingerprint(config, game_params(one), one.train, "digest", FP32, None) for one in several}
    assert len(names) == len(changes)
