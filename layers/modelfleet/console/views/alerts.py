"""Alerts of all models, and what a person does about them."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from modelfleet.console.views.documents import Documents
from modelfleet.drift import state_store
from modelfleet.drift.state import Alert, Silence
from modelfleet.spec.errors import (
    ConflictError,
    DriftStateError,
    ObjectNotFoundError,
    UnavailableError,
)
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.names import quoted
from modelfleet.storage.object_store import ObjectStore

SILENCES = (1, 7, 30)
"""Days that a silence may last; 0 ends it."""

_SHOWN = 100


@dataclass(frozen=True)
class AlertRow:
    """An alert of a model; `silence` is the one in force."""

    model: str
    title: str
    alert: Alert
    silence: Silence | None

    @property
    def needs_attention(self) -> bool:
        """Whether nobody looks after it yet."""
        return self.alert.is_open and not self.alert.acknowledged_by


@dataclass(frozen=True)
class AlertsPage:
    """Open alerts, longest open first, and ended ones, newest first.

    `silenced` are models that are silent without an open alert. `hidden` counts older alerts.
    """

    open: Sequence[AlertRow]
    ended: Sequence[AlertRow]
    hidden: int
    silenced: Sequence[tuple[str, Silence]]
    faults: tuple[str, ...]


def alerts_page(models: Mapping[str, ModelSpec], documents: Documents, now: datetime) -> AlertsPage:
    """Return the alerts of all models."""
    found = documents.models(list(models))
    rows, silenced = [], []
    for name, each in found.items():
        if each.state is None:
            continue
        silence = each.state.silence
        current = silence if silence is not None and silence.until > now else None
        rows += [AlertRow(name, models[name].title, alert, current) for alert in each.state.alerts]
        if current is not None and each.state.open_alert is None:
            silenced.append((name, current))
    ended = [row for row in rows if not row.alert.is_open]
    ended.sort(key=lambda row: row.alert.seen_at, reverse=True)
    return AlertsPage(
        open=sorted(
            (row for row in rows if row.alert.is_open),
            key=lambda row: (not row.needs_attention, row.alert.opened_at),
        ),
        ended=ended[:_SHOWN],
        hidden=max(0, len(ended) - _SHOWN),
        silenced=silenced,
        faults=tuple(fault for each in found.values() for fault in each.faults),
    )


def acknowledge(store: ObjectStore, model: str, alert: str, by: str, now: datetime) -> None:
    """Acknowledge an alert, unless someone else has.

    Raises
    ------
    ObjectNotFoundError
        If there is no such alert.
    ConflictError
        If another person was first; the message names them.
    UnavailableError
        If the drift state is unreadable.
    """
    with _readable():
        _require(store, model, alert)
        state_store.acknowledge(store, model, alert, by, now)
        signed = _require(store, model, alert)
    if (signed.acknowledged_by, signed.acknowledged_at) != (by, now):
        raise ConflictError(f"{model}: {signed.acknowledged_by} has already acknowledged it")


def silence(store: ObjectStore, model: str, days: int, by: str, reason: str, now: datetime) -> None:
    """Send no notifications about a model for some days; none ends the silence.

    Raises
    ------
    UnavailableError
        If the drift state is unreadable.
    """
    until = now + timedelta(days=days)
    with _readable():
        state_store.silence(store, model, Silence(until=until, by=by, since=now, reason=reason))


def _require(store: ObjectStore, model: str, alert: str) -> Alert:
    known = state_store.current(store, model).alerts
    found = next((each for each in known if each.id == alert), None)
    if found is None:
        raise ObjectNotFoundError(f"{model} has no alert {quoted(alert)}")
    return found


@contextmanager
def _readable() -> Iterator[None]:
    try:
        yield
    except DriftStateError as error:
        raise UnavailableError(str(error)) from error
