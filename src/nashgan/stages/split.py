"""Stage `split`: data/raw to train, validation and test in data/splits; data/raw/other to data/splits/other."""

import hashlib
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from nashgan.data.params import SplitParams
from nashgan.data.splitting import assign_splits, group_equal, in_both, official_split, seeded_digests
from nashgan.params import Params
from nashgan.records import raw
from nashgan.records.examples import (
    MANIFEST,
    ExampleFormat,
    Examples,
    appended_examples,
    remove_examples,
    remove_manifest,
    write_labels,
    write_manifest,
)
from nashgan.records.names import SPLITS, UNSEEN, SplitName, UnseenName
from nashgan.records.paths import Paths
from nashgan.records.record import mend
from nashgan.records.splits import Split, SplitsManifest
from nashgan.runtime.errors import UserError
from nashgan.runtime.progress import Advance, progress
from nashgan.stages.data_checks import check_counts, check_labels, check_start

_CHUNK_BYTES = 16 * 2**20  # of examples in memory at once


def run(paths: Paths, params: Params) -> None:
    """Write data/splits: examples of each split, labels where there are some, and a manifest.

    data/raw/other becomes data/splits/other in the same way. Examples come in a seeded random order, so that the first
    n of a split are a fair sample of it. A split whose fraction is 0 is not written. Memory is bounded by a chunk of
    examples and a few dozen bytes an example. Raises UserError, with data/splits as it was, where a split of a positive
    fraction would be empty, or has too few examples for what the other sections of params.yaml do with it.
    """
    plans = {paths.splits: _planned(paths.raw, params.split)}
    if (paths.other_raw / MANIFEST).exists():
        plans[paths.other_splits] = _planned(paths.other_raw, params.split)
    else:
        shutil.rmtree(paths.other_splits, ignore_errors=True)  # of an earlier split by hand
    _check(params, plans[paths.splits], plans.get(paths.other_splits))
    for folder, plan in plans.items():
        _write_splits(folder, plan, params.split)
    check_start(paths, params)


@dataclass(frozen=True)
class Plan:
    """Which examples of a dataset are equal, and the split of each, an index into `SPLITS`."""

    manifest: raw.RawManifest
    data: Examples
    groups: np.ndarray
    assignment: np.ndarray

    @property
    def counts(self) -> dict[SplitName, int]:
        """Examples of each split."""
        return {name: int((self.assignment == index).sum()) for index, name in enumerate(SPLITS)}


def _check(params: Params, plan: Plan, other: Plan | None) -> None:
    manifest, labels = plan.manifest, plan.data.labels
    check_counts(params, manifest.source["name"], plan.counts, other.counts if other else None)
    check_labels(params, None if labels is None else labels[plan.assignment == 0], manifest.classes)


def _planned(source: Path, split: SplitParams) -> Plan:
    manifest, data = raw.read_manifest(source), raw.read_raw(source)
    left_out = _left_out(split, manifest, data)
    with progress("compare examples", len(data)) as advance:
        groups = group_equal(_digests(data.values, split.seed, advance))
    return Plan(manifest, data, groups, _assigned(split, manifest, data, groups, left_out))


def _write_splits(folder: Path, plan: Plan, split: SplitParams) -> None:
    manifest, data, groups, assignment = plan.manifest, plan.data, plan.groups, plan.assignment
    with progress("split", len(data)) as advance:
        order = np.argsort(groups, kind="stable")
        remove_manifest(folder)  # never an old one beside new arrays
        written: dict[SplitName | UnseenName, Split] = {}
        for index, name in enumerate((*SPLITS, UNSEEN)):
            members = order[assignment[order] == index]
            if len(members):
                written[name] = _write(folder, name, data, members, manifest, advance)
            else:
                remove_examples(folder, name)
    summary = SplitsManifest(
        source=manifest.source,
        examples=manifest.examples,
        classes=manifest.classes,
        splits=written,
        kind=split.kind,
        in_both=in_both(groups, assignment) if split.kind == "official" else [],
        duplicates=len(data) - int(groups.max()) - 1,
        unreadable=manifest.unreadable,
        digest=hashlib.sha256("".join(part.sha256 for part in written.values()).encode()).hexdigest(),
    )
    write_manifest(folder, summary)


def _left_out(split: SplitParams, manifest: raw.RawManifest, data: Examples) -> np.ndarray:
    """Which examples are of a class that is left out. Raises UserError where there is no such class."""
    unseen, classes = split.without_classes, manifest.classes or []
    where = "params.yaml: split.without_classes:"
    if unseen and data.labels is None:
        raise UserError(f"{where} dataset {manifest.source['name']} has no labels; set []")
    if unknown := [index for index in unseen if index >= len(classes)]:
        raise UserError(f"{where} there is no class {unknown[0]}; the indices go from 0 to {len(classes) - 1}")
    if unseen and len(set(unseen)) > len(classes) - 2:
        raise UserError(f"{where} leaves {len(classes) - len(set(unseen))} of {len(classes)} classes; two are needed")
    return np.zeros(len(data), bool) if data.labels is None else np.isin(data.labels, unseen)


def _assigned(
    split: SplitParams, manifest: raw.RawManifest, data: Examples, groups: np.ndarray, left_out: np.ndarray
) -> np.ndarray:
    """The split of each example, an index into `SPLITS`; the next index is that of what is left out."""
    if split.kind == "official":
        if raw.OFFICIAL_TEST not in manifest.source:
            raise UserError(f"data/raw: does not say which images are the published test set; {mend(raw.STAGE)}")
        assignment = official_split(groups, data.labels, manifest.source[raw.OFFICIAL_TEST], split.validation)
    else:
        fractions = (1 - split.validation - split.test, split.validation, split.test)
        assignment = assign_splits(groups, data.labels, fractions)
    return np.where(left_out, len(SPLITS), assignment)


def _chunks(values: np.ndarray, count: int) -> Iterator[slice]:
    step = max(1, _CHUNK_BYTES // values[0].nbytes)
    return (slice(start, start + step) for start in range(0, count, step))


def _digests(values: np.ndarray, seed: int, advance: Advance) -> np.ndarray:
    parts = []
    for chunk in _chunks(values, len(values)):
        parts.append(seeded_digests(values[chunk], seed))
        advance(len(parts[-1]))
    return np.concatenate(parts)


def _write(
    folder: Path,
    name: SplitName | UnseenName,
    data: Examples,
    members: np.ndarray,
    manifest: raw.RawManifest,
    advance: Advance,
) -> Split:
    """Write one split in the order of `members`, and describe it."""
    digest = hashlib.sha256()
    form: ExampleFormat = manifest.examples
    with appended_examples(folder, name, form) as append:
        for chunk in _chunks(data.values, len(members)):
            values = data.values[members[chunk]]
            append(values)
            digest.update(values.tobytes())
            advance(len(values))
    labels = None if data.labels is None else data.labels[members]
    write_labels(folder, name, labels)
    histogram = None
    if labels is not None:
        digest.update(labels.astype("<i8").tobytes())
        histogram = np.bincount(labels, minlength=len(manifest.classes or ())).tolist()
    return Split(count=len(members), histogram=histogram, sha256=digest.hexdigest())
