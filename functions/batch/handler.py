"""Lambda handler: runs one step of the batch state machine."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from modelfleet.adapters.runtime import runtime
from modelfleet.batch.job import BatchRequest, BatchStep
from modelfleet.bootstrap import batch
from modelfleet.spec.document import parse_message
from modelfleet.spec.errors import BatchError


@runtime("batch").handler
def handler(event: Mapping[str, Any], _context: object) -> BaseModel:
    """Run the step that the event names, on the job that it describes."""
    step, part = event.get("step"), event.get("part")
    request = parse_message(BatchRequest, event.get("request"), "request", BatchError)
    # A job's execution is named after it.
    runtime("batch").append_keys(
        model=request.model, execution_id=request.job, step=step, part=part
    )
    match step:
        case BatchStep.SPLIT:
            return batch.split_batch(request)
        case BatchStep.MERGE:
            return batch.merge_batch(request)
        case BatchStep.SCORE if isinstance(part, int):
            return batch.score_batch(request, part)
        case BatchStep.SCORE:
            raise BatchError("the event has no part")
    raise BatchError(f"step {step!r} is not one of {', '.join(BatchStep)}")
