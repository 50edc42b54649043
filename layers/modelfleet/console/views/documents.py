"""Reads the documents that pages are made of, many at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import Generic, ParamSpec, TypeVar

from modelfleet.drift import state_store as drift_state
from modelfleet.drift.state import DriftState
from modelfleet.drift.summaries import store as summaries
from modelfleet.drift.summaries.summary import DaySummary, LatestSummary
from modelfleet.registry import pointer_store
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.approval import PendingApproval, pending
from modelfleet.release.history import ReleaseRecord
from modelfleet.spec.errors import ModelfleetError
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore

# A page waits for the slowest of many reads; each of them takes some milliseconds.
_READERS = 16

Wanted = TypeVar("Wanted")
Found = TypeVar("Found")
Parameters = ParamSpec("Parameters")


@dataclass(frozen=True)
class Readable(Generic[Found]):
    """The readable ones of many documents; `faults` names the others."""

    documents: Sequence[Found]
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class ModelDocuments:
    """What is stored of one model; `faults` names documents that are unreadable."""

    pointer: ReleasePointer | None = None
    latest: LatestSummary | None = None
    state: DriftState | None = None
    waiting: PendingApproval | None = None
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Documents:
    """Reads documents of the artifacts bucket.

    Release records never change once an execution has ended, so each is read once.
    """

    artifacts: ObjectStore
    _records: dict[str, ReleaseRecord] = field(default_factory=dict)

    def models(self, names: Sequence[str]) -> Mapping[str, ModelDocuments]:
        """Return the documents of several models, by name."""
        return dict(zip(names, _all(self.model, names), strict=True))

    def model(self, name: str) -> ModelDocuments:
        """Return what is readable of one model; one broken document hides no other."""
        pointer = _or_fault(pointer_store.current, self.artifacts, name)
        latest = _or_fault(summaries.latest, self.artifacts, name)
        state = _or_fault(drift_state.current, self.artifacts, name)
        waiting = _or_fault(pending, self.artifacts, name)
        return ModelDocuments(
            waiting=None if isinstance(waiting, str) else waiting,
            pointer=None if isinstance(pointer, str) else pointer,
            latest=None if isinstance(latest, str) else latest,
            state=None if isinstance(state, str) else state,
            faults=tuple(
                each for each in (pointer, latest, state, waiting) if isinstance(each, str)
            ),
        )

    def days(self, model: str, first: date, last: date) -> "Readable[DaySummary]":
        """Return a summary for each day from first to last; empty ones where there is none."""
        wanted = summaries.days_between(first, last)
        found = _all(lambda day: _or_fault(summaries.day, self.artifacts, model, day), wanted)
        return Readable(
            [
                each if isinstance(each, DaySummary) else DaySummary(model=model, day=day)
                for day, each in zip(wanted, found, strict=True)
            ],
            tuple(each for each in found if isinstance(each, str)),
        )

    def records(self, model: str) -> "Readable[ReleaseRecord]":
        """Return the release records of a model, newest first."""
        stored = list(self.artifacts.keys(keys.release_history(model)))
        new = [key for key in stored if key not in self._records]
        found = dict(zip(new, _all(lambda key: _or_fault(self._record, key), new), strict=True))
        read = {key: each for key, each in found.items() if isinstance(each, ReleaseRecord)}
        self._records.update(read)
        known = [self._records[key] for key in stored if key in self._records]
        return Readable(
            sorted(known, key=lambda record: record.written_at, reverse=True),
            tuple(each for each in found.values() if isinstance(each, str)),
        )

    def _record(self, key: str) -> ReleaseRecord:
        return parsed(key, self.artifacts.get(key).content, ReleaseRecord.parse)


def _or_fault(
    read: Callable[Parameters, Found], *args: Parameters.args, **kwargs: Parameters.kwargs
) -> Found | str:
    """Return a document, or why it is unreadable, so that a page can show the others."""
    try:
        return read(*args, **kwargs)
    except ModelfleetError as error:
        return str(error)


def _all(read: Callable[[Wanted], Found], wanted: Iterable[Wanted]) -> list[Found]:
    """Read all at once, in order."""
    with ThreadPoolExecutor(_READERS) as readers:
        return list(readers.map(read, wanted))
