"""Reads the documents that pages are made of, many at once."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from typing import TypeVar

from modelfleet.drift import state_store as drift_state
from modelfleet.drift.state import DriftState
from modelfleet.drift.summaries import store as summaries
from modelfleet.drift.summaries.summary import DaySummary, LatestSummary
from modelfleet.registry import pointer_store
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.history import ReleaseRecord
from modelfleet.spec.errors import ModelfleetError
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore

# A page waits for the slowest of many reads; each of them takes some milliseconds.
_READERS = 16

Wanted = TypeVar("Wanted")
Found = TypeVar("Found")


@dataclass(frozen=True)
class ModelDocuments:
    """What is stored of one model; `faults` names documents that are unreadable."""

    pointer: ReleasePointer | None = None
    latest: LatestSummary | None = None
    state: DriftState | None = None
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
        faults: list[str] = []

        def read(reader: Callable[[ObjectStore, str], Found]) -> Found | None:
            try:
                return reader(self.artifacts, name)
            except ModelfleetError as error:
                faults.append(str(error))
                return None

        pointer, latest = read(pointer_store.current), read(summaries.latest)
        return ModelDocuments(pointer, latest, read(drift_state.current), tuple(faults))

    def days(self, model: str, first: date, last: date) -> Sequence[DaySummary]:
        """Return a summary for each day from first to last; empty ones where there is none.

        Raises
        ------
        DriftStateError
            If a summary is unreadable.
        """
        wanted = summaries.days_between(first, last)
        found = _all(lambda day: summaries.day(self.artifacts, model, day), wanted)
        return [
            each or DaySummary(model=model, day=day)
            for day, each in zip(wanted, found, strict=True)
        ]

    def records(self, model: str) -> Sequence[ReleaseRecord]:
        """Return the release records of a model, newest first.

        Raises
        ------
        ReleaseError
            If a record is unreadable.
        """
        stored = list(self.artifacts.keys(keys.release_history(model)))
        new = [key for key in stored if key not in self._records]
        self._records.update(zip(new, _all(self._record, new), strict=True))
        found = [self._records[key] for key in stored]
        return sorted(found, key=lambda record: record.written_at, reverse=True)

    def _record(self, key: str) -> ReleaseRecord:
        return parsed(key, self.artifacts.get(key).content, ReleaseRecord.parse)


def _all(read: Callable[[Wanted], Found], wanted: Iterable[Wanted]) -> list[Found]:
    """Read all at once, in order."""
    with ThreadPoolExecutor(_READERS) as readers:
        return list(readers.map(read, wanted))
