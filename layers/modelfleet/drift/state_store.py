"""Read and change what watching remembers of a model, never over a change that was not read."""

from collections.abc import Callable
from datetime import datetime

from modelfleet.drift.state import Decision, Silence, WatchState, read_state
from modelfleet.spec.errors import ConflictError, ObjectNotFoundError, WatchingError
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed
from modelfleet.storage.object_store import ObjectStore, StoredObject

ATTEMPTS = 5


def current(store: ObjectStore, model: str) -> WatchState:
    """What is remembered; of a model that was never watched, nothing."""
    return _read(store, model)[0]


def change(store: ObjectStore, model: str, make: Callable[[WatchState], WatchState]) -> WatchState:
    """Change it by one conditional write; a lost race is read anew and started over.

    Raises
    ------
    WatchingError
        If what is stored is unreadable.
    ConflictError
        If others kept writing it.
    """
    for _ in range(ATTEMPTS):
        before, stored = _read(store, model)
        after = make(before)
        if after == before:
            return after
        try:
            _write(store, after, stored)
        except ConflictError:
            continue
        return after
    raise ConflictError(f"{model}: what watching remembers changed {ATTEMPTS} times meanwhile")


def announced(store: ObjectStore, decision: Decision) -> None:
    """Remember that others were told of a decision."""

    def make(state: WatchState) -> WatchState:
        last = state.last
        if last is None or last.window_end != decision.window_end:
            return state
        return state.model_copy(update={"last": last.model_copy(update={"announced": True})})

    change(store, decision.model, make)


def acknowledge(store: ObjectStore, model: str, alert: str | None, by: str, now: datetime) -> str:
    """Say that somebody knows of an alert, the open one where none is named; answer which.

    Raises
    ------
    WatchingError
        If there is no such alert.
    """
    found: list[str] = []

    def make(state: WatchState) -> WatchState:
        wanted = alert or (state.open_alert.id if state.open_alert else None)
        known = [each for each in state.alerts if each.id == wanted]
        if not known:
            asked = f"no alert {alert}" if alert else "no open alert"
            raise WatchingError(f"{model} has {asked}; look at: fleet alerts list {model}")
        found[:] = [known[0].id]
        told = {"acknowledged_by": by, "acknowledged_at": now}
        alerts = tuple(
            each.model_copy(update=told) if each.id == wanted and not each.acknowledged_by else each
            for each in state.alerts
        )
        return state.model_copy(update={"alerts": alerts})

    change(store, model, make)
    return found[0]


def silence(store: ObjectStore, model: str, silence: Silence) -> None:
    """Tell nobody of a model's alerts until a date; one in the past ends the silence.

    Retraining goes on, and what is found is on record.
    """

    def make(state: WatchState) -> WatchState:
        silences = (silence, *state.silences)
        return state.model_copy(update={"silence": silence, "silences": silences})

    change(store, model, make)


def _read(store: ObjectStore, model: str) -> tuple[WatchState, StoredObject | None]:
    try:
        stored = store.get(keys.watching(model))
    except ObjectNotFoundError:
        return WatchState(model=model), None
    return parsed(keys.watching(model), stored.content, read_state), stored


def _write(store: ObjectStore, state: WatchState, read: StoredObject | None) -> None:
    key, content = keys.watching(state.model), state.model_dump_json(indent=2).encode()
    if read is None:
        store.create(key, content)
    else:
        store.replace(key, content, read.etag)
