"""One drift run: compare, measure, decide once, store the reports, publish the decision."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from modelfleet.captures.columns import WindowColumns
from modelfleet.captures.window import Window
from modelfleet.captures.window_reader import read_window
from modelfleet.drift import state_store as drift_state
from modelfleet.drift.decide import Run, decide, find_troubles
from modelfleet.drift.detect import detect_drift
from modelfleet.drift.metrics import heartbeat, measurements
from modelfleet.drift.page import drift_page
from modelfleet.drift.performance import measure_performance
from modelfleet.drift.performance_limits import performance_findings
from modelfleet.drift.report import DriftReport, DriftStatus, RunFindings
from modelfleet.drift.report_rows import ReportRows, report_rows
from modelfleet.drift.reports import (
    DRAWN_FILE,
    PERFORMANCE_FILE,
    REPORT_FILE,
    SUMMARY_FILE,
    past_reports,
)
from modelfleet.drift.requests import DriftOutcome, DriftRequest
from modelfleet.drift.state import Decision, DriftAction, DriftState
from modelfleet.metrics.embedded import MetricSink
from modelfleet.registry import pointer_store as pointer
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.manifest import BundleManifest
from modelfleet.spec.clock import Clock
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# Outcomes arrive late, so performance covers a longer window than drift.
PERFORMANCE_DAYS = 7
_SHOWN_REPORTS = 30

_log = logging.getLogger(__name__)

Draw = Callable[[ReportRows], bytes]


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
        Renders Evidently's detailed report; may be slow.
    tell
        Publishes a decision; raises if that fails, and is then retried by the next run.
    metrics, namespace
        Destination of the metrics, and their namespace.
    """

    lake: ObjectStore
    artifacts: ObjectStore
    clock: Clock
    draw: Draw
    tell: Callable[[Decision], None]
    metrics: MetricSink
    namespace: str


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
    window = request.window(watcher.clock())
    manifest = _manifest(watcher.artifacts, spec.name, released.champion)
    current = read_window(watcher.lake, spec, window, version=released.champion)
    found = _measure(spec, manifest, current, window, watcher)
    decision, state = _decide(spec, found, watcher)
    _keep(spec, found, decision, state, watcher)
    now = watcher.clock()
    watcher.metrics.put(measurements(watcher.namespace, found, decision, now))
    if decision.action is not DriftAction.NONE and not decision.announced:
        watcher.tell(decision)
        drift_state.announced(watcher.artifacts, decision)
    # Last, because it is slow third-party code, and likeliest to fail when drift matters most.
    _draw(spec, found, decision, current, watcher)
    return _outcome(found.drift, decision)


def _manifest(store: ObjectStore, model: str, version: str) -> BundleManifest:
    return BundleStore(store).manifest(model, version)


def _measure(
    spec: ModelSpec,
    manifest: BundleManifest,
    current: WindowColumns,
    window: Window,
    watcher: DriftRunner,
) -> RunFindings:
    now = watcher.clock()
    drift = detect_drift(
        spec,
        version=manifest.version,
        profile=BundleStore(watcher.artifacts).profile(manifest),
        current=current,
        window=window,
        made_at=now,
    )
    longer = Window(start=window.end - timedelta(days=PERFORMANCE_DAYS), end=window.end)
    performance = measure_performance(spec, watcher.lake, window=longer, now=now)
    findings = performance_findings(spec.gate, performance, {manifest.version: manifest})
    return RunFindings(manifest, drift, performance, findings)


def _decide(
    spec: ModelSpec, found: RunFindings, watcher: DriftRunner
) -> tuple[Decision, DriftState]:
    """Decide with one conditional write, so that two concurrent runs cannot both act."""
    run = Run(
        model=spec.name,
        version=found.drift.version,
        window_end=found.drift.window.end,
        now=watcher.clock(),
        report=keys.report(spec.name, found.drift.window.end),
        troubles=find_troubles(found.drift, found.findings),
        informative=found.drift.status is not DriftStatus.INSUFFICIENT_DATA,
    )
    state = drift_state.change(
        watcher.artifacts, spec.name, lambda before: decide(spec.watch, before, run)[1]
    )
    # Returns the stored decision of the window.
    return decide(spec.watch, state, run)


def _keep(
    spec: ModelSpec,
    found: RunFindings,
    decision: Decision,
    state: DriftState,
    watcher: DriftRunner,
) -> None:
    """Write the reports; the JSON report comes last and marks them as complete."""
    store, folder = watcher.artifacts, decision.report
    history = past_reports(store, spec.name, found.drift.window.end, _SHOWN_REPORTS)
    page = drift_page(spec, found, decision, state, history)
    store.put(f"{folder}/{SUMMARY_FILE}", page)
    performance = found.performance.model_dump_json(indent=2).encode()
    store.put(f"{folder}/{PERFORMANCE_FILE}", performance)
    store.put(f"{folder}/{REPORT_FILE}", found.drift.model_dump_json(indent=2).encode())


def _draw(
    spec: ModelSpec,
    found: RunFindings,
    decision: Decision,
    current: WindowColumns,
    watcher: DriftRunner,
) -> None:
    """Store Evidently's report, if there are columns to draw."""
    if not found.drift.columns:
        return
    try:
        rows = report_rows(spec, watcher.lake, found.manifest, current)
    except ObjectNotFoundError:
        # Decisions only need the profile, and the training rows may have been deleted.
        _log.warning("%s: training rows no longer exist, Evidently report skipped", spec.name)
        return
    watcher.artifacts.put(f"{decision.report}/{DRAWN_FILE}", watcher.draw(rows))


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
