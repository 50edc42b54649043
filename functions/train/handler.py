"""Lambda handler: runs one step of the retraining state machine."""

from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel

from modelfleet.adapters.runtime import runtime
from modelfleet.bootstrap import training
from modelfleet.bootstrap.fleet import model_spec
from modelfleet.retraining.state import RetrainingState, Step
from modelfleet.spec.document import parse_message
from modelfleet.spec.errors import StepError
from modelfleet.spec.names import quoted

# Each step imports its libraries when it runs, because initialization is limited to ten seconds.
_STEPS: Mapping[Step, Callable[[RetrainingState], BaseModel]] = {
    Step.PREPARE: training.prepare,
    Step.TRAIN: training.train,
    Step.EVALUATE: training.evaluate,
    Step.REGISTER: training.register,
    Step.RECORD: training.record,
}


@runtime("train").handler
def handler(event: Mapping[str, Any], _context: object) -> BaseModel:
    """Run the step in the event on the state machine's data."""
    step = event.get("step")
    if step not in list(_STEPS):
        raise StepError(f"step {quoted(step)} is not one of {', '.join(_STEPS)}")
    state = parse_message(RetrainingState, event.get("state"), "state", StepError)
    model = model_spec(state.model).name
    runtime("train").append_keys(model=model, execution_id=state.execution, step=step)
    return _STEPS[Step(step)](state)
