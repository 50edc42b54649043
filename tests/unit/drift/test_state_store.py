"""What watching remembers is changed by one conditional write at a time."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.drift import state_store as drift_state
from modelfleet.drift.state import Alert, Decision, DriftAction, DriftState, Silence
from modelfleet.spec.alert_policy import Concern
from modelfleet.spec.errors import ConflictError, DriftStateError
from modelfleet.storage import keys
from modelfleet.storage.documents import ATTEMPTS
from modelfleet.storage.object_store import ObjectStore

MODEL = "churn"
DAY = datetime(2026, 1, 31, 2, tzinfo=UTC)


@pytest.fixture
def store() -> ObjectStore:
    """An empty bucket."""
    return memory_store()


def alert(id_: str, *, ended: bool = False) -> Alert:
    """An alert on a feature."""
    return Alert(
        id=id_,
        version="7",
        action=DriftAction.WARN,
        concerns=(Concern.FEATURE,),
        reasons=("Age drifted",),
        report="reports/churn/1",
        opened_at=DAY,
        seen_at=DAY,
        runs=1,
        ended_at=DAY if ended else None,
    )


def decision(window_end: datetime) -> Decision:
    """A decision to warn."""
    return Decision(
        model=MODEL,
        version="7",
        window_end=window_end,
        decided_at=window_end,
        action=DriftAction.WARN,
        report="reports/churn/1",
    )


def put(store: ObjectStore, state: DriftState) -> None:
    """Remember this."""
    store.put(keys.drift_state(MODEL), state.model_dump_json().encode())


def counted(state: DriftState) -> DriftState:
    """One more run that came upon a feature."""
    runs = state.streaks.get(Concern.FEATURE, 0) + 1
    return state.model_copy(update={"streaks": {Concern.FEATURE: runs}})


def disturbed(store: ObjectStore, times: int) -> Callable[[DriftState], DriftState]:
    """Count, while others count between the read and the write so many times."""
    left = [times]

    def make(state: DriftState) -> DriftState:
        if left[0]:
            left[0] -= 1
            drift_state.change(store, MODEL, counted)
        return counted(state)

    return make


def test_of_a_model_that_was_never_watched_nothing_is_known(store: ObjectStore) -> None:
    """Reading what is not there gives an empty state and writes nothing."""
    assert drift_state.current(store, MODEL) == DriftState(model=MODEL)
    assert list(store.keys("drift")) == []


@pytest.mark.parametrize("known", [False, True])
def test_two_writers_at_once_lose_nothing(store: ObjectStore, known: bool) -> None:
    """Who lost the race, the very first one included, starts over on what the other wrote."""
    if known:
        put(store, DriftState(model=MODEL))
    drift_state.change(store, MODEL, disturbed(store, times=2))
    assert drift_state.current(store, MODEL).streaks == {Concern.FEATURE: 3}


def test_who_never_wins_says_so(store: ObjectStore) -> None:
    """A change that is lost over and over ends with an error, and is not made by half."""
    with pytest.raises(ConflictError, match="10 attempts"):
        drift_state.change(store, MODEL, disturbed(store, times=99))
    assert drift_state.current(store, MODEL).streaks == {Concern.FEATURE: ATTEMPTS}


def test_what_changes_nothing_writes_nothing(store: ObjectStore) -> None:
    """A run that is repeated leaves the object as it was."""
    put(store, DriftState(model=MODEL))
    before = store.get(keys.drift_state(MODEL)).etag
    drift_state.change(store, MODEL, lambda state: state)
    assert store.get(keys.drift_state(MODEL)).etag == before


def test_an_announced_decision_is_remembered_as_such(store: ObjectStore) -> None:
    """Only the decision that was told is marked, not one that another run has made since."""
    put(store, DriftState(model=MODEL, last=decision(DAY)))
    drift_state.announced(store, decision(DAY - timedelta(days=1)))
    last = drift_state.current(store, MODEL).last
    assert last is not None
    assert not last.announced
    drift_state.announced(store, decision(DAY))
    last = drift_state.current(store, MODEL).last
    assert last is not None
    assert last.announced


def test_the_first_to_acknowledge_stays_on_record(store: ObjectStore) -> None:
    """Who says it again, or says it of an alert that is over, replaces nobody."""
    put(store, DriftState(model=MODEL, alerts=(alert("new"), alert("old", ended=True))))
    assert drift_state.acknowledge(store, MODEL, None, "ada", DAY) == "new"
    assert drift_state.acknowledge(store, MODEL, "new", "grace", DAY) == "new"
    new, old = drift_state.current(store, MODEL).alerts
    assert (new.acknowledged_by, old.acknowledged_by) == ("ada", None)


@pytest.mark.parametrize("asked", [None, "other"])
def test_what_is_no_alert_cannot_be_acknowledged(store: ObjectStore, asked: str | None) -> None:
    """Where nothing is open, or nothing has that name, nothing is written."""
    put(store, DriftState(model=MODEL, alerts=(alert("old", ended=True),)))
    before = store.get(keys.drift_state(MODEL)).etag
    with pytest.raises(DriftStateError, match="fleet alerts list churn"):
        drift_state.acknowledge(store, MODEL, asked, "ada", DAY)
    assert store.get(keys.drift_state(MODEL)).etag == before


def test_silences_are_a_history(store: ObjectStore) -> None:
    """The newest one counts, the others stay."""
    first, second = (
        Silence(until=DAY + timedelta(days=days), by="ada", since=DAY) for days in (9, 0)
    )
    for each in (first, second):
        drift_state.silence(store, MODEL, each)
    state = drift_state.current(store, MODEL)
    assert (state.silence, state.silences) == (second, (second, first))


def test_an_unreadable_state_is_an_error(store: ObjectStore) -> None:
    """Nothing is decided on a state that cannot be read, and it is not overwritten."""
    store.put(keys.drift_state(MODEL), b"{}")
    with pytest.raises(DriftStateError):
        drift_state.change(store, MODEL, counted)
    assert store.get(keys.drift_state(MODEL)).content == b"{}"


def test_a_newer_release_may_remember_more(store: ObjectStore) -> None:
    """After a rollback of the function, the older release reads what the newer one wrote."""
    state = DriftState(model=MODEL, last=decision(DAY), alerts=(alert("a"),))
    newer = state.model_dump(mode="json")
    for part in (newer, newer["last"], newer["alerts"][0]):
        part["later"] = 1
    store.put(keys.drift_state(MODEL), json.dumps(newer).encode())
    assert drift_state.current(store, MODEL) == state
