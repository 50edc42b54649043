"""Lambda's entry: one step of the bulk scoring machine at a time."""

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, ValidationError

from modelfleet.batch.job import BatchRequest, BatchStep
from modelfleet.bootstrap import batch as scoring
from modelfleet.spec.errors import BatchError

logger = logging.getLogger("modelfleet.batch")
logger.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Run the step that the event names, on the job that it describes."""
    step, request = _parsed(event)
    started = time.monotonic()
    result = _run(step, request, event.get("part")).model_dump(mode="json")
    _log(step, request, event.get("part"), time.monotonic() - started)
    return result


def _run(step: BatchStep, request: BatchRequest, part: object) -> BaseModel:
    if step is BatchStep.SPLIT:
        return scoring.split_batch(request)
    if step is BatchStep.MERGE:
        return scoring.merge_batch(request)
    if not isinstance(part, int):
        raise BatchError("the event has no part")
    return scoring.score_batch(request, part)


def _parsed(event: Mapping[str, Any]) -> tuple[BatchStep, BatchRequest]:
    """Parse the event; one that cannot be read is permanent and not to be retried."""
    step = event.get("step")
    if step not in list(BatchStep):
        raise BatchError(f"step {step!r} is not one of {', '.join(BatchStep)}")
    try:
        return BatchStep(step), BatchRequest.model_validate(event.get("request"))
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise BatchError(f"invalid request fields: {fields}") from error


def _log(step: BatchStep, request: BatchRequest, part: object, seconds: float) -> None:
    line = {
        "message": "step done",
        "step": step,
        "model": request.model,
        "job": request.job,
        "part": part,
        "seconds": round(seconds, 3),
    }
    logger.info(json.dumps(line))
