"""A version that waits for approval is decided once, by one person, and for the right champion."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from modelfleet.release.approval import (
    PendingApproval,
    close,
    decide,
    follow_up,
    pending,
    request_approval,
)
from modelfleet.release.finish import clean_up, finish
from modelfleet.release.lock import take_lock
from modelfleet.release.requests import DecisionRequest
from modelfleet.retraining.approval import Approval, ApprovalOutcome
from modelfleet.retraining.state import Failure, RetrainingState
from modelfleet.spec.errors import ConflictError, ReleaseError
from modelfleet.storage import keys
from tests.releasing import Fleet
from tests.serving import NOW, put_pointer

LASTS = timedelta(hours=24)


class World:
    """A version 2 that waits, and the execution that hears decisions while it waits."""

    def __init__(self) -> None:
        self.fleet = Fleet()
        self.state = self.fleet.state()
        self.fleet.running.add(self.state.execution_arn)
        take_lock(self.fleet.store, self.state, NOW, self.fleet.is_running, 1)
        self.asked: list[PendingApproval] = []
        self.heard: list[tuple[str, Approval]] = []
        self.listens = True
        self.request("token")

    def request(self, token: str) -> None:
        """Enter the state that waits."""
        request_approval(self.fleet.store, self.state, token, NOW, LASTS, self.asked.append)

    def pass_on(self, token: str, decision: Approval) -> bool:
        """Hear a decision, if the execution still waits."""
        if self.listens:
            self.heard.append((token, decision))
            self.listens = False
            return True
        return False

    def decide(
        self, outcome: str = "approved", by: str = "ada", after: timedelta = timedelta(hours=1)
    ) -> Approval:
        """Decide as a person."""
        request = DecisionRequest.model_validate(
            {
                "action": "decide",
                "model": self.fleet.spec.name,
                "version": "2",
                "execution": self.state.execution,
                "decision": outcome,
                "by": by,
                "reason": "checked",
            }
        )
        store = self.fleet.store
        return decide(store, request, NOW + after, self.fleet.is_running, self.pass_on)

    def follow_up(self, after: timedelta) -> PendingApproval | None:
        """Do what the clock does."""
        return follow_up(
            self.fleet.store,
            self.fleet.spec.name,
            NOW + after,
            timedelta(hours=6),
            self.fleet.is_running,
            self.pass_on,
            self.asked.append,
        )

    @property
    def stored(self) -> PendingApproval:
        """What is stored of the approval."""
        found = pending(self.fleet.store, self.fleet.spec.name)
        assert found is not None
        return found


@pytest.fixture
def world() -> World:
    """A version that waits."""
    return World()


def test_the_token_is_not_in_what_people_may_read(world: World) -> None:
    """The document that the console reads lacks the token, which is stored under another prefix."""
    assert b"token" not in world.fleet.store.get(keys.approval(world.fleet.spec.name)).content
    assert not keys.approval_token("a", "b").startswith(f"{keys.APPROVALS}/")


def test_an_approval_reaches_the_execution_once(world: World) -> None:
    """Approving twice passes on one decision, and returns the first both times."""
    first = world.decide()
    assert world.decide(after=timedelta(hours=2)) == first
    assert world.heard == [("token", first)]
    assert (first.outcome, first.by, first.reason) == (ApprovalOutcome.APPROVED, "ada", "checked")


@pytest.mark.parametrize("by", ["bob", "ada"])
def test_the_second_decision_is_refused(world: World, by: str) -> None:
    """Whoever decides differently later learns who decided, and changes nothing."""
    world.decide()
    with pytest.raises(ConflictError, match="approved by ada already"):
        world.decide("rejected", by=by)
    assert len(world.heard) == 1


def test_two_people_at_once(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """If another decision is stored between reading and writing, the later writer is refused."""
    store, replace = world.fleet.store, world.fleet.store.replace
    raced: list[Callable[..., object]] = [lambda: world.decide("rejected", by="bob")]

    def replace_late(*given: object) -> object:
        if raced:
            raced.pop()()
        return replace(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(store, "replace", replace_late)
    with pytest.raises(ConflictError, match="rejected by bob already"):
        world.decide("approved", by="ada")
    assert [each.by for _, each in world.heard] == ["bob"]


def test_a_changed_champion_cannot_be_replaced(world: World) -> None:
    """A version that was compared with another champion cannot be approved, but rejected."""
    put_pointer(world.fleet.store, world.fleet.spec.name, "2")
    with pytest.raises(ReleaseError, match="version 2 is the champion now; reject it"):
        world.decide()
    assert world.stored.is_open
    assert world.decide("rejected").outcome is ApprovalOutcome.REJECTED


def test_a_stopped_execution_cannot_be_approved(world: World) -> None:
    """A decision on an execution that was stopped is refused, before and after it is recorded."""
    world.fleet.running.clear()
    with pytest.raises(ReleaseError, match="no longer waits for approval"):
        world.decide()
    assert world.stored.decision is None


def test_an_expired_approval_cannot_be_given(world: World) -> None:
    """After the time is up, nobody can approve."""
    with pytest.raises(ReleaseError, match="no longer waits"):
        world.decide(after=LASTS)


def test_a_lost_decision_is_passed_on_again(world: World) -> None:
    """A crash between storing a decision and passing it on only delays it."""
    world.listens = False
    made = world.decide()
    assert not world.heard
    world.listens = True
    assert world.follow_up(timedelta(hours=1)) is None
    assert world.heard == [("token", made)]


def test_a_repeated_request_keeps_the_decision(world: World) -> None:
    """A retry of the state has a new token, and hears the decision that was made before."""
    made = world.decide()
    world.listens = True
    world.request("newer")
    world.follow_up(timedelta(hours=1))
    assert world.heard[-1] == ("newer", made)


def test_reminders(world: World) -> None:
    """People are reminded once per interval while nobody decides, and never after that."""
    hours = [world.follow_up(timedelta(hours=hour)) for hour in (1, 6, 7, 12)]
    assert [each is not None for each in hours] == [True] * 4
    assert [each.reminded_at for each in world.asked] == [
        None,
        NOW + timedelta(hours=6),
        NOW + timedelta(hours=12),
    ]
    world.decide()
    world.follow_up(timedelta(hours=20))
    assert len(world.asked) == 3


@pytest.mark.parametrize("outcome", list(ApprovalOutcome))
def test_the_history_names_who_decided(world: World, outcome: ApprovalOutcome) -> None:
    """A rejected or expired version is recorded as rejected, and the approval is closed."""
    by = "" if outcome is ApprovalOutcome.EXPIRED else "ada"
    decided = Approval(outcome=outcome, by=by, reason="checked" if by else "")
    state: RetrainingState = world.state.model_copy(update={"approval": decided})
    closed = finish(state, world.fleet.store, world.fleet.clock, world.fleet.announce)
    record = world.fleet.heard[0]
    assert closed.outcome == ("kept" if outcome is ApprovalOutcome.APPROVED else "rejected")
    assert (record.approval, record.reasons[-1]) == (decided, decided.words)
    assert world.stored.closed_at is not None
    with pytest.raises(ReleaseError, match="no version waits"):
        world.decide()


def test_an_aborted_execution_closes_its_approval(world: World) -> None:
    """Cleaning up after a stopped execution closes what waited."""
    failure = Failure(step="", error="ABORTED", cause="the execution was ABORTED")
    state = world.state.model_copy(update={"failure": failure})
    clean_up(state, world.fleet.store, world.fleet.clock, world.fleet.announce)
    assert world.stored.closed_at is not None
    close(world.fleet.store, world.fleet.spec.name, state.execution, NOW)
