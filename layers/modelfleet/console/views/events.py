"""What happened to a model: releases, rollbacks, and findings, newest first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from modelfleet.drift.state import DriftAction
from modelfleet.drift.summaries.summary import DaySummary
from modelfleet.release.finish import BLOCKED, FAILED, RELEASED, ROLLED_BACK
from modelfleet.release.history import ReleaseRecord

_BAD = frozenset({ROLLED_BACK, FAILED, BLOCKED})


@dataclass(frozen=True)
class Event:
    """Something that happened.

    `mark` is its label on the time axis, for events that change what serves; otherwise empty.
    `drift_day` is the day whose drift page has the details.
    """

    at: datetime
    kind: str
    title: str
    details: tuple[str, ...] = ()
    by: str = ""
    mark: str = ""
    drift_day: str = ""


def events(days: Iterable[DaySummary], records: Iterable[ReleaseRecord]) -> Sequence[Event]:
    """Return the events of these days, newest first; drift counts on the first day of a series."""
    known = list(days)
    covered = {each.day for each in known}
    found = [
        _released(record)
        for record in records
        if record.written_at.astimezone(UTC).date() in covered
    ]
    return sorted([*found, *_findings(known)], key=lambda event: event.at, reverse=True)


def _released(record: ReleaseRecord) -> Event:
    version = f"v{record.version} " if record.version else ""
    mark = ""
    if record.outcome == RELEASED:
        mark = f"v{record.version or record.champion}"
    elif record.outcome == ROLLED_BACK:
        mark = f"↩ v{record.champion}"
    return Event(
        at=record.written_at,
        kind="bad" if record.outcome in _BAD else "release",
        title=f"{version}{record.outcome}",
        details=record.reasons,
        by=record.by,
        mark=mark,
    )


def _findings(days: Iterable[DaySummary]) -> Iterator[Event]:
    going_on = False
    for day in days:
        if day.drift is None:
            continue
        found = day.drift.action is not DriftAction.NONE
        if found and not going_on:
            yield Event(
                at=day.drift.window_end,
                kind="warn",
                title="drift run: " + ("retraining started" if _retrained(day) else "alert sent"),
                details=day.drift.findings,
                drift_day=day.day.isoformat(),
            )
        going_on = found


def _retrained(day: DaySummary) -> bool:
    return day.drift is not None and day.drift.action is DriftAction.RETRAIN
