"""Deletes what the lake keeps of an entity: its captures, and the outcomes of its predictions."""

from collections.abc import Callable, Iterable, Iterator, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath
from typing import NamedTuple, Protocol

from modelfleet.outcomes.forget_rows import (
    Kept,
    predictions_of,
    without_entities,
    without_predictions,
)
from modelfleet.outcomes.report import entities_in
from modelfleet.storage import keys

_AT_ONCE = 16


class ObjectVersion(NamedTuple):
    """One version of an object; only the current one is what a plain read returns."""

    key: str
    version_id: str
    etag: str
    is_current: bool


class VersionedBucket(Protocol):
    """A bucket that keeps old versions of its objects."""

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """Iterate over all versions of all objects below a prefix, without deletion markers."""
        ...

    def read(self, version: ObjectVersion) -> bytes:
        """Read a version."""
        ...

    def replace(self, version: ObjectVersion, content: bytes) -> None:
        """Write a new version over the current one.

        Raises
        ------
        ConflictError
            If the object has changed since.
        """
        ...

    def hide(self, key: str) -> None:
        """Delete an object, of which all versions are kept."""
        ...

    def erase(self, version: ObjectVersion) -> None:
        """Delete a version for good."""
        ...


@dataclass(frozen=True)
class Forgotten:
    """What was deleted: predictions, outcomes, and versions of objects.

    Rows in several versions of an object, or delivered twice, count each time. `prediction_ids` are
    those of the predictions.
    """

    predictions: int
    outcomes: int
    versions: int
    prediction_ids: frozenset[str]


def forget(bucket: VersionedBucket, model: str, entities: Sequence[str]) -> Forgotten:
    """Delete a model's captures and outcomes of an entity, also in old versions of objects.

    Outcomes go first, because captures say which outcomes are the entity's: after an interruption,
    another run deletes the rest. Running it again deletes nothing more.

    Parameters
    ----------
    bucket
        The lake bucket.
    model
        The model's name.
    entities
        Hashes of the entity, one under each known key.

    Raises
    ------
    ConflictError
        If an object changed meanwhile; run it again.
    """
    hashes = frozenset(entities)
    captured = [*_mentioning(bucket, model, hashes)]
    ids = frozenset(name for _, names in captured for name in names)
    outcomes, reported = _forget_outcomes(bucket, model, hashes, ids)
    about = partial(without_entities, entities=hashes)
    predictions, rewritten = _rewrite(bucket, (version for version, _ in captured), about)
    return Forgotten(predictions, outcomes, reported + rewritten, ids)


def _mentioning(
    bucket: VersionedBucket, model: str, entities: Set[str]
) -> Iterator[tuple[ObjectVersion, set[str]]]:
    """Yield the versions with captures about the entity, and the IDs of these predictions."""

    def read(version: ObjectVersion) -> tuple[ObjectVersion, set[str]]:
        return version, predictions_of(bucket.read(version), entities)

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for found in pool.map(read, bucket.versions(keys.all_captures(model))):
            if found[1]:
                yield found


def _forget_outcomes(
    bucket: VersionedBucket, model: str, entities: Set[str], ids: Set[str]
) -> tuple[int, int]:
    """Delete outcomes, and return how many, and how many versions of objects."""
    single, shared = [], []
    for version in bucket.versions(keys.all_feedback(model).removesuffix("*")):
        path = PurePosixPath(version.key)
        if path.parent.name == keys.ENTITIES:
            if not entities.isdisjoint(entities_in(path.stem)):
                single.append(version)
        elif path.stem in ids:
            single.append(version)
        elif path.suffix != ".json":
            shared.append(version)
    for version in single:
        if version.is_current:
            bucket.hide(version.key)
        bucket.erase(version)
    outcomes, rewritten = 0, 0
    if ids:
        of_predictions = partial(without_predictions, prediction_ids=ids)
        outcomes, rewritten = _rewrite(bucket, shared, of_predictions)
    return outcomes + len({version.key for version in single}), rewritten + len(single)


def _rewrite(
    bucket: VersionedBucket, versions: Iterable[ObjectVersion], without: Callable[[bytes], Kept]
) -> tuple[int, int]:
    """Remove rows from objects, and return how many, and from how many versions."""
    removed = changed = 0
    for version in versions:
        kept = without(bucket.read(version))
        if not kept.removed:
            continue
        if version.is_current and kept.content is not None:
            bucket.replace(version, kept.content)
        elif version.is_current:
            bucket.hide(version.key)
        # Of an old version nothing is kept: restoring it would bring the rows back.
        bucket.erase(version)
        removed += kept.removed
        changed += 1
    return removed, changed
