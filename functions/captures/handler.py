"""Lambda handler: delivers the predictions in log events to the lake."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from functions.captures.delivery import messages
from modelfleet.adapters.runtime import runtime
from modelfleet.bootstrap import captures
from modelfleet.captures.delivery import deliver


@runtime("captures").handler
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Deliver the predictions in the event, and return counts."""
    delivered = deliver(
        messages(event), captures.capture_sink(), captures.metric_sink(), captures.opener()
    )
    runtime("captures").append_keys(**asdict(delivered))
    if delivered.unreadable:
        runtime("captures").logger.warning("unreadable log events skipped")
    return asdict(delivered)
