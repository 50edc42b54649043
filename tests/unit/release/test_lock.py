"""One execution at a time: who waits, who goes, and what becomes of a dead one's lock."""

from datetime import timedelta

import pytest

from modelfleet.registry.pointer import Challenger, Mode
from modelfleet.release.finish import clean_up
from modelfleet.release.lock import (
    HOLD,
    WAITS_MAXIMUM,
    free_lock,
    holds_lock,
    require_free,
    require_lock,
    take_lock,
)
from modelfleet.release.shift_traffic import shift_traffic
from modelfleet.retraining.state import Locked, LockOutcome, RetrainingState, Trigger
from modelfleet.spec.errors import ReleaseError
from tests.releasing import PLAN, Fleet
from tests.serving import put_pointer


@pytest.fixture
def fleet() -> Fleet:
    """A model of which the execution `first` runs and holds the lock."""
    fleet = Fleet()
    fleet.running.add("arn:first")
    assert take(fleet, fleet.state("first")).outcome is LockOutcome.HELD
    return fleet


def take(fleet: Fleet, state: RetrainingState) -> Locked:
    """Ask for the lock."""
    return take_lock(fleet.store, state, fleet.now, fleet.is_running, 30)


def test_asking_again_is_answered_the_same(fleet: Fleet) -> None:
    """A retried step holds the lock that it took."""
    assert take(fleet, fleet.state("first")).outcome is LockOutcome.HELD


@pytest.mark.parametrize("trigger", list(Trigger))
def test_a_second_execution_waits_or_goes(fleet: Fleet, trigger: Trigger) -> None:
    """A person and new data wait; the clock and the monitors ask again by themselves."""
    second = take(fleet, fleet.state("second", trigger=trigger))
    waits = trigger in (Trigger.MANUAL, Trigger.DATA)
    assert second.outcome is (LockOutcome.WAIT if waits else LockOutcome.REFUSED)
    assert "execution first (manual)" in second.reason
    assert (second.waits, second.wait_seconds) == (1, 30)
    assert not holds_lock(fleet.store, fleet.state("second"))


def test_nobody_waits_for_ever(fleet: Fleet) -> None:
    """After so many waits even the patient go."""
    waited = Locked(outcome=LockOutcome.WAIT, waits=WAITS_MAXIMUM)
    second = take(fleet, fleet.state("second", locked=waited))
    assert second.outcome is LockOutcome.REFUSED


@pytest.mark.parametrize("trigger", list(Trigger))
@pytest.mark.parametrize("mode", [Mode.AB, Mode.SHADOW, Mode.BANDIT])
def test_nothing_is_trained_during_an_experiment(
    fleet: Fleet, trigger: Trigger, mode: Mode
) -> None:
    """Whatever triggers it, the execution ends with the reason; only the challenger may go on."""
    free_lock(fleet.store, fleet.spec.name, "first")
    put_challenger(fleet, mode)
    refused = take(fleet, fleet.state("second", trigger=trigger))
    assert refused.outcome is LockOutcome.REFUSED
    assert f"end it first with `fleet rollback {fleet.spec.name}`" in refused.reason
    assert take(fleet, fleet.state("third", version="2")).outcome is LockOutcome.HELD


def test_a_canary_ends_by_itself(fleet: Fleet) -> None:
    """An execution may follow it."""
    free_lock(fleet.store, fleet.spec.name, "first")
    put_challenger(fleet, Mode.CANARY)
    assert take(fleet, fleet.state("second")).outcome is LockOutcome.HELD


def put_challenger(fleet: Fleet, mode: Mode) -> None:
    """Give version 2 a share."""
    challenger = Challenger(version="2", share=0.5, mode=mode)
    put_pointer(fleet.store, fleet.spec.name, "1", challenger=challenger)


def test_a_free_lock_is_the_next_ones(fleet: Fleet) -> None:
    """Freed by its holder and by nobody else, it can be taken."""
    free_lock(fleet.store, fleet.spec.name, "second")
    require_lock(fleet.store, fleet.state("first"))
    free_lock(fleet.store, fleet.spec.name, "first")
    require_free(fleet.store, fleet.spec.name)
    assert take(fleet, fleet.state("second")).outcome is LockOutcome.HELD
    with pytest.raises(ReleaseError, match="holder: second"):
        require_lock(fleet.store, fleet.state("first"))
    with pytest.raises(ReleaseError, match="second"):
        require_free(fleet.store, fleet.spec.name)


@pytest.mark.parametrize("how", ["dead", "expired"])
def test_a_dead_executions_lock_is_taken_over_and_its_trial_ended(fleet: Fleet, how: str) -> None:
    """What the dead one gave a share is taken back first, and it gets its record all the same."""
    smoked = {"smoked": {"rows": 20}}
    state = RetrainingState.model_validate(fleet.state("first").model_dump() | smoked)
    shift_traffic(state, fleet.store, PLAN, fleet.clock)
    assert fleet.pointer().challenger == Challenger(version="2", share=0.1)
    if how == "dead":
        fleet.running.clear()
    else:
        fleet.now += HOLD + timedelta(seconds=1)
    assert take(fleet, fleet.state("second")).outcome is LockOutcome.HELD
    assert fleet.pointer().challenger is None
    assert "its execution no longer runs" in fleet.pointer().reason
    assert holds_lock(fleet.store, fleet.state("second"))
    clean_up(state, fleet.store, fleet.clock, fleet.announce)
    clean_up(state, fleet.store, fleet.clock, fleet.announce)
    assert [record.execution for record in fleet.heard] == ["first"]
    assert holds_lock(fleet.store, fleet.state("second"))
