"""A checkpoint belongs to the code that made it: what a training uses counts, what it does not use does not."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from nashgan.runtime.code import PACKAGE

NAME = """
from tiny_training import FP32, parameters, game_params
from nashgan.models.config import ModelConfig
from nashgan.spaces.image import ImageSpace
from nashgan.training.fingerprint import fingerprint
params = parameters(objective={"loss": "hinge"})
config = ModelConfig(name="dcgan", examples=ImageSpace(1, 32, 32).format, latent=4, width=2)
print(fingerprint(config, game_params(params), params.train, "digest", FP32, None))
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package's source."""
    return Path(shutil.copytree(PACKAGE.parent, tmp_path_factory.mktemp("copy") / "src"))


def name_of_training(source: Path) -> str:
    path = os.pathsep.join([str(source), str(Path(__file__).parents[1] / "support")])
    command = [sys.executable, "-c", NAME]
    done = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def append(path: Path, text: str) -> str:
    before = path.read_text()
    path.write_text(before + text)
    return before


def test_only_code_that_a_training_uses_gives_it_another_name(source: Path) -> None:
    package = source / "nashgan"
    name = name_of_training(source)
    (package / "objectives" / "new_loss.py").write_text("from nashgan.objectives.losses import HINGE as NEW\n")
    registry = package / "objectives" / "__init__.py"
    text = registry.read_text()
    line = '    "hinge": LossEntry("nashgan.objectives.losses:HINGE"),\n'
    assert line in text
    registry.write_text(text.replace(line, line + '    "new": LossEntry("nashgan.objectives.new_loss:NEW"),\n'))
    append(package / "models" / "r3gan.py", "# not used\n")
    append(package / "tracking" / "upload.py", "# tells, and changes no result\n")
    append(package / "pages" / "charts.py", "# not imported\n")
    assert name_of_training(source) == name
    for used in ("runtime/randomness.py", "models/dcgan.py", "training/loop.py", "spaces/image.py"):
        before = append(package / used, "# a comment\n")
        assert name_of_training(source) != name, used
        (package / used).write_text(before)
    assert name_of_training(source) == name
