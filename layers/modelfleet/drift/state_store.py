"""Reads and changes a model's drift state."""

from collections.abc import Callable
from datetime import datetime

from modelfleet.drift.state import Alert, Decision, DriftState, Silence
from modelfleet.spec.errors import DriftStateError
from modelfleet.storage import keys
from modelfleet.storage.documents import StoredDocument
from modelfleet.storage.object_store import ObjectStore


def current(store: ObjectStore, model: str) -> DriftState:
    """Read the drift state; empty for a model without a drift run."""
    return _document(store, model).read() or DriftState(model=model)


def change(store: ObjectStore, model: str, make: Callable[[DriftState], DriftState]) -> DriftState:
    """Change the drift state with a conditional write, and retry after a conflict.

    Raises
    ------
    DriftStateError
        If the stored state is unreadable.
    ConflictError
        If every attempt lost to another writer.
    """
    return _document(store, model).change(lambda before: make(before or DriftState(model=model)))


def announced(store: ObjectStore, decision: Decision) -> None:
    """Record that a decision was published."""

    def make(state: DriftState) -> DriftState:
        last = state.last
        if last is None or last.window_end != decision.window_end:
            return state
        return state.model_copy(update={"last": last.model_copy(update={"announced": True})})

    change(store, decision.model, make)


def acknowledge(store: ObjectStore, model: str, alert: str | None, by: str, now: datetime) -> str:
    """Acknowledge an alert, by default the open one, and return its ID.

    Raises
    ------
    DriftStateError
        If there is no such alert.
    """

    def make(state: DriftState) -> DriftState:
        wanted = _wanted(state, alert)
        signed = {"acknowledged_by": by, "acknowledged_at": now}
        alerts = tuple(
            each.model_copy(update=signed) if each == wanted and not each.acknowledged_by else each
            for each in state.alerts
        )
        return state.model_copy(update={"alerts": alerts})

    return _wanted(change(store, model, make), alert).id


def silence(store: ObjectStore, model: str, silence: Silence) -> None:
    """Silence a model's alerts until a time; a time in the past ends the silence.

    Retraining is not affected, and findings are still recorded.
    """

    def make(state: DriftState) -> DriftState:
        silences = (silence, *state.silences)
        return state.model_copy(update={"silence": silence, "silences": silences})

    change(store, model, make)


def _wanted(state: DriftState, alert: str | None) -> Alert:
    """Return the alert with an ID, or the open one."""
    known = {each.id: each for each in state.alerts}
    wanted = alert or (state.open_alert.id if state.open_alert else "")
    if wanted not in known:
        asked = f"no alert {alert}" if alert else "no open alert"
        raise DriftStateError(f"{state.model} has {asked}; see: fleet alerts list {state.model}")
    return known[wanted]


def _document(store: ObjectStore, model: str) -> StoredDocument[DriftState]:
    return StoredDocument(store, keys.drift_state(model), DriftState.parse)
