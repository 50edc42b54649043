"""Calls of the release function: a step of the state machine, an action, or an AWS event."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar

from pydantic import BaseModel

from modelfleet.bootstrap import release
from modelfleet.release.requests import (
    ALARM_CHANGE,
    SHIFT_SHARES,
    STATUS_CHANGE,
    VALIDATE_REQUEST,
    ChangedAlarm,
    EndedExecution,
    ExperimentRequest,
    NothingToCleanUp,
    RestoreRequest,
    RollbackRequest,
)
from modelfleet.retraining.state import RetrainingState, Step
from modelfleet.spec.document import parse_message
from modelfleet.spec.errors import ReleaseError

Message = TypeVar("Message", bound=BaseModel)


class Call(NamedTuple):
    """The operation that an event requests, and the keys of its log lines."""

    run: Callable[[], BaseModel]
    keys: Mapping[str, str | None]


def read_call(event: Mapping[str, Any]) -> Call:
    """Parse an event.

    Raises
    ------
    ReleaseError
        If it is none of those that are known, or lacks a field.
    """
    action, change, step = event.get("action"), event.get("detail-type"), event.get("step")
    if action in list(_ACTIONS):
        return _ACTIONS[str(action)](event)
    if change in list(_CHANGES):
        return _CHANGES[str(change)](event.get("detail"))
    if step not in list(_STEPS):
        raise ReleaseError("unknown action; the steps are " + ", ".join(_STEPS))
    state = _parsed(RetrainingState, event.get("state"))
    keys = {"model": state.model, "execution_id": state.execution, "step": step}
    return Call(partial(_STEPS[Step(step)], state), keys)


def _parsed(kind: type[Message], content: object) -> Message:
    return parse_message(kind, content, "event", ReleaseError)


def _validate(event: Mapping[str, Any]) -> Call:
    request = event.get("request")
    model = request.get("model") if isinstance(request, Mapping) else None
    return Call(partial(release.validate, request), {"model": str(model) if model else None})


def _rollback(event: Mapping[str, Any]) -> Call:
    request = _parsed(RollbackRequest, event)
    return Call(partial(release.roll_back, request), {"model": request.model})


def _restore(event: Mapping[str, Any]) -> Call:
    request = _parsed(RestoreRequest, event)
    return Call(partial(release.restore, request), {"model": request.model})


def _experiment(event: Mapping[str, Any]) -> Call:
    request = _parsed(ExperimentRequest, event)
    return Call(partial(release.start_experiment, request), {"model": request.model})


def _alarm_changed(detail: object) -> Call:
    alarm = _parsed(ChangedAlarm, detail)
    return Call(partial(release.end_trial, alarm), {"alarm": alarm.alarmName})


def _execution_ended(detail: object) -> Call:
    ended = _parsed(EndedExecution, detail)
    state = ended.state()
    if state is None:
        nothing = NothingToCleanUp(execution=ended.name, status=ended.status)
        return Call(lambda: nothing, {"execution_id": ended.name})
    keys = {"model": state.model, "execution_id": state.execution}
    return Call(partial(release.clean_up, state), keys)


_STEPS: Mapping[Step, Callable[[RetrainingState], BaseModel]] = {
    Step.LOCK: release.lock_model,
    Step.SMOKE: release.smoke_test,
    Step.WIDEN: release.shift_traffic,
    Step.JUDGE: release.check_trial,
    Step.RELEASE: release.release,
    Step.CLOSE: release.finish,
    Step.CLEAN_UP: release.clean_up,
}
# What people, the machine's first state and the clock ask for, by the name of the action.
_ACTIONS: Mapping[str, Callable[[Mapping[str, Any]], Call]] = {
    VALIDATE_REQUEST: _validate,
    "rollback": _rollback,
    "restore": _restore,
    "experiment": _experiment,
    SHIFT_SHARES: lambda _event: Call(release.shift_shares, {}),
}
# AWS events, by detail type.
_CHANGES: Mapping[str, Callable[[object], Call]] = {
    ALARM_CHANGE: _alarm_changed,
    STATUS_CHANGE: _execution_ended,
}
