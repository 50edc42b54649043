"""Refusals and errors: a page for people, a problem document (RFC 9457) for programs."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from functions.console.view import PREFIX, base_of, here, page
from modelfleet.console.access.role import Role
from modelfleet.spec.errors import (
    AccessError,
    ConflictError,
    ModelfleetError,
    NotReadyError,
    ObjectNotFoundError,
    UnavailableError,
    UnknownModelError,
)

_SIGN_IN_AGAIN = (400, 401)
_TEMPLATE = "console/templates/refusal.html.j2"
_MEDIA_TYPE = "application/problem+json"


class NotSignedInError(Exception):
    """The request has no valid session and no valid token."""


class NotAllowedError(Exception):
    """The person's role does not allow the request."""

    def __init__(self, needed: Role) -> None:
        super().__init__(needed)
        self.needed = needed


class FormError(Exception):
    """A change without the token of one of the session's own forms."""


class ReasonError(Exception):
    """A change without a reason."""


class TooManyRequestsError(Exception):
    """Someone calls too often."""


class SignInError(Exception):
    """Signing in was not completed, took too long, or was begun by someone else."""


class ProviderError(Exception):
    """The user pool does not answer."""


_TEXTS: Mapping[int, tuple[str, str]] = {
    400: ("Not signed in", "The sign-in was not completed, or took too long. Sign in again."),
    401: ("Not signed in", "Sign in, or send a valid access token."),
    403: ("Not allowed", "Your role does not allow this."),
    404: ("Not found", "There is no such page, model, or prediction."),
    405: ("Not allowed", "This address exists, but not for this method."),
    409: ("Changed meanwhile", "Someone else changed this first. Nothing was done."),
    413: ("Too large", "The request is larger than the console accepts."),
    422: ("Not valid", "A field is missing or has a value that is not valid."),
    429: ("Too many requests", "Wait a few seconds, then try again."),
    500: ("Something went wrong", "An unexpected error occurred; quote the request ID."),
    503: ("Not available", "Something that this page needs is not available. Try again shortly."),
}
_FORM = (
    "This form is no longer valid, or was sent from another site. "
    "Go back, reload the page, and send the form again."
)
_REASON = "State a reason: it is written to the audit log."
_PROVIDER = "The sign-in service does not answer. Try again shortly."
# The library's errors whose messages say nothing to a reader of the page; others are unexpected.
_STATUSES: Mapping[type[ModelfleetError], int] = {
    UnknownModelError: 404,
    ObjectNotFoundError: 404,
    NotReadyError: 503,
    UnavailableError: 503,
    AccessError: 503,
}


def answer(
    request: Request, status: int, detail: str = "", headers: Mapping[str, str] | None = None
) -> Response:
    """Return a page, or a problem document below the path of the JSON API."""
    title, usual = _TEXTS.get(status) or (HTTPStatus(status).phrase,) * 2
    if is_api(request):
        problem = {
            "type": f"urn:modelfleet:problem:{title.lower().replace(' ', '-')}",
            "title": title,
            "status": status,
            "detail": detail or usual,
            "instance": request.url.path,
            "request_id": request.state.request_id,
        }
        return JSONResponse(problem, status, headers, _MEDIA_TYPE)
    signs_in = status in _SIGN_IN_AGAIN
    response = page(
        request, _TEMPLATE, status, title=title, detail=detail or usual, signs_in=signs_in
    )
    response.headers.update(headers or {})
    return response


def is_api(request: Request) -> bool:
    """Return whether a request is for the JSON API."""
    return request.url.path.startswith(f"{PREFIX}/api/")


def install(app: FastAPI) -> None:
    """Register the handlers of all errors but unexpected ones."""
    handlers: Mapping[type[Exception], Callable[..., Any]] = {
        NotSignedInError: _not_signed_in,
        NotAllowedError: _not_allowed,
        FormError: lambda request, _: answer(request, 403, _FORM),
        ReasonError: lambda request, _: answer(request, 422, _REASON),
        TooManyRequestsError: lambda request, _: answer(request, 429, headers={"retry-after": "5"}),
        SignInError: lambda request, _: answer(request, 400),
        ProviderError: lambda request, _: answer(request, 503, _PROVIDER),
        HTTPException: lambda request, error: answer(
            request, error.status_code, headers=error.headers
        ),
        RequestValidationError: lambda request, _: answer(request, 422),
        ConflictError: lambda request, error: answer(request, 409, str(error)),
        **{kind: _known(status) for kind, status in _STATUSES.items()},
    }
    for kind, handler in handlers.items():
        app.add_exception_handler(kind, _asynchronous(handler))


def _known(status: int) -> Callable[[Request, Exception], Response]:
    return lambda request, _: answer(request, status)


def _asynchronous(handler: Callable[[Request, Any], Response]) -> Any:
    """Handlers of plain functions would run in a thread; these only render."""

    async def handle(request: Request, error: Exception) -> Response:
        return handler(request, error)

    return handle


def _not_signed_in(request: Request, _: NotSignedInError) -> Response:
    if is_api(request):
        return answer(request, 401, headers={"www-authenticate": "Bearer"})
    if request.method != "GET" or "hx-request" in request.headers:
        return answer(request, 401)
    target = f"{base_of(request.app.state.console)}/sign-in?next={quote(here(request), safe='')}"
    return RedirectResponse(target, 303)


def _not_allowed(request: Request, error: NotAllowedError) -> Response:
    return answer(request, 403, f"This requires the role {error.needed}. Ask an administrator.")
