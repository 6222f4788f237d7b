"""What a dvc.lock tells: outputs, stages that are current, and the parameters that led to a result."""

import hashlib
from pathlib import Path

import pytest

from nashgan.records.dvc_lock import DvcLock, NotFinished, md5, read_dvc_lock

RESULT = b'{"fid": 25}\n'
DIGEST = hashlib.md5(RESULT).hexdigest()
LOCK = f"""\
schema: '2.0'
stages:
  split:
    cmd: python -m nashgan split
    params: {{params.yaml: {{split: {{seed: 0}}}}}}
    outs: [{{path: data/splits, md5: 1.dir}}]
  train:
    deps: [{{path: data/splits, md5: 1.dir}}, {{path: src/nashgan/models, md5: 9.dir}}]
    params: {{params.yaml: {{model: {{name: mlp}}, train: {{seed: 1}}}}}}
    outs: [{{path: models/generator, md5: 2.dir}}, {{path: models/train_run.json, md5: '22'}}]
  evaluate:
    deps: [{{path: models/generator, md5: 2.dir}}]
    outs: [{{path: reports/evaluation.json, md5: {DIGEST}}}]
  register:
    deps: [{{path: models/generator, md5: old.dir}}]
    params: {{params.yaml: {{register: {{name: nashgan}}}}}}
    outs: [{{path: reports/registry.json, md5: '3'}}]
"""
EVALUATION = "reports/evaluation.json"


def parsed(text: str = LOCK) -> DvcLock:
    return DvcLock.parse(text.encode())


def changed(old: str, new: str) -> DvcLock:
    assert LOCK.count(old) == 1
    return parsed(LOCK.replace(old, new))


def test_outputs_have_the_digests_that_dvc_wrote() -> None:
    assert parsed().outputs == {
        "data/splits": "1.dir",
        "models/generator": "2.dir",
        "models/train_run.json": "22",
        EVALUATION: DIGEST,
        "reports/registry.json": "3",
    }
    assert md5(b"") == "d41d8cd98f00b204e9800998ecf8427e"  # RFC 1321


def test_parameters_come_from_every_stage_on_the_way_and_from_no_other() -> None:
    expected = {"split": {"seed": 0}, "model": {"name": "mlp"}, "train": {"seed": 1}}
    assert parsed().params_of(EVALUATION, RESULT) == expected  # not those of register, which comes after


@pytest.mark.parametrize(
    ("lock", "path", "content", "says"),
    [
        (parsed(), EVALUATION, b"{}", "it was changed after it"),
        (parsed(), "reports/index.html", RESULT, "dvc.lock does not know reports/index.html"),
        (
            changed(
                "[{path: models/generator, md5: 2.dir}]\n    outs", "[{path: models/generator, md5: 8.dir}]\n    outs"
            ),
            EVALUATION,
            RESULT,
            "stage evaluate has not run since train did",
        ),
        (
            changed("[{path: data/splits, md5: 1.dir}, ", "[{path: data/splits, md5: 8.dir}, "),
            EVALUATION,
            RESULT,
            "stage train has not run since split did",
        ),
        (parsed("stages: {}"), EVALUATION, RESULT, "dvc.lock does not know reports/evaluation.json"),
    ],
)
def test_a_result_that_is_not_of_a_finished_pipeline_has_no_parameters(
    lock: DvcLock, path: str, content: bytes, says: str
) -> None:
    with pytest.raises(NotFinished) as error:
        lock.params_of(path, content)
    assert str(error.value) == says


def test_code_that_changed_is_no_unfinished_pipeline() -> None:
    """Nothing writes it, so only DVC can tell; a result is still that of the parameters beside it."""
    lock = changed("src/nashgan/models, md5: 9.dir", "src/nashgan/models, md5: 10.dir")
    assert lock.params_of(EVALUATION, RESULT) == parsed().params_of(EVALUATION, RESULT)


def test_stages_are_current_that_ran_on_what_was_written_last() -> None:
    assert parsed().current() == {"split", "train", "evaluate"}  # register ran on another generator
    assert changed("md5: old.dir", "md5: 2.dir").current() == {"split", "train", "evaluate", "register"}
    assert parsed("stages: {}").current() == set()


def test_what_comes_after_a_stage_that_is_not_current_is_not_either() -> None:
    lock = changed("outs: [{path: data/splits, md5: 1.dir}]", "outs: [{path: data/splits, md5: 7.dir}]")
    assert lock.current() == {"split"}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"nothing",
        b"[1]",
        b"stages: 1",
        b"stages: [train]",
        b"stages: {train: 1}",
        b"stages: {train: {outs: [models]}}",
        b"stages: {train: {outs: [{path: models}]}}",
        b"stages: {train: {outs: [{path: m, md5: 1}], deps: [m]}}",
        b"stages: {",
        b"\xff\xfe\x00",
        b"[" * 100_000,
    ],
)
def test_what_is_no_lock_file_is_of_no_finished_pipeline(content: bytes) -> None:
    with pytest.raises(NotFinished, match=r"^not a dvc\.lock \("):
        DvcLock.parse(content)


def test_a_workspace_without_one_has_no_finished_pipeline(tmp_path: Path) -> None:
    with pytest.raises(NotFinished, match=r"^no dvc\.lock \(No such file"):
        read_dvc_lock(tmp_path)
    (tmp_path / "dvc.lock").write_text(LOCK)
    assert read_dvc_lock(tmp_path) == parsed()
