"""Writes the reports of a drift run."""

from modelfleet.drift.page import drift_page
from modelfleet.drift.report import RunFindings
from modelfleet.drift.reports import PERFORMANCE_FILE, REPORT_FILE, SUMMARY_FILE, past_reports
from modelfleet.drift.state import Decision, DriftState
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore

_SHOWN_REPORTS = 30


def write_reports(
    store: ObjectStore, spec: ModelSpec, run: RunFindings, decision: Decision, state: DriftState
) -> None:
    """Write a run's reports; the JSON report comes last and marks them as complete.

    This is apart from reading them, because the release function reads and has no templates.
    """
    history = past_reports(store, spec.name, run.drift.window.end, _SHOWN_REPORTS)
    folder, page = decision.report, drift_page(spec, run, decision, state, history)
    store.put(f"{folder}/{SUMMARY_FILE}", page)
    performance = run.performance.model_dump_json(indent=2).encode()
    store.put(f"{folder}/{PERFORMANCE_FILE}", performance)
    store.put(f"{folder}/{REPORT_FILE}", run.drift.model_dump_json(indent=2).encode())
