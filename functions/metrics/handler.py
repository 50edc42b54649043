"""Lambda handler: returns the fleet's metrics to API Gateway."""

from collections.abc import Mapping
from typing import Any

from modelfleet.adapters.runtime import runtime
from modelfleet.bootstrap import metrics
from modelfleet.metrics.openmetrics import CONTENT_TYPE


@runtime("metrics").handler
def handler(_event: Mapping[str, Any], _context: object) -> dict[str, Any]:
    """Return all metrics; API Gateway has already checked the API key."""
    return {
        "statusCode": 200,
        "headers": {"content-type": CONTENT_TYPE, "cache-control": "no-store"},
        "body": metrics.metrics_export().text(),
        "isBase64Encoded": False,
    }
