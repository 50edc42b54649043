"""Decides on the findings of a drift run, and updates the drift state."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from modelfleet.drift.performance.report import Basis, PerformanceFinding, PerformanceStatus
from modelfleet.drift.report import ColumnDrift, DriftReport, DriftStatus, Severity
from modelfleet.drift.segments.report import SegmentReport
from modelfleet.drift.state import (
    ALERTS_MAXIMUM,
    Alert,
    Decision,
    DriftAction,
    DriftState,
    Trouble,
)
from modelfleet.spec.alert_policy import AlertPolicy, Concern
from modelfleet.spec.categories import accept_command

# Concerns with other evidence than the window's predictions: outcomes arrive days after them, and
# refused requests are not among them.
_SLOW = frozenset(
    {
        *(Concern.PERFORMANCE, Concern.SEGMENT, Concern.FAIRNESS),
        *(Concern.EXPECTED, Concern.NEW_CATEGORY),
    }
)
# About a day, so that a daily run which starts somewhat early counts too.
_SLOW_AFTER = timedelta(hours=20)

_SUPPRESSED = {DriftAction.RETRAIN: "not retraining", DriftAction.WARN: "warning suppressed"}


class Run(NamedTuple):
    """One drift run: its window and its findings.

    `measured` are the concerns that there was enough data to rule out or find. `report` is the
    folder of the run's reports. `made_at` are the times of the window's predictions in UTC,
    datetime64[us], shape (rows,); `rows_minimum` of them are enough to detect drift.
    """

    model: str
    version: str
    window_end: datetime
    now: datetime
    report: str
    troubles: tuple[Trouble, ...]
    measured: frozenset[Concern]
    made_at: NDArray[np.datetime64]
    rows_minimum: int

    @property
    def informative(self) -> bool:
        """Whether there was enough data to compare the window; otherwise no fault can be told."""
        return Concern.FAULT in self.measured

    @property
    def judged_until(self) -> datetime:
        """The end of the window, or now if the window ends in the future."""
        return min(self.window_end, self.now)

    def new_rows(self, since: datetime | None) -> int:
        """Count the window's predictions that were made at a time or later."""
        if since is None:
            return self.made_at.size
        start = np.datetime64(since.astimezone(UTC).replace(tzinfo=None), "us")
        return int(np.count_nonzero(self.made_at >= start))


def find_troubles(
    report: DriftReport,
    performance: Sequence[PerformanceFinding],
    segments: SegmentReport | None = None,
) -> tuple[Trouble, ...]:
    """Collect the findings that need a decision, most severe concern first."""
    found = [*_of_performance(performance), *_of_segments(segments), *_of_drift(report)]
    order = list(Concern)
    return tuple(sorted(found, key=lambda trouble: order.index(trouble.concern)))


def measured_concerns(
    report: DriftReport,
    performance: Sequence[PerformanceFinding],
    segments: SegmentReport | None = None,
) -> frozenset[Concern]:
    """Return the concerns that a run with these findings had enough data to rule out or find."""
    bases = {
        finding.basis
        for finding in performance
        if finding.status is not PerformanceStatus.INSUFFICIENT_DATA
    }
    measured = {_concern(basis) for basis in bases} | (segments.measured if segments else set())
    if report.status is not DriftStatus.INSUFFICIENT_DATA:
        measured |= {Concern.FAULT, Concern.NEW_CATEGORY}
        if report.status is not DriftStatus.FAULT:
            measured |= {Concern.DATA_SET, Concern.FEATURE, Concern.PREDICTION}
    return frozenset(measured)


def decide(policy: AlertPolicy, state: DriftState, run: Run) -> tuple[Decision, DriftState]:
    """Decide on a run, and return the decision with the new state.

    Idempotent: a window that was already decided on keeps its decision and the state.
    """
    if state.last is not None and state.last.window_end == run.window_end:
        return state.last, state
    if state.version != run.version:
        state = state.model_copy(update={"streaks": {}, "counted": {}})
    counting = {concern for concern in Concern if _counts(state, run, concern)}
    streaks = _streaks(state, run, counting)
    action, held_back = _choose(policy, state, streaks, run, counting)
    decision = Decision(
        model=run.model,
        version=run.version,
        window_end=run.window_end,
        decided_at=run.now,
        action=action,
        troubles=run.troubles,
        held_back=held_back,
        report=run.report,
    )
    times = {
        DriftAction.WARN: {"warned_at": run.now},
        DriftAction.RETRAIN: {"warned_at": run.now, "retrained_at": run.now},
    }
    after = state.model_copy(
        update={
            "version": run.version,
            "streaks": streaks,
            "counted": state.counted | dict.fromkeys(sorted(counting), run.judged_until),
            "last": decision,
            "alerts": _alerts(state, run, decision),
            **times.get(action, {}),
        }
    )
    return decision, after


def _of_performance(findings: Sequence[PerformanceFinding]) -> Iterator[Trouble]:
    for finding in findings:
        if finding.degraded:
            concern = _concern(finding.basis)
            severity = Severity.HIGH if concern is Concern.PERFORMANCE else Severity.MEDIUM
            yield Trouble(concern=concern, severity=severity, text=finding.reason)


def _of_segments(segments: SegmentReport | None) -> Iterator[Trouble]:
    for found in segments.findings if segments else ():
        yield Trouble(concern=found.concern, severity=Severity.MEDIUM, text=found.text)


def _concern(basis: Basis) -> Concern:
    return Concern.PERFORMANCE if basis is Basis.REALISED else Concern.EXPECTED


def _of_drift(report: DriftReport) -> Iterator[Trouble]:
    if report.status is DriftStatus.FAULT:
        yield Trouble(concern=Concern.FAULT, severity=Severity.HIGH, text=report.reason)
    if report.data_set_drifted:
        text = f"{report.drifted_share:.0%} of the watched features have drifted"
        yield Trouble(concern=Concern.DATA_SET, severity=Severity.HIGH, text=text)
    for column in report.columns:
        if column.drifted:
            yield _drifted(Concern.FEATURE, column.name, column)
    for category in report.refused:
        if category.proposed and category.value is not None:
            yield _refused(report.model, category.column, category.value, category.share)
    if report.prediction is not None and report.prediction.drifted:
        yield _drifted(Concern.PREDICTION, "prediction", report.prediction)
    if report.label is not None and report.label.drifted:
        yield _drifted(Concern.PREDICTION, "predicted class", report.label)


def _refused(model: str, column: str, value: str, share: float) -> Trouble:
    command = accept_command(model, column, value)
    text = f"{column}: {value!r} in {share:.1%} of requests was refused; accept it with: {command}"
    return Trouble(concern=Concern.NEW_CATEGORY, severity=Severity.MEDIUM, text=text)


def _drifted(concern: Concern, name: str, column: ColumnDrift) -> Trouble:
    tests = ", ".join(
        f"{finding.test.shown} {finding.effect_size:.3g} (limit {finding.threshold:g})"
        if finding.effect_size is not None
        else f"{finding.test.shown} {finding.size:.3g} (limit {finding.threshold:g})"
        for finding in column.findings
        if finding.drifted
    )
    return Trouble(concern=concern, severity=column.severity, text=f"{name} drifted: {tests}")


def _counts(state: DriftState, run: Run, concern: Concern) -> bool:
    """Whether a run extends or resets a concern's streak: its evidence is new.

    Several runs on the same predictions, as by hand, find the same thing once. Where the window has
    few predictions, half of them are enough.
    """
    if concern not in run.measured and concern not in _found(run):
        return False
    since = state.counted.get(concern)
    required = max(1, min(run.rows_minimum, run.made_at.size // 2))
    if run.informative and run.new_rows(since) >= required:
        return True
    return concern in _SLOW and (since is None or run.judged_until - since >= _SLOW_AFTER)


def _streaks(state: DriftState, run: Run, counting: set[Concern]) -> dict[Concern, int]:
    kept = {concern: n for concern, n in state.streaks.items() if concern not in counting}
    extended = counting & _found(run)
    return kept | {
        concern: state.streaks.get(concern, 0) + 1 for concern in Concern if concern in extended
    }


def _found(run: Run) -> set[Concern]:
    return {trouble.concern for trouble in run.troubles}


def _choose(
    policy: AlertPolicy,
    state: DriftState,
    streaks: dict[Concern, int],
    run: Run,
    counting: set[Concern],
) -> tuple[DriftAction, tuple[str, ...]]:
    """Choose the strongest action that nothing suppresses; return why stronger ones were."""
    held_back: list[str] = []
    # Only concerns of this run count, and only new evidence retrains.
    found = _found(run)
    fresh = found & counting
    for action, concerns, runs, preferred in (
        (DriftAction.RETRAIN, policy.retrain_on, policy.retrain_after, fresh),
        (DriftAction.WARN, policy.warn_on, policy.warn_after, found),
    ):
        of_policy = found.intersection(concerns)
        if not of_policy:
            continue
        among = (of_policy & preferred) or of_policy
        concern = max(sorted(among), key=lambda each: streaks.get(each, 0))
        # People hear of a first detection even in evidence that was judged before.
        streak = streaks.get(concern, 0 if action is DriftAction.RETRAIN else 1)
        if streak >= runs and concern in preferred:
            obstacle = _obstacle(policy, state, action, run)
        else:
            obstacle = f"{streak} of {runs} consecutive detections"
            if concern not in fresh:
                obstacle += f"; {_stale(state, run, concern)}"
        if obstacle is None:
            return action, tuple(held_back)
        held_back.append(f"{_SUPPRESSED[action]}: {obstacle}")
    return DriftAction.NONE, tuple(held_back)


def _stale(state: DriftState, run: Run, concern: Concern) -> str:
    since = state.counted.get(concern)
    if concern in _SLOW and since is not None:
        return f"judged at {since:%Y-%m-%d %H:%M} UTC, with too few new predictions since"
    return f"only {run.new_rows(since):,} of {run.made_at.size:,} predictions are new"


def _obstacle(policy: AlertPolicy, state: DriftState, action: DriftAction, run: Run) -> str | None:
    last = state.retrained_at if action is DriftAction.RETRAIN else state.warned_at
    if last is not None and run.now - last < policy.cooldown:
        return f"last at {last:%Y-%m-%d %H:%M} UTC, cooldown {policy.cooldown_minutes} min"
    if action is DriftAction.RETRAIN:
        return None
    if state.silence is not None and run.now < state.silence.until:
        return f"silenced by {state.silence.by} until {state.silence.until:%Y-%m-%d %H:%M} UTC"
    if policy.is_quiet(run.now):
        return "quiet hours"
    alert = state.open_alert
    if alert is not None and alert.acknowledged_by and alert.version == run.version:
        return f"acknowledged by {alert.acknowledged_by}"
    return None


def _alerts(state: DriftState, run: Run, decision: Decision) -> tuple[Alert, ...]:
    """Continue, open, or end the alert."""
    current = state.open_alert
    others = tuple(alert for alert in state.alerts if alert is not current)
    if not run.troubles:
        if current is None or not run.informative:
            return state.alerts
        return (current.model_copy(update={"ended_at": run.now}), *others)
    if current is not None and current.version != run.version:
        others = (current.model_copy(update={"ended_at": run.now}), *others)
        current = None
    if current is None:
        current = Alert(
            id=f"{run.window_end:%Y%m%dT%H%M%S}",
            version=run.version,
            action=decision.action,
            concerns=(),
            reasons=(),
            report=run.report,
            opened_at=run.now,
            seen_at=run.now,
            runs=0,
        )
    seen = {
        "action": max(current.action, decision.action, key=list(DriftAction).index),
        "concerns": tuple(dict.fromkeys(trouble.concern for trouble in run.troubles)),
        "reasons": decision.reasons,
        "report": run.report,
        "seen_at": run.now,
        "runs": current.runs + 1,
    }
    return (current.model_copy(update=seen), *others)[:ALERTS_MAXIMUM]
