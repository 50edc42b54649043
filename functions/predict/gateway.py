"""Translates between API Gateway's events and the application."""

import json
import uuid
from collections.abc import Callable
from typing import Any

from fastapi import FastAPI
from mangum import Mangum

from functions.predict.problems import MEDIA_TYPE
from functions.predict.security import HEADERS
from modelfleet.serving.telemetry import ServingTelemetry

Answer = dict[str, Any]
Handler = Callable[[Any, Any], Answer]


def behind_gateway(app: FastAPI, telemetry: ServingTelemetry) -> Handler:
    """Make the Lambda handler of an application.

    What is not listed as text is handed over in base64, which a REST API without binary media
    types passes on to the caller as it is.
    """
    adapter = Mangum(app, lifespan="off", text_mime_types=["text/", "application/json", MEDIA_TYPE])

    def handle(event: Any, context: Any) -> Answer:
        try:
            _check(event)
            return adapter(event, context)
        # The application answers for its own errors; what comes here is an event that cannot be
        # read, and it may be broken in as many ways as there are values.
        except Exception as error:  # noqa: BLE001  answered for: reported, and a problem document
            request_id = str(uuid.uuid4())
            telemetry.failed(request_id, error)
            return _unreadable(request_id)

    return handle


def _check(event: Any) -> None:
    """Refuse what no REST API sends: the application and Mangum rely on these parts."""
    context = event["requestContext"]
    required = (event["httpMethod"], event["path"])
    optional = (context.get("requestId"), context.get("path"))
    if not all(isinstance(text, str) for text in required):
        raise TypeError("method and path must be text")
    for text in required:
        # JSON can hold halves of characters, and an answer that names the path cannot.
        text.encode()
    if not all(text is None or isinstance(text, str) for text in optional):
        raise TypeError("what the context says of the request must be text")


def _unreadable(request_id: str) -> Answer:
    problem = {
        "type": "urn:modelfleet:problem:bad-request",
        "title": "Bad Request",
        "status": 400,
        "detail": "The event is not a request that API Gateway would hand over.",
        "instance": "",
        "request_id": request_id,
    }
    headers = {name.decode(): value.decode() for name, value in HEADERS}
    return {
        "statusCode": 400,
        "headers": headers | {"content-type": MEDIA_TYPE, "x-request-id": request_id},
        "multiValueHeaders": {},
        "body": json.dumps(problem),
        "isBase64Encoded": False,
    }
