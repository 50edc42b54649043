"""Decides on the findings of a drift run, and updates the drift state."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from modelfleet.drift.performance.report import Basis, PerformanceFinding
from modelfleet.drift.report import ColumnDrift, DriftReport, DriftStatus, Severity
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

_SUPPRESSED = {DriftAction.RETRAIN: "not retraining", DriftAction.WARN: "warning suppressed"}


class Run(NamedTuple):
    """One drift run: its window and its findings.

    `informative` is false if there was too little data to decide. `report` is the folder of the
    run's reports. `made_at` are the times of the window's predictions in UTC, datetime64[us], shape
    (rows,); `rows_minimum` of them are enough to detect drift.
    """

    model: str
    version: str
    window_end: datetime
    now: datetime
    report: str
    troubles: tuple[Trouble, ...]
    informative: bool
    made_at: NDArray[np.datetime64]
    rows_minimum: int

    def new_rows(self, since: datetime | None) -> int:
        """Count the window's predictions that were made at a time or later."""
        if since is None:
            return self.made_at.size
        start = np.datetime64(since.astimezone(UTC).replace(tzinfo=None), "us")
        return int(np.count_nonzero(self.made_at >= start))


def find_troubles(
    report: DriftReport, performance: Sequence[PerformanceFinding]
) -> tuple[Trouble, ...]:
    """Collect the findings that need a decision, most severe concern first."""
    found = [*_of_performance(performance), *_of_drift(report)]
    order = list(Concern)
    return tuple(sorted(found, key=lambda trouble: order.index(trouble.concern)))


def decide(policy: AlertPolicy, state: DriftState, run: Run) -> tuple[Decision, DriftState]:
    """Decide on a run, and return the decision with the new state.

    Idempotent: a window that was already decided on keeps its decision and the state.
    """
    if state.last is not None and state.last.window_end == run.window_end:
        return state.last, state
    if state.version != run.version:
        state = state.model_copy(update={"streaks": {}, "counted_until": None})
    counts = _counts(state, run)
    streaks = _streaks(state, run, counts=counts)
    action, held_back = _choose(policy, state, streaks, run)
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
            "counted_until": run.window_end if counts else state.counted_until,
            "last": decision,
            "alerts": _alerts(state, run, decision),
            **times.get(action, {}),
        }
    )
    return decision, after


def _of_performance(findings: Sequence[PerformanceFinding]) -> Iterator[Trouble]:
    for finding in findings:
        if finding.degraded:
            realised = finding.basis is Basis.REALISED
            yield Trouble(
                concern=Concern.PERFORMANCE if realised else Concern.EXPECTED,
                severity=Severity.HIGH if realised else Severity.MEDIUM,
                text=finding.reason,
            )


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
        else f"{finding.test.shown} {finding.statistic:.3g} (limit {finding.threshold:g})"
        for finding in column.findings
        if finding.drifted
    )
    return Trouble(concern=concern, severity=column.severity, text=f"{name} drifted: {tests}")


def _counts(state: DriftState, run: Run) -> bool:
    """Whether a run is evidence of its own: enough of its predictions are new.

    Several runs on the same predictions, as by hand, find the same thing once. Where the window has
    few predictions, half of them are enough.
    """
    if not run.informative and not run.troubles:
        return False
    required = max(1, min(run.rows_minimum, run.made_at.size // 2))
    return run.new_rows(state.counted_until) >= required


def _streaks(state: DriftState, run: Run, *, counts: bool) -> dict[Concern, int]:
    before = state.streaks
    now = {trouble.concern for trouble in run.troubles}
    if counts:
        return {concern: before.get(concern, 0) + 1 for concern in Concern if concern in now}
    # Neither extended nor reset. A concern that is new has been detected once.
    return before | {concern: 1 for concern in Concern if concern in now - before.keys()}


def _choose(
    policy: AlertPolicy, state: DriftState, streaks: dict[Concern, int], run: Run
) -> tuple[DriftAction, tuple[str, ...]]:
    """Choose the strongest action that nothing suppresses; return why stronger ones were."""
    found = {trouble.concern for trouble in run.troubles}
    held_back: list[str] = []
    for action, concerns, runs in (
        (DriftAction.RETRAIN, policy.retrain_on, policy.retrain_after),
        (DriftAction.WARN, policy.warn_on, policy.warn_after),
    ):
        # Only concerns of this run count.
        streak = max((streaks.get(each, 0) for each in concerns if each in found), default=0)
        if streak == 0:
            continue
        obstacle = _too_soon(streak, runs, state, run) or _obstacle(policy, state, action, run)
        if obstacle is None:
            return action, tuple(held_back)
        held_back.append(f"{_SUPPRESSED[action]}: {obstacle}")
    return DriftAction.NONE, tuple(held_back)


def _too_soon(streak: int, runs: int, state: DriftState, run: Run) -> str | None:
    if streak >= runs:
        return None
    reason = f"{streak} of {runs} consecutive detections"
    if _counts(state, run):
        return reason
    new = run.new_rows(state.counted_until)
    return f"{reason}; only {new:,} of {run.made_at.size:,} predictions are new"


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
