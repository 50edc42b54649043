"""Lambda's entry: watch the function's model over the window that the event names."""

import json
import logging
import time
from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from modelfleet.bootstrap import drift as watching
from modelfleet.drift.requests import DriftOutcome, DriftRequest
from modelfleet.spec.errors import DriftStateError

logger = logging.getLogger("modelfleet.drift")
logger.setLevel(logging.INFO)


def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Watch the model; the answer says what was found and what is done about it."""
    request = _parsed(event)
    started = time.monotonic()
    outcome = watching.run_drift(request)
    _log(outcome, time.monotonic() - started)
    return outcome.model_dump(mode="json")


def _parsed(event: Mapping[str, Any]) -> DriftRequest:
    """Parse the event; one that cannot be read is permanent and not to be retried."""
    try:
        request = DriftRequest.model_validate(event)
    except ValidationError as error:
        fields = sorted({".".join(map(str, fault["loc"])) for fault in error.errors()})
        raise DriftStateError(f"invalid request fields: {fields}") from error
    own = watching.drift_settings().model
    if request.model != own:
        raise DriftStateError(f"this function monitors {own}, not {request.model}")
    return request


def _log(outcome: DriftOutcome, seconds: float) -> None:
    line = {"message": "watched", **outcome.model_dump(mode="json"), "seconds": round(seconds, 3)}
    logger.info(json.dumps(line))
