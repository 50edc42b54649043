"""After an error in any state, the champion serves, the lock is free, and there is one report."""

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from modelfleet.evaluation.gate import Decision
from modelfleet.release.finish import clean_up
from modelfleet.release.lock import require_free
from modelfleet.release.requests import ENDED_BADLY, EndedExecution
from modelfleet.retraining.approval import ApprovalOutcome
from modelfleet.retraining.state import Trigger
from modelfleet.spec.errors import ReleaseError
from tests.infrastructure.templates import FleetTemplates
from tests.machine import BROKEN, Machine, broken
from tests.releasing import Fleet

# Task states that every release passes, in order.
UNTIL_CLOSED = (
    "Lock",
    "Prepare",
    "Train",
    "Evaluate",
    "Register",
    "Approval",
    "SmokeTest",
    "ShiftTraffic",
    "CheckTrial",
    "Promote",
    "Record",
    "Finish",
)
LATER = [("ShiftTraffic", 2), ("ShiftTraffic", 3), ("CheckTrial", 2)]


@pytest.fixture
def definition(fleets: Mapping[str, FleetTemplates]) -> dict[str, Any]:
    """The definition of the deployed machine."""
    return fleets["prod"].machine()


@pytest.fixture
def machine(definition: dict[str, Any]) -> Machine:
    """A fleet with champion 1 and candidate 2, and traffic on both."""
    return Machine(definition, traffic=fine)


def fine(fleet: Fleet) -> None:
    """Both versions answer alike."""
    for version in ("1", "2"):
        fleet.traffic(version, [number % 97 / 100 for number in range(200)])


def shifted(fleet: Fleet) -> None:
    """Version 2 scores differently."""
    fleet.traffic("1", [number % 50 / 100 for number in range(200)])
    fleet.traffic("2", [0.5 + number % 50 / 100 for number in range(200)])


def require_as_before(machine: Machine) -> None:
    """Only the execution's record is left: version 1 serves, and the lock is free."""
    pointer = machine.fleet.pointer()
    assert (pointer.champion, pointer.challenger) == ("1", None)
    require_free(machine.fleet.store, machine.fleet.spec.name)


def test_without_a_fault_the_version_is_released(machine: Machine) -> None:
    """A release passes every share, and is announced once."""
    ended = machine.run("first")
    assert ended.status == "SUCCEEDED"
    assert ended.states[-1] == "Released"
    assert machine.fleet.pointer().champion == "2"
    (told,) = machine.told
    assert told.startswith("telecom 2 is the new champion (manual): better by 0.02")
    assert machine.registry.aliases("telecom")["champion"] == "2"


@pytest.mark.parametrize("after", [False, True], ids=["before its work", "after its work"])
@pytest.mark.parametrize(("state", "call"), [*((name, 1) for name in UNTIL_CLOSED[:-1]), *LATER])
def test_a_step_that_fails(machine: Machine, state: str, call: int, *, after: bool) -> None:
    """The champion serves, the lock is free, and one report says what failed and how to resume."""
    ended = machine.run("first", broken(state, call, after=after))
    assert (ended.status, ended.error) == ("FAILED", "ReleaseError")
    (told,) = machine.told
    assert f"failed in {state}. ReleaseError: {BROKEN}" in told
    is_prepared = UNTIL_CLOSED.index(state) > UNTIL_CLOSED.index("Prepare")
    resume = " --resume first" if is_prepared else ""
    assert f"To resume: fleet retrain telecom{resume} --wait" in told
    (record,) = machine.fleet.records()
    assert (record.outcome, record.reasons) == ("failed", (BROKEN,))
    require_as_before(machine)


# The first state of training or release that a resumed execution enters.
ENTERED = {
    "Prepare": None,
    "Train": "Train",
    "Evaluate": "Evaluate",
    "Register": "Evaluate",
    "Approval": "Approval",
    "SmokeTest": "SmokeTest",
    "ShiftTraffic": "SmokeTest",
    "CheckTrial": "SmokeTest",
    "Promote": "SmokeTest",
    "Record": "SmokeTest",
    "Finish": "SmokeTest",
}


@pytest.mark.parametrize("after", [False, True], ids=["before its work", "after its work"])
@pytest.mark.parametrize(("state", "entered"), ENTERED.items())
def test_a_failed_execution_is_resumed(
    machine: Machine, state: str, entered: str | None, *, after: bool
) -> None:
    """It releases the version, and repeats nothing that was finished, even if it fails once more.

    What was trained is not trained again, and what a person approved needs no second approval.
    """
    machine.run("first", broken(state, after=after), force=True, tune=3)
    if entered is None:
        assert machine.run("second", resume="first").error == "RequestError"
        assert "finished no step that can be kept" in machine.told[-1]
        require_as_before(machine)
        return
    if (state, after) == ("Finish", True):
        # The release was final before the step failed.
        assert machine.run("second", resume="first").error == "RequestError"
        assert "telecom 2, which first registered, is the champion" in machine.told[-1]
        return
    again = machine.run("second", broken(state), resume="first")
    assert (again.status, again.error) == ("FAILED", "ReleaseError")
    ended = machine.run("third", resume="second")
    assert (ended.status, ended.states[-1]) == ("SUCCEEDED", "Released")
    steps = [name for name in ended.states if name in UNTIL_CLOSED]
    approved = UNTIL_CLOSED.index(state) > UNTIL_CLOSED.index("Approval")
    wanted = UNTIL_CLOSED[UNTIL_CLOSED.index(entered) :]
    assert list(dict.fromkeys(steps)) == ["Lock", *wanted]
    assert approved == ("Approval" not in ended.states)
    last = machine.seen[-1]
    assert (last.force, last.tune, last.staged_by) == (True, 3, "first")
    assert machine.fleet.pointer().champion == "2"


def test_an_approval_is_for_one_champion(machine: Machine) -> None:
    """A resumed release asks again if the champion is not the one that the gate compared with."""
    machine.compared_with = "0"
    machine.approval = ApprovalOutcome.EXPIRED
    rejected = machine.run("first", broken("Finish"))
    assert "Approval" in rejected.states
    machine.approval = ApprovalOutcome.REJECTED
    assert machine.run("second", resume="first").states[-1] == "Rejected"


def test_an_execution_that_ended_with_a_verdict_is_not_resumed(machine: Machine) -> None:
    """Neither a blocked candidate nor a version that was rolled back passes by trying again."""
    machine.traffic = shifted
    assert machine.run("worse").error == "RolledBack"
    assert "To resume: fleet release start telecom 2 --wait" in machine.told[-1]
    assert machine.run("second", resume="worse").error == "RequestError"
    assert "telecom 2 was rolled back by worse" in machine.told[-1]
    machine.decision = Decision.BLOCK
    assert machine.run("blocked").error == "CandidateBlocked"
    assert "To resume: fleet retrain telecom --wait" in machine.told[-1]
    assert machine.run("third", resume="blocked").error == "RequestError"
    assert "the gate blocked the candidate of blocked" in machine.told[-1]
    require_as_before(machine)


@pytest.mark.parametrize("outcome", [ApprovalOutcome.REJECTED, ApprovalOutcome.EXPIRED])
def test_a_version_that_is_not_approved(machine: Machine, outcome: ApprovalOutcome) -> None:
    """It gets no traffic, the execution succeeds, and people learn who decided or that nobody did.

    A person who releases the version by its number later needs no other approval.
    """
    machine.approval = outcome
    ended = machine.run("first")
    assert (ended.status, ended.states[-2:]) == ("SUCCEEDED", ["NotifyRejection", "Rejected"])
    (told,) = machine.told
    why = "rejected by ada: checked" if outcome is ApprovalOutcome.REJECTED else "nobody decided"
    assert told.startswith(f"telecom 2 will not be released: {why}")
    (record,) = machine.fleet.records()
    assert (record.outcome, record.approval and record.approval.outcome) == ("rejected", outcome)
    require_as_before(machine)
    assert machine.run("second", version="2").states[-1] == "Released"


def test_close_that_fails(machine: Machine) -> None:
    """A release that could not be closed is rolled back, and the registry follows."""
    ended = machine.run("first", broken("Finish"))
    assert ended.states[-5:] == [
        "CleanUp", "IsRolledBack", "RecordRollback", "ReportFailure", "Failed",
    ]  # fmt: skip
    assert "Version 2 was rolled back" in machine.told[0]
    assert machine.registry.aliases("telecom")["champion"] == "1"
    require_as_before(machine)


def test_close_that_fails_after_its_work(machine: Machine) -> None:
    """The release stands, as another execution may hold the lock by then."""
    ended = machine.run("first", broken("Finish", after=True))
    assert ended.status == "FAILED"
    assert machine.fleet.pointer().champion == "2"
    require_free(machine.fleet.store, "telecom")
    assert len(machine.told) == 1


def test_clean_up_that_fails(machine: Machine) -> None:
    """The first failure is reported, and Step Functions' event triggers the cleanup."""
    places = {("ShiftTraffic", 2, False), ("CleanUp", 1, False)}
    machine.run("first", lambda *at: ReleaseError(BROKEN) if at in places else None)
    assert "failed in ShiftTraffic" in machine.told[0]
    assert machine.fleet.pointer().challenger is not None
    deliver(machine)
    require_as_before(machine)


@pytest.mark.parametrize("state", ["Notify", "ReportFailure", "RecordRollback"])
def test_a_notification_that_fails(machine: Machine, state: str) -> None:
    """A failed notification does not change what is serving."""
    if state == "Notify":
        machine.run("first", broken(state))
        assert machine.fleet.pointer().champion == "2"
        assert "failed in Notify" in machine.told[0]
        require_free(machine.fleet.store, "telecom")
        return
    machine.traffic = shifted
    ended = machine.run("first", broken(state))
    assert (ended.status, ended.error) == ("FAILED", "RolledBack")
    assert len(machine.told) == (state == "RecordRollback")
    require_as_before(machine)


WAYS: dict[str, Callable[[Machine], dict[str, Any]]] = {
    "Adopt": lambda _machine: {"version": "2"},
    "Unchanged": lambda machine: _set(machine, unchanged="trained before"),
    "CandidateBlocked": lambda machine: _set(machine, decision=Decision.BLOCK),
    "Kept": lambda machine: _set(machine, decision=Decision.KEEP),
    "Rejected": lambda machine: _set(machine, approval=ApprovalOutcome.REJECTED),
    "RolledBack": lambda machine: _set(machine, traffic=shifted),
    "IsRolledBack": lambda machine: _set(machine, traffic=shifted),
    "Failed": lambda machine: _set(machine, traffic=shifted),
}
AFTER_THE_RELEASE = {"IsReleased", "Released"}
OF_THE_LOCK = {"WaitForLock", "Busy"}


def _set(machine: Machine, **changes: Any) -> dict[str, Any]:
    for name, value in changes.items():
        setattr(machine, name, value)
    return {}


STATES = [
    "IsLocked", "IsWorkDone", "Adopt", "IsUnchanged", "IsBlocked",
    "CandidateBlocked", "IsPromoted", "IsApprovalNeeded", "IsApproved", "Rejected",
    "IsShifted", "WaitForTraffic", "IsChecked", "RolledBack",
    "IsReleased", "Released", "Unchanged", "Kept", "IsRolledBack", "Failed",
]  # fmt: skip


@pytest.mark.parametrize("state", STATES)
def test_a_state_without_a_catch_that_fails(
    machine: Machine, definition: dict[str, Any], state: str
) -> None:
    """A choice, a wait or a pass cannot catch its own error; the event of the failure does.

    Step Functions ends such an execution at once; the alarm on failed executions reports it.
    """
    ends = {"Type": "Fail", "Error": "States.QueryEvaluationError", "Cause": BROKEN}
    machine.definition = definition | {"States": definition["States"] | {state: ends}}
    ended = machine.run("first", **WAYS.get(state, _set)(machine))
    assert (ended.status, ended.states[-1]) == ("FAILED", state)
    deliver(machine)
    if state in AFTER_THE_RELEASE:
        assert machine.fleet.pointer().champion == "2"
        require_free(machine.fleet.store, "telecom")
    else:
        require_as_before(machine)


@pytest.mark.parametrize("state", sorted(OF_THE_LOCK))
def test_waiting_for_the_lock_that_fails(
    machine: Machine, definition: dict[str, Any], state: str
) -> None:
    """An execution that fails while another holds the lock does not affect the other."""
    ends = {"Type": "Fail", "Error": "States.QueryEvaluationError", "Cause": BROKEN}
    states = definition["States"]
    machine.definition = definition | {"States": states | {"Prepare": ends}}
    machine.run("other")
    held = machine.fleet.store.get("locks/telecom.json")
    machine.fleet.running.add(machine.changes[0]["executionArn"])
    machine.definition = definition | {"States": states | {state: ends}}
    trigger = Trigger.MANUAL if state == "WaitForLock" else Trigger.SCHEDULE
    ended = machine.run("first", trigger=trigger)
    assert ended.states[-1] == state
    machine.changes = machine.changes[-1:]
    deliver(machine)
    assert machine.fleet.store.get("locks/telecom.json") == held


def test_no_state_is_left_out(definition: dict[str, Any]) -> None:
    """Each state of the machine has its test."""
    tasks = {*UNTIL_CLOSED, "CleanUp", "Notify", "ReportFailure", "RecordRollback"}
    tasks.add("NotifyRejection")
    validated = {"ValidateRequest", "ReportRefusal"}
    assert {*STATES, *OF_THE_LOCK, *tasks, *validated} == set(definition["States"])


HOSTILE: dict[str, Any] = {
    "force by drift": {"model": "telecom", "trigger": "drift", "force": True},
    "version by performance": {"model": "telecom", "trigger": "performance", "version": "2"},
    "tune by schedule": {"model": "telecom", "trigger": "schedule", "tune": 500},
    "by of drift": {"model": "telecom", "trigger": "drift", "by": "ada"},
    "state": {"model": "telecom", "registered": {"version": "2"}, "locked": {"outcome": "held"}},
    "execution": {"model": "telecom", "execution": "other"},
    "path key": {"model": "telecom", "version.$": "$.evidence[0]", "evidence": ["2"]},
    "expression key": {"model": "telecom", "{% $states.input %}": 1},
    "array of models": {"model": ["telecom", "leads"], "trigger": "drift"},
    "huge evidence": {"model": "telecom", "trigger": "drift", "evidence": ["x" * 200_000]},
    "much evidence": {"model": "telecom", "trigger": "drift", "evidence": ["x"] * 10_000},
    "text": "telecom",
    "list": [{"model": "telecom"}],
    "nothing": {},
}


@pytest.mark.parametrize("content", HOSTILE.values(), ids=HOSTILE)
def test_a_request_that_is_refused(machine: Machine, content: object) -> None:
    """The first state ends it with the reason; no step runs and no lock is acquired."""
    ended = machine.run_on("first", json.dumps(content))
    assert (ended.status, ended.error) == ("FAILED", "RequestError")
    assert ended.states == ["ValidateRequest", "ReportRefusal", "Failed"]
    (told,) = machine.told
    assert told.startswith("RequestError: retraining request refused: ")
    assert len(told) < 5000
    deliver(machine)
    require_as_before(machine)
    assert machine.fleet.records() == []


INERT = ("States.Format('{}', $.force)", "{% $states.input.version %}", "<model>", '","force":true')


def test_expressions_in_evidence_are_text(machine: Machine) -> None:
    """Text that looks like an expression, a path or JSON is passed on and not evaluated."""
    content = {"model": "telecom", "trigger": "drift", "evidence": [*INERT, "${x}", "$.model"]}
    ended = machine.run_on("first", json.dumps(content))
    assert ended.status == "SUCCEEDED"
    assert "Prepare" in ended.states
    assert machine.seen[-1].evidence == tuple(content["evidence"])
    assert not any(state.force or state.version for state in machine.seen)


def test_a_first_state_that_fails(machine: Machine) -> None:
    """A request that cannot be validated is reported, and changes nothing."""
    ended = machine.run("first", broken("ValidateRequest"))
    assert ended.states == ["ValidateRequest", "ReportRefusal", "Failed"]
    assert BROKEN in machine.told[0]
    require_as_before(machine)


def test_a_refusal_whose_report_fails(machine: Machine) -> None:
    """The execution still ends with the error that it was refused for."""
    ended = machine.run_on("first", "{}", broken("ReportRefusal"))
    assert (ended.status, ended.error) == ("FAILED", "RequestError")


def test_a_transient_error_in_every_step(machine: Machine) -> None:
    """Each step may lose its connection once, and the version is released."""
    ended = machine.run("first", lost_once)
    assert ended.status == "SUCCEEDED"
    assert machine.fleet.pointer().champion == "2"
    assert len(machine.told) == 1


def lost_once(_state: str, call: int, after: bool) -> Exception | None:
    """Lose the response of each first call."""
    return ConnectionError() if call == 1 and after else None


def unavailable(arn: str) -> str:
    """Read no execution: their events hold the input."""
    raise AssertionError(arn)


def deliver(machine: Machine) -> None:
    """Do what the rule on failed executions does."""
    for change in machine.changes:
        state = EndedExecution.model_validate(change).state(unavailable)
        if change["status"] in ENDED_BADLY and state is not None:
            clean_up(state, machine.fleet.store, machine.fleet.clock, machine.fleet.announce)
