"""Lambda's entry: the fleet's metrics as text, for the gateway."""

from collections.abc import Mapping
from typing import Any

from modelfleet.adapters.runtime import runtime
from modelfleet.bootstrap import metrics
from modelfleet.metrics.openmetrics import CONTENT_TYPE


@runtime("metrics").handler
def handler(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Answer a request for all of it; the gateway has asked for the key."""
    return {
        "statusCode": 200,
        "headers": {"content-type": CONTENT_TYPE, "cache-control": "no-store"},
        "body": metrics.metrics_export().text(),
        "isBase64Encoded": False,
    }
