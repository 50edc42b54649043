"""Lambda handler: runs drift detection for the function's model over the event's window."""

from collections.abc import Mapping
from typing import Any

from modelfleet.adapters.runtime import runtime
from modelfleet.bootstrap import drift
from modelfleet.drift.requests import DriftOutcome, DriftRequest
from modelfleet.spec.document import parse_message
from modelfleet.spec.errors import DriftStateError
from modelfleet.spec.names import quoted


@runtime("drift").handler
def handler(event: Mapping[str, Any], _context: object) -> DriftOutcome:
    """Run drift detection, and return the findings and the action taken."""
    model = drift.drift_settings().model
    runtime("drift").append_keys(model=model)
    request = parse_message(DriftRequest, event, "request", DriftStateError)
    if request.model != model:
        raise DriftStateError(f"this function monitors {model}, not {quoted(request.model)}")
    outcome = drift.run_drift(request)
    runtime("drift").append_keys(**outcome.model_dump(mode="json"))
    return outcome
