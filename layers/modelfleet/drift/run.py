"""One drift run: compare, measure, decide once, store the reports, publish the decision."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from modelfleet.captures.refused_values import read_refused_values
from modelfleet.captures.window import Window
from modelfleet.captures.window_reader import read_window
from modelfleet.drift import state_store as drift_state
from modelfleet.drift.decide import Run, decide, find_troubles, measured_concerns
from modelfleet.drift.detect import detect_drift
from modelfleet.drift.metrics import heartbeat, measurements
from modelfleet.drift.performance.answers import read_answers
from modelfleet.drift.performance.limits import performance_findings
from modelfleet.drift.performance.measure import performance_of
from modelfleet.drift.refused import refused_categories
from modelfleet.drift.report import DriftReport, RunFindings
from modelfleet.drift.report_rows import ReportRows, drawn_rows
from modelfleet.drift.reports import DRAWN_FILE
from modelfleet.drift.requests import DriftOutcome, DriftRequest
from modelfleet.drift.segments.columns import needed
from modelfleet.drift.segments.measure import measure_segments
from modelfleet.drift.state import Decision, DriftAction, DriftState
from modelfleet.drift.summaries.summary import TrafficReader
from modelfleet.drift.summaries.write import write_summaries
from modelfleet.drift.write_reports import write_reports
from modelfleet.metrics.embedded import MetricSink
from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.spec.alert_policy import AlertPolicy
from modelfleet.spec.clock import Clock
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# Outcomes arrive late, so performance covers a longer window than drift.
PERFORMANCE_DAYS = 7

_log = logging.getLogger(__name__)

Draw = Callable[[str, DriftReport, ReportRows], bytes]


@dataclass(frozen=True)
class DriftRunner:
    """Ports of a drift run.

    Attributes
    ----------
    lake, artifacts
        The two buckets.
    clock
        Returns the current time.
    draw
        Renders Evidently's detailed report, from the model's title, the run's findings, and sampled
        rows; may be slow.
    tell
        Publishes a decision; raises if that fails, and is then retried by the next run.
    metrics, namespace
        Destination of the metrics, and their namespace.
    traffic
        Reads the requests and latencies of the summaries.
    """

    lake: ObjectStore
    artifacts: ObjectStore
    clock: Clock
    draw: Draw
    tell: Callable[[Decision], None]
    metrics: MetricSink
    namespace: str
    traffic: TrafficReader


def run_drift(spec: ModelSpec, request: DriftRequest, watcher: DriftRunner) -> DriftOutcome:
    """Check a window of the champion's predictions, and act on the findings once.

    A repeated run on the same window rewrites the reports and keeps the decision, which is
    published until that has succeeded once.

    Raises
    ------
    BundleError
        If the champion's bundle is broken.
    DriftError
        If a column's statistics cannot be computed.
    CallError
        If the decision could not be published.
    """
    released = pointer.current(watcher.artifacts, spec.name)
    if released is None:
        watcher.metrics.put(heartbeat(watcher.namespace, spec.name, watcher.clock()))
        reason = f"nothing is released yet; run: fleet retrain {spec.name} --wait"
        return DriftOutcome(model=spec.name, reason=reason)
    bundles = BundleStore(watcher.artifacts)
    manifest = bundles.manifest(spec.name, released.champion)
    profile = bundles.profile(manifest)
    window, now = request.window(watcher.clock()), watcher.clock()
    current = read_window(watcher.lake, spec, window, version=manifest.version)
    drift = detect_drift(
        spec,
        version=manifest.version,
        profile=profile,
        current=current,
        window=window,
        made_at=now,
    )
    refused = read_refused_values(watcher.lake, spec.name, window)
    drift = drift.model_copy(update={"refused": refused_categories(spec, refused, current)})
    drift = drift.weighted(manifest.importance)
    longer = Window(start=window.end - timedelta(days=PERFORMANCE_DAYS), end=window.end)
    answers = read_answers(spec, watcher.lake, window=longer, now=now, columns=needed(spec))
    performance = performance_of(spec, answers)
    segments = measure_segments(spec, answers, manifest)
    degraded = performance_findings(spec.gate, performance, {manifest.version: manifest})
    run = Run(
        model=spec.name,
        version=manifest.version,
        window_end=window.end,
        now=watcher.clock(),
        report=keys.report(spec.name, window.end),
        troubles=find_troubles(drift, degraded, segments),
        measured=measured_concerns(drift, degraded, segments),
        made_at=current.made_at,
        rows_minimum=spec.drift.current_rows,
    )
    decision, state = _decide_once(watcher.artifacts, spec.alerts, run)
    found = RunFindings(manifest, drift, performance, degraded, segments)
    write_reports(watcher.artifacts, spec, found, decision, state)
    write_summaries(watcher.artifacts, spec, found, decision, watcher.traffic)
    watcher.metrics.put(measurements(watcher.namespace, found, decision, watcher.clock()))
    if decision.action is not DriftAction.NONE and not decision.announced:
        watcher.tell(decision)
        drift_state.announced(watcher.artifacts, decision)
    # Last, because it is slow third-party code, and likeliest to fail when drift matters most.
    rows = drawn_rows(spec, found, current, watcher.lake)
    if rows is not None:
        watcher.artifacts.put(
            f"{decision.report}/{DRAWN_FILE}", watcher.draw(spec.title, drift, rows)
        )
    return _outcome(drift, decision)


def _outcome(report: DriftReport, decision: Decision) -> DriftOutcome:
    return DriftOutcome(
        model=report.model,
        version=report.version,
        status=report.status,
        reason=report.reason,
        current_rows=report.current_rows,
        drifted=tuple(column.name for column in report.drifted),
        action=decision.action,
        reasons=decision.reasons,
        held_back=decision.held_back,
        report=decision.report,
    )


def _decide_once(store: ObjectStore, policy: AlertPolicy, run: Run) -> tuple[Decision, DriftState]:
    """Decide with one conditional write, so that two concurrent runs cannot both act.

    A window that was decided on before keeps its decision.

    Raises
    ------
    DriftStateError
        If the stored state is unreadable.
    ConflictError
        If every attempt lost to another writer.
    """
    state = drift_state.change(store, run.model, lambda before: decide(policy, before, run)[1])
    return decide(policy, state, run)
