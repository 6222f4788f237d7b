"""The end of a stage's command: what was made, and its numbers beside those of the last commit, in real Git and DVC."""

import json
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path
from select import select
from typing import Protocol

import pytest
import yaml
from workspaces import REPOSITORY, Sections, environment, write_params

from nashgan.__main__ import main
from nashgan.cli import STAGES
from nashgan.commands.stage_end import ENDS, ending
from nashgan.records.evaluation import Metric, write_evaluation
from nashgan.records.paths import Paths
from nashgan.records.registration import Registration, write_registration
from nashgan.runtime.progress import QUIET

PIPELINE = {
    "stages": {
        "download": {"cmd": "python -m nashgan download", "params": ["data"], "outs": ["data/raw"]},
        "split": {
            "cmd": "python -m nashgan split",
            "deps": ["data/raw"],
            "params": ["split"],
            "outs": ["data/splits"],
        },
    }
}
FEW: Sections = {"data": {"name": "ring8"}, "split": {"validation": 0.25, "test": 0.25}, "train": {"batch": 8}}
BAR = """
from nashgan.runtime import progress
progress.SHORT = 0
with progress.progress("train", 3) as advance:
    advance(1, loss=0.5)
    advance(2, loss=0.25)
"""
COLOUR = re.compile(r"\x1b\[[0-9;]*3[0-9][0-9;]*m")


def run(root: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, cwd=root, env=environment(**more), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done


class Command(Protocol):
    """Runs the command line inside this process. Returns what it shows on standard output and on standard error."""

    def __call__(self, root: Path, *arguments: str) -> tuple[str, str]: ...


@pytest.fixture
def nashgan(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    monkeypatch.setenv(QUIET, "")  # restored at the end; the option sets it for the processes of a command

    def run_inside(root: Path, *arguments: str) -> tuple[str, str]:
        monkeypatch.chdir(root)
        monkeypatch.setattr(sys, "argv", ["nashgan", *arguments])
        with pytest.raises(SystemExit) as stopped:
            main()
        assert not stopped.value.code
        monkeypatch.setenv(QUIET, "")
        return capsys.readouterr()

    return run_inside


def commit(root: Path) -> None:
    for command in (("add", "-A"), ("-c", "user.name=Test", "-c", "user.email=test@example.org", "commit", "-qm", "a")):
        run(root, "git", *command)


def in_terminal(root: Path, *command: str, **more: str) -> str:
    """What a command shows in a pseudo-terminal."""
    terminal, far_side = pty.openpty()
    shown = b""
    with subprocess.Popen(
        command, cwd=root, env=environment(TERM="xterm-256color", **more), stdout=far_side, stderr=far_side
    ) as process:
        while select([terminal], [], [], 0.1)[0] or process.poll() is None:
            if select([terminal], [], [], 0)[0]:
                shown += os.read(terminal, 1 << 16)
    os.close(far_side)
    os.close(terminal)
    return shown.decode()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository whose last commit has what `make repro` made of download and split."""
    root = tmp_path_factory.mktemp("repository")
    paths = write_params(root, FEW)
    (root / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE))
    run(root, "git", "init", "-q")
    run(root, "dvc", "init", "-q")
    shutil.copy(REPOSITORY / "Makefile", root)
    (root / "src").symlink_to(REPOSITORY / "src")
    venv = tmp_path_factory.mktemp("venv")
    installed(venv, root)
    write_evaluation(paths.evaluation, {"fid": scored(20.0)})
    write_registration(paths.registration, Registration(name="gan", version="3", run_id="0", aliases=["challenger"]))
    check_repro(run(root, "make", "repro", VENV=str(venv)).stdout)
    commit(root)
    return root


def scored(value: float, protocol: str = "p") -> Metric:
    return Metric(value=value, samples=10, protocol=protocol)


def installed(venv: Path, root: Path) -> None:
    """Let the Makefile in `root` take the environment of these tests for the one that it has installed in `venv`."""
    for name in ("bin", "lib", "pyvenv.cfg"):
        (venv / name).symlink_to(Path(sys.prefix) / name)
    for name in ("requirements.lock", "pyproject.toml"):
        (root / name).touch()
    run(root, "bash", "-c", "touch $VENV/.{locked,installed}-$(cksum < /dev/null | tr ' ' -)", VENV=str(venv))


def check_repro(told: str) -> None:
    """The ends of the stages, then the summary, and no hint of DVC on what to do with Git or with a remote."""
    assert re.search(r"^Running stage 'split'", told, re.MULTILINE)
    assert re.search(r"^split: data/splits; train [\d,]+, test [\d,]+$", told, re.MULTILINE)  # there is no last commit
    assert "Updating lock file 'dvc.lock'" in told and told.splitlines()[-6].startswith("FID ")
    assert not re.search("git add|autostage|dvc push", told)


def test_every_stage_has_an_end() -> None:
    assert ENDS.keys() == STAGES.keys()


def test_numbers_stand_beside_those_of_the_last_commit(repository: Path, nashgan: Command) -> None:
    same, _ = nashgan(repository, "split")
    assert re.fullmatch(r"split: data/splits; train [\d,]+ \(as in the last commit\), test [^\n]*commit\)\n", same)
    half = write_params(repository, FEW, {"split": {"test": 0.5}})
    (repository / "dvc.yaml").write_text(yaml.safe_dump(PIPELINE))
    line, _ = nashgan(repository, "split")
    made = ending(half, "split")
    train, before = int(made.numbers["train"].value), int(made.committed["train"].value)
    assert before == 2 * train
    assert f"train {train:,} (last commit: {before:,}, -{train:,}), test {2 * train:,} (" in line
    assert json.loads(nashgan(repository, "split", "--json")[0]) == {
        "stage": "split",
        "made": ["data/splits"],
        "numbers": {
            "train": {"value": train, "committed": before},
            "test": {"value": 2 * train, "committed": train},
        },
    }


def test_quiet_stages_say_nothing_and_the_option_stands_anywhere(
    repository: Path, nashgan: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    for arguments in (("--quiet", "split"), ("split", "--quiet")):
        assert nashgan(repository, *arguments) == ("", "")
    monkeypatch.setenv(QUIET, "1")
    assert nashgan(repository, "split") == ("", "")


def test_numbers_of_another_protocol_are_not_compared(tmp_path: Path) -> None:
    paths = Paths(tmp_path)
    write_evaluation(paths.evaluation, {"fid": scored(20.0), "fcd": scored(0.5)})
    run(tmp_path, "git", "init", "-q")
    commit(tmp_path)
    write_evaluation(paths.evaluation, {"fid": scored(18.5), "fcd": scored(0.25, protocol="q")})
    made = ending(paths, "evaluate")
    assert made.text == "evaluate: reports/evaluation.json; FID 18.5 (last commit: 20.0, -1.50), fcd 0.250"
    assert json.loads(made.json)["numbers"] == {"fid": {"value": 18.5, "committed": 20.0}, "fcd": {"value": 0.25}}


@pytest.mark.parametrize("colourless", [{}, {"NO_COLOR": "1"}])
def test_a_terminal_has_a_bar_with_colours_unless_they_are_unwanted(tmp_path: Path, colourless: dict[str, str]) -> None:
    shown = in_terminal(tmp_path, sys.executable, "-c", BAR, **colourless)
    assert "3/3" in shown and "loss 0.250" in shown
    assert bool(COLOUR.search(shown)) == (not colourless)


def test_a_pipe_has_lines_without_control_characters(tmp_path: Path) -> None:
    done = run(tmp_path, sys.executable, "-c", BAR)
    assert re.fullmatch(r"train: 3/3 img in \d\.\d s\n", done.stderr)


def test_a_shell_completes_commands_and_options(tmp_path: Path) -> None:
    program = str(Path(sys.executable).parent / "nashgan")
    asked = {"_NASHGAN_COMPLETE": "complete_bash", "COMP_CWORD": "1"}
    assert run(tmp_path, program, COMP_WORDS="nashgan tra", **asked).stdout.split() == ["train", "translate"]
    assert (
        "--group-seeds"
        in run(tmp_path, program, **asked | {"COMP_WORDS": "nashgan compare --g", "COMP_CWORD": "2"}).stdout
    )
    assert "complete_bash" in run(tmp_path, program, "--show-completion", "bash", SHELL="/bin/bash").stdout
