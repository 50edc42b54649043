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

    Media types that are not listed as text would be encoded as base64, which a REST API without
    binary media types does not decode.
    """
    adapter = Mangum(app, lifespan="off", text_mime_types=["text/", "application/json", MEDIA_TYPE])

    def handle(event: Any, context: Any) -> Answer:
        try:
            _check(event)
            return adapter(event, context)
        # The application handles its own errors; this one comes from an invalid event, which may be
        # broken in any way.
        except Exception as error:  # noqa: BLE001  reported, and returned as a problem document
            request_id = str(uuid.uuid4())
            telemetry.failed(request_id, error)
            return _unreadable(request_id)

    return handle


def _check(event: Any) -> None:
    """Reject events without the parts of REST API events that the application and Mangum need."""
    context = event["requestContext"]
    required = (event["httpMethod"], event["path"])
    optional = (context.get("requestId"), context.get("path"))
    if not all(isinstance(text, str) for text in required):
        raise TypeError("method and path must be text")
    for text in required:
        # JSON may contain lone surrogates, but a response that quotes the path must not.
        text.encode()
    if not all(text is None or isinstance(text, str) for text in optional):
        raise TypeError("request ID and path in the context must be text")


def _unreadable(request_id: str) -> Answer:
    problem = {
        "type": "urn:modelfleet:problem:bad-request",
        "title": "Bad Request",
        "status": 400,
        "detail": "The event is not an API Gateway request.",
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
