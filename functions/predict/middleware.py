"""Middleware for every request."""

import re
import time
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import Request
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.predict import problems
from functions.predict.security import with_security_headers
from modelfleet.outcomes.entities import entity_of
from modelfleet.outcomes.reporters import permitted_keys
from modelfleet.serving.score import Call
from modelfleet.serving.telemetry import ServingTelemetry

REQUEST_ID_HEADER = "x-request-id"
ENTITY_HEADER = "x-entity-id"
_CLIENT_ERRORS = range(HTTPStatus.BAD_REQUEST, HTTPStatus.INTERNAL_SERVER_ERROR)
_KEY_ID = re.compile(r"[A-Za-z0-9._-]{1,128}")
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:=+/-]{1,128}")


class RequestBoundary:
    """Assigns request IDs, limits the body's size, and handles unexpected errors.

    No exception propagates, because the server would print its traceback with values of the
    request.
    """

    def __init__(self, app: ASGIApp, telemetry: ServingTelemetry, maximum_body_bytes: int) -> None:
        self._app = app
        self._telemetry = telemetry
        self._maximum_body_bytes = maximum_body_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        call = _call(scope)
        scope.setdefault("state", {})["call"] = call
        _read_as_json(scope)
        reply = _Reply(send, call.request_id)
        try:
            await self._app(scope, self._bounded(receive), reply)
        except Exception as error:
            self._telemetry.failed(call.request_id, error)
            if reply.started:
                raise
            await problems.answer(Request(scope), 500)(scope, receive, reply)
        if scope["method"] == "POST" and reply.status in _CLIENT_ERRORS:
            self._telemetry.rejected(call.request_id, reply.status)

    def _bounded(self, receive: Receive) -> Receive:
        read = 0

        async def bounded() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self._maximum_body_bytes:
                raise HTTPException(413)
            return message

        return bounded


class _Reply:
    """A `send` that adds the request ID and security headers, and records the status."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id
        self.started = False
        self.status = int(HTTPStatus.OK)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID_HEADER] = self._request_id
            message["headers"] = with_security_headers(message["headers"])
        await self._send(message)


def _call(scope: Scope) -> Call:
    headers = Headers(scope=scope)
    event = scope.get("aws.event")
    context = (event or {}).get("requestContext", {})
    client = _client(context)
    return Call(
        _request_id(context, headers),
        time.perf_counter(),
        _entity(headers.get(ENTITY_HEADER)),
        client,
        # Without an event, the caller is the program that runs the application, such as a check.
        event is None or client in permitted_keys(event.get("stageVariables")),
    )


def _entity(given: str | None) -> str | None:
    """Return the entity in the header, the same text as in the JSON of a batch.

    Header values are decoded as Latin-1, whatever the caller encoded them in.
    """
    if given is None or given.isascii():
        return entity_of(given)
    try:
        return entity_of(given.encode("latin-1").decode())
    except UnicodeError:
        return entity_of(given)


def _client(context: Mapping[str, Any]) -> str:
    """Return the API key's ID from API Gateway; headers and bodies cannot set it."""
    identity = context.get("identity")
    key_id = identity.get("apiKeyId") if isinstance(identity, dict) else None
    return key_id if isinstance(key_id, str) and _KEY_ID.fullmatch(key_id) else ""


def _request_id(context: Mapping[str, Any], headers: Headers) -> str:
    """Return API Gateway's request ID if there is one, because a caller's may not be unique."""
    for candidate in (context.get("requestId"), headers.get(REQUEST_ID_HEADER)):
        if candidate and _REQUEST_ID.fullmatch(candidate):
            return str(candidate)
    return str(uuid.uuid4())


def _read_as_json(scope: Scope) -> None:
    """Treat every body as JSON, although `curl -d` declares it as a form."""
    if scope["method"] == "POST":
        MutableHeaders(scope=scope)["content-type"] = "application/json"
