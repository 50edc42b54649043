"""Lambda's entry: the steps of a release, the end of an execution, and what people do by hand."""

import json
import logging
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from modelfleet.bootstrap import releasing
from modelfleet.domain.errors import CallError, ReleaseError
from modelfleet.domain.messages import RetrainingState, Step
from modelfleet.domain.release_requests import (
    ALARM_CHANGE,
    SHIFT_SHARES,
    STATUS_CHANGE,
    ChangedAlarm,
    EndedExecution,
    ExperimentRequest,
    RestoreRequest,
    RollbackRequest,
)

Message = TypeVar("Message", bound=BaseModel)

_STEPS: Mapping[Step, Callable[[RetrainingState], BaseModel]] = {
    Step.LOCK: releasing.lock_model,
    Step.SMOKE: releasing.smoke,
    Step.WIDEN: releasing.widen,
    Step.JUDGE: releasing.look,
    Step.RELEASE: releasing.release,
    Step.CLOSE: releasing.close,
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
    if event.get("action") in _BY_HAND:
        return _by_hand(event)
    if event.get("action") == SHIFT_SHARES:
        return releasing.shift_shares()
    if event.get("detail-type") == ALARM_CHANGE:
        return releasing.end_trial(_parsed(ChangedAlarm, event.get("detail")))
    if event.get("detail-type") == STATUS_CHANGE:
        return releasing.clean_up(_parsed(EndedExecution, event.get("detail")).state())
    step = event.get("step")
    if step not in list(_STEPS):
        raise ReleaseError(
            "the event is neither an action that is known nor one of the steps " + ", ".join(_STEPS)
        )
    result = _STEPS[Step(step)](_parsed(RetrainingState, event.get("state")))
    logger.info(json.dumps({"message": "step done", "step": step}))
    return result


_BY_HAND = ("rollback", "restore", "experiment")


def _by_hand(event: Mapping[str, Any]) -> BaseModel:
    if event["action"] == "rollback":
        return releasing.take_back(_parsed(RollbackRequest, event))
    if event["action"] == "restore":
        return releasing.restore(_parsed(RestoreRequest, event))
    return releasing.start_experiment(_parsed(ExperimentRequest, event))


def _parsed(kind: type[Message], content: object) -> Message:
    """Parse a message; one that cannot be read is permanent and not to be retried."""
    try:
        return kind.model_validate(content)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise ReleaseError(f"the event's fields {fields} are not readable") from error
