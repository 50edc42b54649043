"""Lambda's entry: the steps of a release, the end of an execution, and what people do by hand."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from modelfleet.bootstrap import release as releasing
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
from modelfleet.spec.errors import CallError, ReleaseError

Message = TypeVar("Message", bound=BaseModel)

_STEPS: Mapping[Step, Callable[[RetrainingState], BaseModel]] = {
    Step.LOCK: releasing.lock_model,
    Step.SMOKE: releasing.smoke_test,
    Step.WIDEN: releasing.shift_traffic,
    Step.JUDGE: releasing.check_trial,
    Step.RELEASE: releasing.release,
    Step.CLOSE: releasing.finish,
    Step.CLEAN_UP: releasing.clean_up,
}

logger = logging.getLogger("modelfleet.release")
logger.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run a step of the machine, take a release back, or start an experiment."""
    try:
        return _done(event).model_dump(mode="json")
    except CallError as error:
        if error.transient:
            # The machine knows by the name of an error whether to try again.
            raise ConnectionError(str(error)) from error
        raise


def _done(event: Mapping[str, Any]) -> BaseModel:
    action, change = event.get("action"), event.get("detail-type")
    if action in list(_ACTIONS):
        return _ACTIONS[str(action)](event)
    if change in list(_CHANGES):
        return _CHANGES[str(change)](event.get("detail"))
    step = event.get("step")
    if step not in list(_STEPS):
        raise ReleaseError("unknown action; the steps are " + ", ".join(_STEPS))
    result = _STEPS[Step(step)](_parsed(RetrainingState, event.get("state")))
    logger.info(json.dumps({"message": "step done", "step": step}))
    return result


def _cleaned_up(ended: EndedExecution) -> BaseModel:
    state = ended.state()
    if state is None:
        return NothingToCleanUp(execution=ended.name, status=ended.status)
    return releasing.clean_up(state)


def _parsed(kind: type[Message], content: object) -> Message:
    """Parse a message; one that cannot be read is permanent and not to be retried."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise ReleaseError(f"invalid event fields: {fields}") from error


# What people, the machine's first state and the clock ask for, by the name of the action.
_ACTIONS: Mapping[str, Callable[[Mapping[str, Any]], BaseModel]] = {
    VALIDATE_REQUEST: lambda event: releasing.validate(event.get("request")),
    "rollback": lambda event: releasing.roll_back(_parsed(RollbackRequest, event)),
    "restore": lambda event: releasing.restore(_parsed(RestoreRequest, event)),
    "experiment": lambda event: releasing.start_experiment(_parsed(ExperimentRequest, event)),
    SHIFT_SHARES: lambda _event: releasing.shift_shares(),
}
# What AWS announces, by the type of the event.
_CHANGES: Mapping[str, Callable[[object], BaseModel]] = {
    ALARM_CHANGE: lambda detail: releasing.end_trial(_parsed(ChangedAlarm, detail)),
    STATUS_CHANGE: lambda detail: _cleaned_up(_parsed(EndedExecution, detail)),
}
