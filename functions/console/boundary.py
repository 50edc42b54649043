"""Middleware for every request: its ID, security headers, and unexpected errors."""

import re
import uuid

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from functions.console import faults
from modelfleet.adapters.runtime import fault, runtime
from modelfleet.pages import policy

REQUEST_ID_HEADER = "x-request-id"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._:=+/-]{1,128}")
_HEADERS = {
    "cache-control": "no-store",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "referrer-policy": "same-origin",
    "strict-transport-security": "max-age=31536000",
    "x-content-type-options": "nosniff",
}


class Boundary:
    """Sets what each response has, and answers unexpected errors with a page that says nothing.

    Parameters
    ----------
    app
        The application.
    sign_in
        Origin of the sign-in pages, where signing out continues.
    """

    def __init__(self, app: ASGIApp, sign_in: str) -> None:
        self._app = app
        self._headers = _HEADERS | {policy.HEADER: policy.console(sign_in)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _request_id(scope)
        scope.setdefault("state", {})["request_id"] = request_id
        started = False

        async def reply(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                headers[REQUEST_ID_HEADER] = request_id
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, reply)
        except Exception as error:
            runtime("console").logger.error(
                "request failed", extra={"request_id": request_id, **fault(error)}
            )
            if started:
                raise
            await faults.answer(Request(scope), 500)(scope, receive, reply)


def _request_id(scope: Scope) -> str:
    """Return API Gateway's request ID; otherwise, a new one."""
    known = scope.get("aws.event", {}).get("requestContext", {}).get("requestId")
    return known if isinstance(known, str) and _REQUEST_ID.fullmatch(known) else str(uuid.uuid4())
