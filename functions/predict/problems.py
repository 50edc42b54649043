"""Errors as RFC 9457 problem documents."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from functions.predict.faults import FaultReport, refused_values
from functions.predict.schemas import FieldError, Problem
from modelfleet.serving.refusals import RefusalRecorder
from modelfleet.serving.telemetry import ServingTelemetry
from modelfleet.spec.errors import (
    ConflictError,
    NotPermittedError,
    NotReadyError,
    UnavailableError,
    UnknownPredictionError,
)

MEDIA_TYPE = "application/problem+json"
_RETRY = {"retry-after": "1"}
_NO_PREDICTION = "This API key has no prediction of this model with this ID."
_NOT_READY = "No version of this model is loaded yet; try again shortly."
# Python's phrases changed between versions; a problem's type must not.
_PROBLEMS = {
    400: ("Bad Request", "The body is not valid JSON."),
    403: ("Forbidden", "This API key has no permission for this route."),
    404: ("Not Found", "There is nothing at this path; the model's root path lists its routes."),
    405: ("Method Not Allowed", "This path exists, but not for this method."),
    409: ("Conflict", "The value has been changed too often."),
    413: ("Content Too Large", "The body is larger than this API accepts."),
    422: ("Unprocessable Content", "The body does not have the declared fields."),
    500: ("Internal Server Error", "An unexpected error occurred; quote the request ID."),
    503: ("Service Unavailable", "A required resource is not available yet; try again shortly."),
}


def answer(
    request: Request,
    status: int,
    detail: str | None = None,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Return a problem document."""
    title, usual = _PROBLEMS.get(status) or (HTTPStatus(status).phrase,) * 2
    problem = Problem(
        type=f"urn:modelfleet:problem:{title.lower().replace(' ', '-')}",
        title=title,
        status=status,
        detail=detail or usual,
        instance=request.url.path,
        request_id=request.state.call.request_id,
        errors=errors,
    )
    return JSONResponse(problem.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare the problem responses of an operation, for OpenAPI."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {MEDIA_TYPE: {"schema": schema}}
    return {
        status: {"description": _PROBLEMS[status][1], "content": content} for status in statuses
    }


def install(
    app: FastAPI, telemetry: ServingTelemetry, report: FaultReport, refusals: RefusalRecorder
) -> None:
    """Register handlers that return the errors of routes as problem documents."""

    async def not_ready(request: Request, error: NotReadyError) -> JSONResponse:
        # A readiness check is not a failure, a prediction that cannot be made is.
        if request.method == "POST":
            telemetry.failed(request.state.call.request_id, error)
        return answer(request, 503, _NOT_READY, headers=_RETRY)

    async def unavailable(request: Request, error: UnavailableError) -> JSONResponse:
        telemetry.failed(request.state.call.request_id, error)
        return answer(request, 503, str(error), headers=_RETRY)

    async def unknown(request: Request, _: UnknownPredictionError) -> JSONResponse:
        # The same message for a forged ID, and for one of another model or client.
        return answer(request, 404, _NO_PREDICTION)

    async def forbidden(request: Request, error: NotPermittedError) -> JSONResponse:
        return answer(request, 403, str(error))

    async def conflict(request: Request, error: ConflictError) -> JSONResponse:
        return answer(request, 409, str(error))

    async def invalid(request: Request, error: RequestValidationError) -> JSONResponse:
        faults = error.errors()
        if any(fault["type"] == "json_invalid" for fault in faults):
            return answer(request, 400)
        refusals.record(request.state.call, refused_values(faults))
        # Omit `body` from the locations.
        return answer(request, 422, *report.describe(faults, skip=1))

    app.add_exception_handler(NotReadyError, not_ready)  # type: ignore[arg-type]  # Starlette types handlers for Exception alone
    app.add_exception_handler(UnavailableError, unavailable)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(UnknownPredictionError, unknown)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(NotPermittedError, forbidden)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(ConflictError, conflict)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(RequestValidationError, invalid)  # type: ignore[arg-type]  # as above


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    return answer(request, error.status_code, headers=error.headers)
