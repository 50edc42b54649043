"""The deployed definition of the retraining machine, run by the local engine's own interpreter.

Its tasks reach the real steps of a release on buckets in memory; the steps that train are given.
The interpreter is called within the test's process, which spares a cloud for each fault.
"""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, cast
from unittest.mock import patch

from ministack.services import stepfunctions as engine
from pydantic import BaseModel

from modelfleet.adapters.memory_registry import MemoryRegistry
from modelfleet.evaluation.gate import Decision, Verdict
from modelfleet.release.approval import decide, request_approval
from modelfleet.release.check_trial import check_trial
from modelfleet.release.finish import clean_up, finish
from modelfleet.release.lock import take_lock
from modelfleet.release.promote import promote
from modelfleet.release.requests import VALIDATE_REQUEST, DecisionRequest, read_request
from modelfleet.release.resume import PastExecution, last_output, resume
from modelfleet.release.shift_traffic import shift_traffic
from modelfleet.release.smoke_test import smoke_test
from modelfleet.retraining.approval import Approval, ApprovalOutcome
from modelfleet.retraining.state import (
    Evaluated,
    Prepared,
    Registered,
    RetrainingRequest,
    RetrainingState,
    Step,
    Trained,
)
from modelfleet.spec.errors import ReleaseError
from modelfleet.statistics.results import Comparison, PairedTest
from modelfleet.training.record import record
from tests.releasing import PLAN, Fleet
from tests.serving import NOW

BROKEN = "broken on purpose"
_SECONDS = 60.0


# What is thrown in a state at its n-th call, before its work (False) or after it, if anything.
Fault = Callable[[str, int, bool], Exception | None]


def broken(state: str, call: int = 1, *, after: bool = False) -> Fault:
    """An error in one state, which trying again does not cure."""
    place = (state, call, after)
    return lambda *at: ReleaseError(BROKEN) if at == place else None


def sound(_state: str, _call: int, _after: bool) -> None:
    """No error anywhere."""


@dataclass
class Ended:
    """How an execution ended, and what it went through."""

    status: str
    error: str | None
    states: list[str]


@dataclass
class Machine:
    """One fleet in memory under one definition.

    `traffic` is called before each check; `decision` is what the gate says after comparing with the
    version `compared_with`, and `approval` what a person decides; `unchanged` is what the step
    prepare says of the data. `told` are the messages of the topic, `changes` the events that
    Step Functions makes of executions that ended, `seen` the data that steps were called with,
    `past` what is left of each execution, by name.
    """

    definition: Mapping[str, Any]
    fleet: Fleet = field(default_factory=Fleet)
    registry: MemoryRegistry = field(default_factory=MemoryRegistry)
    traffic: Callable[[Fleet], None] = lambda _fleet: None
    decision: Decision = Decision.PROMOTE
    compared_with: str = "1"
    unchanged: str | None = None
    approval: ApprovalOutcome = ApprovalOutcome.APPROVED
    told: list[str] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)
    seen: list[RetrainingState] = field(default_factory=list)
    past: dict[str, PastExecution] = field(default_factory=dict)

    def run(self, name: str, fault: Fault = sound, **request: Any) -> Ended:
        """Run one execution to its end."""
        asked = RetrainingRequest(model=self.fleet.spec.name, **request)
        return self.run_on(name, asked.model_dump_json(), fault)

    def run_on(self, name: str, content: str, fault: Fault = sound) -> Ended:
        """Run one execution on an input that may be anything."""
        run = _Run(self, fault)
        with (
            patch.object(engine, "_invoke_resource", run.invoke),
            patch.object(engine, "_invoke_with_callback", run.wait),
            patch.object(engine, "_scaled_sleep", lambda _seconds: None),
            patch.object(engine, "_emit_execution_status_event", self._heard),
        ):
            execution = run_definition(self.definition, name, content)
        events = execution["events"]
        page = {"events": events[::-1]}
        self.past[name] = PastExecution(execution["status"], last_output(lambda _: page))
        entered = [event.get("stateEnteredEventDetails") for event in events]
        states = [state["name"] for state in entered if state]
        return Ended(execution["status"], execution.get("error"), states)

    def _heard(self, execution: Mapping[str, Any]) -> None:
        wanted = ("name", "status", "input", "executionArn")
        self.changes.append({key: execution[key] for key in wanted})


class _Run:
    """Answers the tasks of one execution."""

    def __init__(self, machine: Machine, fault: Fault) -> None:
        self._machine = machine
        self._fault = fault
        self._calls: dict[str, int] = {}

    def invoke(self, resource: str, arguments: dict[str, Any]) -> dict[str, Any]:
        """Do a task, and fail as AWS does: the kind of error, and its text in a document."""
        try:
            if "lambda:invoke" in resource:
                return {"Payload": self._step(arguments["Payload"])}
            assert "sns:publish" in resource
            return self._publish(arguments)
        except Exception as error:
            document = json.dumps({"errorMessage": str(error)})
            raise engine._ExecutionError(type(error).__name__, document) from error

    def wait(
        self, _: str, arguments: dict[str, Any], token: str, _definition: dict[str, Any]
    ) -> Any:
        """Wait for a person, and hear the decision as Step Functions would."""
        state = RetrainingState.model_validate(arguments["Payload"]["state"])
        try:
            call = self._may_fail("Approval")
            answer = self._approved(state, token)
            self._throw("Approval", call, after=True)
        except Exception as error:
            document = json.dumps({"errorMessage": str(error)})
            raise engine._ExecutionError(type(error).__name__, document) from error
        if answer is None:
            raise engine._ExecutionError("States.Timeout", "nobody decided")
        return json.loads(answer)

    def _approved(self, state: RetrainingState, token: str) -> str | None:
        fleet, outcome = self._machine.fleet, self._machine.approval
        heard: list[tuple[str, str]] = []
        day = timedelta(days=1)
        waiting = request_approval(fleet.store, state, token, fleet.clock(), day, lambda _: None)
        if outcome is ApprovalOutcome.EXPIRED:
            return None

        def pass_on(used: str, decision: Approval) -> bool:
            heard.append((used, decision.model_dump_json()))
            return True

        content = {"action": "decide", "model": state.model, "version": waiting.version}
        content |= {"execution": waiting.execution, "decision": outcome, "by": "ada"}
        request = DecisionRequest.model_validate(content | {"reason": "checked"})
        decide(fleet.store, request, fleet.clock(), lambda _: True, pass_on)
        [(used, decision)] = heard
        assert used == token
        return decision

    def _publish(self, arguments: dict[str, Any]) -> dict[str, Any]:
        reports = {
            "failed": "ReportFailure",
            "refused": "ReportRefusal",
            "released": "Notify",
            "rejected": "NotifyRejection",
        }
        self._may_fail(reports[arguments["Subject"].rpartition(" ")[2]])
        self._machine.told.append(arguments["Message"])
        return {}

    def _step(self, payload: dict[str, Any]) -> dict[str, Any]:
        if payload.get("action") == VALIDATE_REQUEST:
            assert ":execution:" in payload["execution_arn"]
            return self._validated(payload["request"])
        step, state = Step(payload["step"]), RetrainingState.model_validate(payload["state"])
        self._machine.seen.append(state)
        recovering = step is Step.RECORD and state.failure is not None
        name = "RecordRollback" if recovering else _name(step)
        call = self._may_fail(name)
        answer = self._done(step, state)
        self._throw(name, call, after=True)
        return answer.model_dump(mode="json")

    def _validated(self, content: object) -> dict[str, Any]:
        call = self._may_fail("ValidateRequest")
        answer = read_request(content)
        if answer.resume is not None:
            champion = self._machine.fleet.pointer().champion
            answer = resume(answer, self._machine.past.get(answer.resume), champion)
        self._throw("ValidateRequest", call, after=True)
        return answer.model_dump(mode="json")

    def _may_fail(self, name: str) -> int:
        self._calls[name] = call = self._calls.get(name, 0) + 1
        self._throw(name, call, after=False)
        return call

    def _throw(self, name: str, call: int, *, after: bool) -> None:
        if error := self._fault(name, call, after):
            raise error

    def _done(self, step: Step, state: RetrainingState) -> BaseModel:
        answers = self._given() | self._worked(state)
        return answers[step]()

    def _given(self) -> dict[Step, Callable[[], BaseModel]]:
        """What the steps that train would answer."""
        verdict = Verdict(decision=self._machine.decision, reasons=("better by 0.02",))
        prepared = Prepared(
            dataset_version="d1",
            rows={},
            quarantined=0,
            code_version="code1",
            unchanged=self._machine.unchanged,
        )
        better = PairedTest(
            name="DeLong",
            metric="roc_auc",
            candidate=0.82,
            champion=0.8,
            difference=0.02,
            p_value=0.01,
        )
        comparison = Comparison(
            champion_version=self._machine.compared_with,
            champion_dataset="d0",
            candidate_dataset="d1",
            rows=100,
            primary=better,
        )
        evaluated = Evaluated(verdict=verdict, metrics={}, comparison=comparison)
        trained = Trained(run_id="run", estimator="linear", parity_maximum_difference=0.0)
        return {
            Step.PREPARE: lambda: prepared,
            Step.TRAIN: lambda: trained,
            Step.EVALUATE: lambda: evaluated,
            Step.REGISTER: lambda: Registered(version="2"),
        }

    def _worked(self, state: RetrainingState) -> dict[Step, Callable[[], BaseModel]]:
        """The real steps."""
        fleet, registry = self._machine.fleet, self._machine.registry
        store, spec, clock, heard = fleet.store, fleet.spec, fleet.clock, fleet.announce
        return {
            Step.LOCK: lambda: take_lock(store, state, clock(), fleet.is_running, 1),
            Step.SMOKE_TEST: lambda: smoke_test(spec, state, store, fleet.ask, PLAN),
            Step.SHIFT_TRAFFIC: lambda: shift_traffic(state, store, PLAN, clock),
            Step.CHECK_TRIAL: lambda: self._judged(state),
            Step.PROMOTE: lambda: promote(store, state, clock),
            Step.RECORD: lambda: record(spec, state, store, registry, NOW),
            Step.FINISH: lambda: finish(state, store, clock, heard),
            Step.CLEAN_UP: lambda: clean_up(state, store, clock, heard),
        }

    def _judged(self, state: RetrainingState) -> BaseModel:
        fleet = self._machine.fleet
        self._machine.traffic(fleet)
        return check_trial(
            fleet.spec, state, fleet.store, fleet.lake, fleet.metrics, PLAN, fleet.clock
        )


def run_definition(definition: Mapping[str, Any], name: str, given: str) -> dict[str, Any]:
    """Run a definition on an input in the engine's interpreter; gives the execution as it ended."""
    machine = {"name": f"machine-{time.monotonic_ns()}", "definition": json.dumps(definition)}
    created = _answered(engine._create_state_machine(machine))["stateMachineArn"]
    asked = {"stateMachineArn": created, "name": name, "input": given}
    arn = _answered(engine._start_execution(asked))["executionArn"]
    deadline = time.monotonic() + _SECONDS
    while (execution := engine._executions[arn])["status"] == "RUNNING":
        assert time.monotonic() < deadline, execution["events"][-1]
        time.sleep(0.01)
    return cast("dict[str, Any]", execution)


def _answered(response: Any) -> dict[str, Any]:
    status, _, body = response
    assert status == 200, body
    return cast("dict[str, Any]", json.loads(body))


def _name(step: Step) -> str:
    return "".join(part.title() for part in step.split("_"))
