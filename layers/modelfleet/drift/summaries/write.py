"""Writes the summaries of a drift run."""

import logging
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from modelfleet.drift.performance.report import DayPerformance, VersionPerformance
from modelfleet.drift.report import RunFindings
from modelfleet.drift.segments.report import SegmentReport
from modelfleet.drift.state import Decision
from modelfleet.drift.summaries.store import day_document, days_between, latest_document
from modelfleet.drift.summaries.summary import (
    LATEST_DAYS,
    DaySummary,
    DriftSummary,
    LatestSummary,
    Traffic,
    TrafficReader,
    TrendDay,
    summarize_run,
    trend_day,
)
from modelfleet.spec.errors import CallError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore

_log = logging.getLogger(__name__)


class _Run(NamedTuple):
    """What a run adds to its days: by day, performance and traffic; its own drift and segments."""

    performance: Mapping[date, tuple[VersionPerformance, ...]]
    traffic: Mapping[date, Traffic]
    drift: DriftSummary
    segments: SegmentReport | None


def write_summaries(
    store: ObjectStore,
    spec: ModelSpec,
    found: RunFindings,
    decision: Decision,
    traffic: TrafficReader,
) -> None:
    """Bring the summaries of the days that the run covers up to date, and then the newest one.

    Outcomes arrive late, so each run measures the performance of a week's days again. Repeating a
    run changes nothing.

    Parameters
    ----------
    store
        The artifacts bucket.
    spec
        The model.
    found, decision
        Findings of the run, and what was decided on them.
    traffic
        Reads requests and latencies. If that fails, the days keep what they had.
    """
    window = found.drift.window
    covered = days_between(_day_of(found.performance.start), _last_day(window.end))
    run = _Run(
        performance=_by_day(found.performance.days),
        traffic=_read_traffic(traffic, spec.name, covered[0], covered[-1]),
        drift=summarize_run(found, decision),
        segments=found.segments,
    )
    trend = [trend_day(spec, _write_day(store, spec.name, day, run)) for day in covered]
    latest = LatestSummary(
        model=spec.name,
        made_at=found.drift.made_at,
        drift=run.drift,
        performance=tuple(found.findings),
        days=tuple(trend),
    )
    latest_document(store, spec.name).change(lambda before: _newest(before, latest))


def _write_day(store: ObjectStore, model: str, day: date, run: _Run) -> DaySummary:
    ends_here = day == _last_day(run.drift.window_end)

    def make(before: DaySummary | None) -> DaySummary:
        known = before or DaySummary(model=model, day=day)
        update: dict[str, object] = {}
        if versions := run.performance.get(day):
            update["versions"] = versions
        if day in run.traffic:
            update["traffic"] = run.traffic[day]
        if ends_here and (known.drift is None or known.drift.window_end <= run.drift.window_end):
            update |= {"drift": run.drift, "segments": run.segments}
        return known.model_copy(update=update)

    return day_document(store, model, day).change(make)


def _newest(before: LatestSummary | None, made: LatestSummary) -> LatestSummary:
    """Return the newer of two summaries, with the days of both as they were last measured."""
    if before is None:
        return made
    newest = before if before.drift.window_end > made.drift.window_end else made
    days: dict[date, TrendDay] = {each.day: each for each in (*before.days, *made.days)}
    kept = sorted(days.values(), key=lambda each: each.day)[-LATEST_DAYS:]
    return newest.model_copy(update={"days": tuple(kept)})


def _by_day(days: Iterable[DayPerformance]) -> Mapping[date, tuple[VersionPerformance, ...]]:
    found: dict[date, tuple[VersionPerformance, ...]] = {}
    for each in days:
        version = VersionPerformance(**each.model_dump(exclude={"day"}))
        found[each.day] = (*found.get(each.day, ()), version)
    return found


def _read_traffic(
    reader: TrafficReader, model: str, first: date, last: date
) -> Mapping[date, Traffic]:
    try:
        return reader.daily([model], first, last).get(model, {})
    except CallError as error:
        # A run decides on drift, whether or not CloudWatch responds.
        _log.warning("the summaries of %s lack today's traffic: %s", model, error)
        return {}


def _day_of(moment: datetime) -> date:
    return moment.astimezone(UTC).date()


def _last_day(end: datetime) -> date:
    """Return the day of the last moment before a window's end."""
    return _day_of(end - timedelta(microseconds=1))
