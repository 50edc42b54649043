"""Translates between API Gateway's events and the console."""

from collections.abc import Callable
from functools import cache
from typing import Any

from mangum import Mangum

from functions.console.app import from_environment
from modelfleet.adapters.runtime import runtime

# Other media types would be encoded as base64, which a REST API without binary media types does
# not decode.
_TEXTS = ["text/", "application/json", "application/problem+json", "image/svg+xml"]


def behind_gateway() -> Callable[[Any, Any], dict[str, Any]]:
    """Return the Lambda handler, which builds the application at its first event."""

    @cache
    def adapter() -> Mangum:
        return Mangum(from_environment(), lifespan="off", text_mime_types=_TEXTS)

    @runtime("console").handler
    def handle(event: Any, context: Any) -> dict[str, Any]:
        return dict(adapter()(event, context))

    return handle
