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

# Outcomes come late, so performance looks further back than drift.
PERFORMANCE_DAYS = 7
_SHOWN_REPORTS = 30

_log = logging.getLogger(__name__)

Draw = Callable[[ReportRows], bytes]


@dataclass(frozen=True)
class DriftRunner:
    """What watching reaches the world through.

    Attributes
    ----------
    lake, artifacts
        The two buckets.
    clock
        The time.
    draw
        Makes the report for people who want to look closer; it may take long.
    tell
        Tells others of a decision; raises where nobody could be told, and is then asked again.
    metrics, namespace
        Takes what was measured, and what its names belong to.
    """

    lake: ObjectStore
    artifacts: ObjectStore
    clock: Clock
    draw: Draw
    tell: Callable[[Decision], None]
    metrics: MetricSink
    namespace: str


def run_drift(spec: ModelSpec, request: DriftRequest, watcher: DriftRunner) -> DriftOutcome:
    """Look at a window of the released version's predictions, and act on it once.

    Asked again for the same window, the reports are written again and the decision stays; others
    are told of it until that has succeeded once.

    Raises
    ------
    BundleError
        If the released version's bundle is broken.
    DriftError
        If a column's statistics cannot be computed.
    CallError
        If nobody could be told of a decision.
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
    # Last: it is slow, others' code, and likeliest to fail on the days that people must hear of.
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
    """Decide by one conditional write: two runs at once cannot both act."""
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
    # A window that was decided on keeps its decision.
    return decide(spec.watch, state, run)


def _keep(
    spec: ModelSpec,
    found: RunFindings,
    decision: Decision,
    state: DriftState,
    watcher: DriftRunner,
) -> None:
    """Write the reports; the one that is read by programs comes last, and says that all are."""
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
    """Draw the report that people look closer at, where there is something to draw."""
    if not found.drift.columns:
        return
    try:
        rows = report_rows(spec, watcher.lake, found.manifest, current)
    except ObjectNotFoundError:
        # What decides needs the profile alone: the rows may have been deleted since.
        _log.warning("%s: its data set version is gone, nothing is drawn of it", spec.name)
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
