"""dvc.lock: the stages that DVC ran, with the digests of what went in and came out. DVC writes it, here it is read."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

FILE = "dvc.lock"


class NotFinished(ValueError):
    """The lock file is not that of a finished pipeline, or it does not belong to this result."""


@dataclass(frozen=True)
class DvcLock:
    """The stages of a dvc.lock by name."""

    stages: Mapping[str, Mapping[str, Any]]

    @classmethod
    def parse(cls, content: bytes) -> "DvcLock":
        """The stages in the bytes of a lock file. Raises NotFinished where `content` is not a lock file."""
        try:
            stages = yaml.safe_load(content)["stages"]
            lock = cls({name: dict(stage) for name, stage in stages.items()})
            lock.current()  # raises where outputs or dependencies do not have the form that is read below
        except (yaml.YAMLError, AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise NotFinished(f"not a {FILE} ({error})") from error
        return lock

    @property
    def outputs(self) -> dict[str, str]:
        """The digest of each output, by its path."""
        return {out["path"]: out["md5"] for stage in self.stages.values() for out in stage.get("outs", ())}

    @property
    def _makers(self) -> dict[str, tuple[str, str]]:
        """The stage that wrote each path, and the digest it had then."""
        return {out["path"]: (name, out["md5"]) for name, stage in self.stages.items() for out in stage.get("outs", ())}

    def current(self) -> set[str]:
        """The names of the stages whose inputs are what the stages before them wrote last."""
        makers = self._makers

        def is_current(name: str) -> bool:
            made = [(dep, *makers[dep["path"]]) for dep in self.stages[name].get("deps", ()) if dep["path"] in makers]
            return all(dep["md5"] == written and is_current(maker) for dep, maker, written in made)

        return {name for name in self.stages if is_current(name)}

    def params_of(self, path: str, content: bytes) -> dict[str, Any]:
        """The parameters that led to the output `path`, whose bytes are `content`, section by section.

        params.yaml may have been edited since. Raises NotFinished where DVC wrote other bytes, or where a stage on
        the way to the output has not run on what the stage before it wrote last.
        """
        makers = self._makers
        if path not in makers:
            raise NotFinished(f"{FILE} does not know {path}")
        last, written = makers[path]
        if written != md5(content):
            raise NotFinished("it was changed after it")
        needed, todo = set[str](), [last]
        while todo:
            needed.add(name := todo.pop())
            for dependency in self.stages[name].get("deps", ()):
                maker, digest = makers.get(dependency["path"], (None, None))
                if maker and dependency["md5"] != digest:
                    raise NotFinished(f"stage {name} has not run since {maker} did")
                todo += [maker] if maker and maker not in needed else []
        used = [self.stages[name].get("params", {}).get("params.yaml", {}) for name in self.stages if name in needed]
        return {key: value for params in used for key, value in params.items()}


def read_dvc_lock(root: Path) -> DvcLock:
    """The lock file of a workspace. Raises NotFinished where there is none."""
    try:
        return DvcLock.parse((root / FILE).read_bytes())
    except OSError as error:
        raise NotFinished(f"no {FILE} ({error.strerror})") from error


def md5(content: bytes) -> str:
    """The digest by which DVC identifies the content of a file, in hexadecimal."""
    return hashlib.md5(content, usedforsecurity=False).hexdigest()
