"""The condition of a model in one word, with its reason, for all pages alike."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum

from modelfleet.console.views.documents import ModelDocuments
from modelfleet.drift.performance.report import Basis, PerformanceFinding
from modelfleet.drift.report import DriftStatus
from modelfleet.drift.state import Alert, DriftAction
from modelfleet.drift.summaries.summary import LatestSummary

# A nightly run, and the time it may take.
_LATE = timedelta(hours=27)


class Rank(IntEnum):
    """How urgent a condition is, most urgent first."""

    BAD = 0
    WARN = 1
    BUSY = 2
    GOOD = 3
    NEUTRAL = 4


@dataclass(frozen=True)
class Condition:
    """A model's condition.

    `since` is the time of the first of consecutive runs with findings, or of the event.
    """

    rank: Rank
    word: str
    reason: str
    since: datetime | None = None
    acknowledged: bool = False

    @property
    def kind(self) -> str:
        """CSS class of the state."""
        return _KINDS[self.rank]

    @property
    def needs_attention(self) -> bool:
        """Whether a person should act."""
        return self.rank <= Rank.WARN and not self.acknowledged


_KINDS = {
    Rank.BAD: "bad",
    Rank.WARN: "warn",
    Rank.BUSY: "busy",
    Rank.GOOD: "good",
    Rank.NEUTRAL: "neutral",
}


def condition(found: ModelDocuments, now: datetime) -> Condition:
    """Return a model's most urgent condition."""
    return next(_conditions(found, now))


def _conditions(found: ModelDocuments, now: datetime) -> Iterator[Condition]:
    """Yield what is the case, most urgent first."""
    pointer, latest = found.pointer, found.latest
    if found.faults:
        yield Condition(Rank.BAD, "unreadable", "; ".join(found.faults))
    if found.waiting is not None and found.waiting.is_open:
        reason = f"Version {found.waiting.version} waits for approval."
        yield Condition(Rank.WARN, "approval", reason, found.waiting.requested_at)
    if pointer is None:
        yield Condition(Rank.NEUTRAL, "not released", "No version serves yet.")
        return
    if latest is not None:
        yield from _findings(latest, found.state.open_alert if found.state else None, now)
    if pointer.challenger is not None:
        yield Condition(Rank.BUSY, pointer.challenger.mode, pointer.reason, pointer.trial_since)
    if latest is None:
        yield Condition(Rank.NEUTRAL, "new", "Drift has not been checked yet.", pointer.written_at)
    elif latest.drift.status is DriftStatus.INSUFFICIENT_DATA:
        yield Condition(Rank.NEUTRAL, "too few data", latest.drift.reason)
    else:
        yield Condition(Rank.GOOD, "ok", latest.drift.reason)


def _findings(latest: LatestSummary, alert: Alert | None, now: datetime) -> Iterator[Condition]:
    drift = latest.drift
    since = alert.opened_at if alert else None
    seen = bool(alert and alert.acknowledged_by)
    for finding in latest.performance:
        if finding.degraded:
            yield Condition(Rank.BAD, "degraded", finding.reason, since, seen)
    reason = "; ".join(drift.findings) or drift.reason
    if drift.status is DriftStatus.DRIFT:
        yield Condition(Rank.WARN, "drift", reason, since, seen)
    if drift.status is DriftStatus.FAULT:
        yield Condition(Rank.WARN, "fault", reason, drift.window_end)
    if drift.action is not DriftAction.NONE:
        yield Condition(Rank.WARN, "warning", reason, since, seen)
    if now - drift.window_end > _LATE:
        reason = "The nightly drift run is late or failed."
        yield Condition(Rank.WARN, "no drift run", reason, drift.window_end)


def judged(found: ModelDocuments) -> PerformanceFinding | None:
    """Return the finding to show: degraded before others, realized before expected."""
    known = [each for each in (found.latest.performance if found.latest else ()) if each.value]
    ordered = sorted(known, key=lambda each: (not each.degraded, each.basis is Basis.EXPECTED))
    return next(iter(ordered), None)
