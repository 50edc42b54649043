"""Lambda's entry: one step of the retraining machine at a time."""

import json
import logging
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from pydantic import BaseModel, ValidationError

from modelfleet.bootstrap import training
from modelfleet.retraining.state import RetrainingState, Step
from modelfleet.spec.errors import StepError

logger = logging.getLogger("modelfleet.train")
logger.setLevel(logging.INFO)

# Each imports its libraries when it runs: a function's start may take ten seconds, and no more.
_STEPS: Mapping[Step, Callable[[RetrainingState], BaseModel]] = {
    Step.PREPARE: training.prepare,
    Step.TRAIN: lambda state: training.train(state, partial(_tell, state)),
    Step.EVALUATE: training.evaluate,
    Step.REGISTER: training.register,
    Step.RECORD: training.record,
}


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step that the event names, on the machine's data."""
    step, state = _parsed(event)
    started = time.monotonic()
    result = _STEPS[step](state)
    _log(step, state, time.monotonic() - started)
    return result.model_dump(mode="json")


def _parsed(event: Mapping[str, Any]) -> tuple[Step, RetrainingState]:
    """Parse the event; one that cannot be read is permanent and not to be retried."""
    step = event.get("step")
    if step not in list(_STEPS):
        raise StepError(f"step {step!r} is not one of {', '.join(_STEPS)}")
    try:
        return Step(step), RetrainingState.model_validate(event.get("state"))
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise StepError(f"invalid state fields: {fields}") from error


def _log(step: Step, state: RetrainingState, seconds: float) -> None:
    _tell(state, "step done", step=step, seconds=round(seconds, 3))


def _tell(state: RetrainingState, message: str, **more: Any) -> None:
    line = {"message": message, "model": state.model, "execution": state.execution, **more}
    logger.info(json.dumps(line))
