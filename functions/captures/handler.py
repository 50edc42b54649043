"""Lambda's entry: one delivery of log events, carried to the lake."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from functions.captures.delivery import messages
from modelfleet.adapters.runtime import runtime
from modelfleet.bootstrap import captures
from modelfleet.captures.delivery import deliver


@runtime("captures").handler
def handler(event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Carry the predictions of the delivery, and count what it held."""
    delivered = deliver(messages(event), captures.capture_sink(), captures.metric_sink())
    runtime("captures").append_keys(**asdict(delivered))
    if delivered.unreadable:
        runtime("captures").logger.warning("unreadable log events left out")
    return asdict(delivered)
