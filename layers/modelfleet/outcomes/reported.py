"""Reads reported outcomes: each prediction's newest, from requests and from loaded files."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import chain
from pathlib import PurePosixPath

from modelfleet.captures.lake import days, delivered_captures
from modelfleet.outcomes.loaded_file import Outcome, read_loaded
from modelfleet.outcomes.report import EntityReport, Feedback, entities_in
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# An outcome of an entity belongs to no prediction that is older.
WITHIN = timedelta(days=90)
# Each outcome is an object and needs a round trip; ten thousand in sequence would take minutes.
_AT_ONCE = 16
# More reports on one entity are no corrections; reading them all would let one caller stop readers.
_REPORTS_MAXIMUM = 200


@dataclass(frozen=True)
class ReportedOutcomes:
    """Outcomes of a window's predictions, by prediction ID.

    Outcomes that were reported one by one are objects, read when asked for; `found` are the newest
    of all others.
    """

    lake: ObjectStore
    objects: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, Outcome] = field(default_factory=dict)

    def __contains__(self, prediction_id: object) -> bool:
        """Return whether a prediction's outcome has been reported."""
        return prediction_id in self.objects or prediction_id in self.found

    def __len__(self) -> int:
        """Return the number of predictions with an outcome."""
        return len(self.objects.keys() | self.found.keys())

    def read(self, prediction_ids: Iterable[str]) -> Iterator[Outcome]:
        """Read the newest outcome of each prediction, in the same order.

        Raises
        ------
        DatasetError
            If an object is not a valid outcome.
        """
        names = list(prediction_ids)
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            stored = pool.map(self._newest, [name for name in names if name in self.objects])
            for name in names:
                yield next(stored) if name in self.objects else self.found[name]

    def _newest(self, name: str) -> Outcome:
        found = self.found.get(name)
        stored = Feedback.parse(self.lake.get(self.objects[name]).content)
        if found is not None and found.received_at > stored.received_at:
            return found
        return Outcome(name, stored.actual, stored.received_at)


def reported(
    lake: ObjectStore, model: str, start: datetime, end: datetime, until: datetime | None = None
) -> ReportedOutcomes:
    """Find the outcomes of a window's predictions.

    Parameters
    ----------
    lake
        The lake bucket.
    model
        The model's name.
    start, end
        The window of the predictions; their outcomes may have been reported later.
    until
        When reports on entities end; `end` by default. Those on prediction IDs are always found.

    Raises
    ------
    DatasetError
        If a loaded file, or a report on an entity, is not valid.
    """
    objects: dict[str, str] = {}
    found: dict[str, Outcome] = {}
    about_entities: list[str] = []
    for day in days(start, end):
        folder = keys.feedback_of_day(model, day)
        for key in lake.keys(folder):
            kind, _, rest = key[len(folder) + 1 :].partition("/")
            if not rest:
                objects[kind.removesuffix(".json")] = key
            elif kind == keys.LOADS:
                _keep_newest(found, read_loaded(key, lake.get(key).content))
            elif kind == keys.ENTITIES:
                about_entities.append(key)
    last = max(end, until or end)
    seen = {*days(start, end)}
    for day in days(end, last) if last > end else ():
        if day not in seen:
            about_entities += lake.keys(keys.entity_reports(model, day))
    if about_entities:
        made = _newest_predictions(lake, model, about_entities, start, last)
        _keep_newest(found, (outcome for outcome, at in made if at < end))
    return ReportedOutcomes(lake, objects, found)


def _keep_newest(found: dict[str, Outcome], outcomes: Iterable[Outcome]) -> None:
    for each in outcomes:
        known = found.get(each.prediction_id)
        if known is None or known.received_at <= each.received_at:
            found[each.prediction_id] = each


def _newest_predictions(
    lake: ObjectStore, model: str, reports: Sequence[str], start: datetime, end: datetime
) -> Iterator[tuple[Outcome, datetime]]:
    """Yield each report on an entity as the outcome of its client's newest prediction before it.

    The prediction's time follows the outcome. Two predictions of the same moment are equally new,
    so that a report belongs to neither. `reports` are keys; reports on entities without a
    prediction are not read, because callers can send any number of them.
    """
    wanted = {hashed for key in reports for hashed in _entities(key)}
    made: dict[tuple[str, str], dict[str, datetime]] = defaultdict(dict)
    for capture in delivered_captures(lake, model, start, end):
        if capture.entity in wanted:
            made[capture.entity, capture.client][capture.prediction_id] = capture.timestamp
    for report in _read_reports(lake, reports, {hashed for hashed, _ in made}):
        predictions = sorted(
            (at, name)
            for hashed in report.entities
            for name, at in made.get((hashed, report.client), {}).items()
        )
        times = [at for at, _ in predictions]
        place = bisect_right(times, report.received_at) - 1
        if place < 0 or report.received_at - times[place] > WITHIN:
            continue
        if times.count(times[place]) == 1:
            at, name = predictions[place]
            yield Outcome(name, report.actual, report.received_at), at


def _read_reports(
    lake: ObjectStore, reports: Sequence[str], entities: Set[str]
) -> Sequence[EntityReport]:
    """Read the reports on some entities, oldest first; of each, the newest ones."""
    kept: dict[str, list[str]] = defaultdict(list)
    for key in sorted(reports, reverse=True):
        newest, *_ = _entities(key)
        if len(kept[newest]) < _REPORTS_MAXIMUM and not entities.isdisjoint(_entities(key)):
            kept[newest].append(key)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        found = pool.map(
            lambda key: EntityReport.parse(lake.get(key).content), chain(*kept.values())
        )
        return sorted(found, key=lambda report: report.received_at)


def _entities(key: str) -> Sequence[str]:
    return entities_in(PurePosixPath(key).stem)
