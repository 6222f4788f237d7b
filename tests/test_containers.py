"""Dockerfile, compose.yaml, the devcontainer and the workflows agree with each other and with the repository."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
TARGETS = set(re.findall(r"^FROM \S+ AS (\w+)", DOCKERFILE, re.MULTILINE))
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def steps(workflow: Path) -> list[dict[str, Any]]:
    jobs = yaml.safe_load(workflow.read_text())["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


def test_the_dockerfile_has_no_fault_that_hadolint_knows() -> None:
    program = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout == "", done.stdout


def test_the_image_for_cpus_has_all_packages_but_those_of_cuda() -> None:
    (torch,) = re.findall(r"sed -nE '(\S+ ?\S*)' /tmp/requirements.lock >/tmp/torch", DOCKERFILE)
    (others,) = re.findall(r"grep -vE '(\S+)' /tmp/requirements.lock >/tmp/others", DOCKERFILE)
    locked = set((ROOT / "requirements.lock").read_text().splitlines())

    def filtered(*command: str) -> set[str]:
        done = subprocess.run([*command, ROOT / "requirements.lock"], capture_output=True, text=True, check=True)
        return set(done.stdout.splitlines())

    names = {line.split("==")[0] for line in locked - filtered("grep", "-vE", others)}
    assert {line.split("==")[0] for line in filtered("sed", "-nE", torch)} == {"torch", "torchvision"} < names
    assert {name.split("-")[0] for name in names} == {"torch", "torchvision", "triton", "nvidia", "cuda"}
    assert "nvidia-ml-py" not in names and "torch-fidelity" not in names


def test_every_target_that_is_named_is_a_stage_of_the_dockerfile() -> None:
    services = yaml.safe_load((ROOT / "compose.yaml").read_text())["services"].values()
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    named = {service["build"]["target"] for service in services if "build" in service} | {container["build"]["target"]}
    named |= set(re.findall(r"--target (\w+)", DOCKERFILE + (ROOT / "docs" / "team.md").read_text()))
    assert named and named <= TARGETS


def test_what_git_ignores_or_is_secret_is_not_copied_into_an_image() -> None:
    left_out = set((ROOT / ".dockerignore").read_text().splitlines())
    assert {"/.env", "/.venv/", "/.nashgan/", "/.dvc/cache/", "/.dvc/config.local", "/models/"} <= left_out
    ignored = subprocess.run(["git", "check-ignore", ".env"], cwd=ROOT, capture_output=True, check=False)
    assert ignored.returncode == 0


def test_the_workflows_test_every_python_that_the_project_allows() -> None:
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "tests.yml").read_text())["jobs"]
    assert jobs["tests"]["strategy"]["matrix"]["python"] == ["3.11", "3.12", "3.13"]
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_the_commands_of_a_workflow_are_shell_and_its_rights_are_stated(workflow: Path) -> None:
    content = yaml.safe_load(workflow.read_text())
    assert content["permissions"]["contents"] == "read"
    for step in steps(workflow):
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", step["uses"]) if "uses" in step else step["run"]
        if script := step.get("run"):
            assert "${{" not in script, "what others wrote would be a part of the command"
            subprocess.run(["bash", "-n"], input=script, text=True, check=True)
