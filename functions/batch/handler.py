"""Lambda handler: runs one step of the batch state machine."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from modelfleet.adapters.runtime import runtime
from modelfleet.batch.job import BatchCall, BatchStep
from modelfleet.bootstrap import batch
from modelfleet.bootstrap.fleet import model_spec
from modelfleet.spec.document import parse_message
from modelfleet.spec.errors import BatchError


@runtime("batch").handler
def handler(event: Mapping[str, Any], _context: object) -> BaseModel:
    """Run the step that the event names, on the job that it describes."""
    call = parse_message(BatchCall, event, "event", BatchError)
    request = call.request
    # A job's execution is named after it.
    runtime("batch").append_keys(
        model=model_spec(request.model).name,
        execution_id=request.job,
        step=call.step,
        part=call.part,
    )
    match call.step:
        case BatchStep.SPLIT:
            return batch.split_batch(request)
        case BatchStep.MERGE:
            return batch.merge_batch(request)
        case BatchStep.SCORE:
            if call.part is None:
                raise BatchError("the event has no part")
            return batch.score_batch(request, call.part)
