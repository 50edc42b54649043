"""Calls of the release function: a step of the state machine, an action, or an AWS event."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from modelfleet.bootstrap import release
from modelfleet.bootstrap.fleet import model_spec
from modelfleet.release.requests import (
    ALARM_CHANGE,
    FOLLOW_UP,
    READ_DECISION,
    SHIFT_SHARES,
    STATUS_CHANGE,
    VALIDATE_REQUEST,
    ChangedAlarm,
    DecisionRequest,
    EndedExecution,
    ExperimentRequest,
    NothingToCleanUp,
    RestoreRequest,
    RollbackRequest,
    WaitingTask,
)
from modelfleet.retraining.decision_event import DecisionEvent
from modelfleet.retraining.state import RetrainingState, Step
from modelfleet.spec.document import parse_message
from modelfleet.spec.errors import ReleaseError

Message = TypeVar("Message", bound=BaseModel)


class Call(NamedTuple):
    """The operation that an event requests, and the keys of its log lines."""

    run: Callable[[], BaseModel]
    keys: Mapping[str, str | None]


def read_call(event: Mapping[str, Any]) -> Call:
    """Parse an event. Its log lines name nothing of it that was not checked.

    Raises
    ------
    ReleaseError
        If it is none of those that are known, or lacks a field.
    UnknownModelError
        If it is about no model of the fleet.
    """
    action, change, step = event.get("action"), event.get("detail-type"), event.get("step")
    if action in list(_ACTIONS):
        call = _ACTIONS[str(action)](event)
        return call._replace(keys={"action": str(action), **call.keys})
    if change in list(_CHANGES):
        return _CHANGES[str(change)](event.get("detail"))
    if step not in (*_STEPS, Step.APPROVAL):
        raise ReleaseError("unknown action; the steps are " + ", ".join(_STEPS))
    state = _parsed(RetrainingState, event.get("state"))
    keys = {"model": _known(state), "execution_id": state.execution, "step": str(step)}
    if step == Step.APPROVAL:
        token = _parsed(WaitingTask, {"token": event.get("token")}).token
        return Call(partial(release.request_approval, state, token), keys)
    return Call(partial(_STEPS[Step(step)], state), keys)


def _parsed(kind: type[Message], content: object) -> Message:
    return parse_message(kind, content, "event", ReleaseError)


def _known(
    request: RetrainingState
    | RollbackRequest
    | RestoreRequest
    | ExperimentRequest
    | DecisionRequest,
) -> str:
    return model_spec(request.model).name


def _validate(event: Mapping[str, Any]) -> Call:
    request = release.validate(event.get("request"), str(event.get("execution_arn")))
    return Call(lambda: request, {"model": request.model})


def _read_decision(event: Mapping[str, Any]) -> Call:
    found = release.read_decision(event.get("event"))
    model = found.detail.model if isinstance(found, DecisionEvent) else found.model
    return Call(partial(release.word_decision, found), {"model": model})


def _rollback(event: Mapping[str, Any]) -> Call:
    request = _parsed(RollbackRequest, event)
    return Call(partial(release.roll_back, request), {"model": _known(request)})


def _restore(event: Mapping[str, Any]) -> Call:
    request = _parsed(RestoreRequest, event)
    return Call(partial(release.restore, request), {"model": _known(request)})


def _experiment(event: Mapping[str, Any]) -> Call:
    request = _parsed(ExperimentRequest, event)
    return Call(partial(release.start_experiment, request), {"model": _known(request)})


def _decide(event: Mapping[str, Any]) -> Call:
    request = _parsed(DecisionRequest, event)
    return Call(partial(release.decide, request), {"model": _known(request)})


def _alarm_changed(detail: object) -> Call:
    alarm = _parsed(ChangedAlarm, detail)
    return Call(partial(release.end_trial, alarm), {"alarm": alarm.alarmName})


def _execution_ended(detail: object) -> Call:
    ended = _parsed(EndedExecution, detail)
    state = release.state_of(ended)
    if state is None:
        nothing = NothingToCleanUp(execution=ended.name, status=ended.status)
        return Call(lambda: nothing, {"execution_id": ended.name})
    keys = {"model": _known(state), "execution_id": state.execution}
    return Call(partial(release.clean_up, state), keys)


_STEPS: Mapping[Step, Callable[[RetrainingState], BaseModel]] = {
    Step.LOCK: release.lock_model,
    Step.SMOKE_TEST: release.smoke_test,
    Step.SHIFT_TRAFFIC: release.shift_traffic,
    Step.CHECK_TRIAL: release.check_trial,
    Step.PROMOTE: release.release,
    Step.FINISH: release.finish,
    Step.CLEAN_UP: release.clean_up,
}
# What people, the first states of the machines and the clock ask for, by the name of the action.
_ACTIONS: Mapping[str, Callable[[Mapping[str, Any]], Call]] = {
    VALIDATE_REQUEST: _validate,
    READ_DECISION: _read_decision,
    "rollback": _rollback,
    "restore": _restore,
    "experiment": _experiment,
    "decide": _decide,
    SHIFT_SHARES: lambda _event: Call(release.shift_shares, {}),
    FOLLOW_UP: lambda _event: Call(release.follow_up, {}),
}
# AWS events, by detail type.
_CHANGES: Mapping[str, Callable[[object], Call]] = {
    ALARM_CHANGE: _alarm_changed,
    STATUS_CHANGE: _execution_ended,
}
