"""Errors become RFC 9457 problem documents here and nowhere else."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from functions.predict.schemas import FieldError, Problem
from modelfleet.domain.errors import NotReadyError
from modelfleet.domain.ports import ServingTelemetry

MEDIA_TYPE = "application/problem+json"
_REPORTED_ERRORS = 50
_NAMED_FIELDS = 5
_FIELD_LENGTH = 100
_DETAILS = {
    400: "The body is not valid JSON.",
    404: "There is nothing at this path; see the model's root path for its routes.",
    405: "This path exists, but not for this method.",
    413: "The body is larger than this API accepts.",
    422: "The body does not have the declared fields; `errors` names each one.",
    500: "Something failed on our side; quote the request id when you report it.",
    501: "This route is declared, but not implemented yet.",
    503: "No version of this model is loaded yet; try again shortly.",
}


def answer(
    request: Request,
    status: int,
    detail: str | None = None,
    errors: list[FieldError] | None = None,
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """Answer with a problem document."""
    title = HTTPStatus(status).phrase
    problem = Problem(
        type=f"urn:modelfleet:problem:{title.lower().replace(' ', '-')}",
        title=title,
        status=status,
        detail=detail or _DETAILS.get(status, title),
        instance=request.url.path,
        request_id=request.state.call.request_id,
        errors=errors,
    )
    return JSONResponse(problem.model_dump(exclude_none=True), status, headers, MEDIA_TYPE)


def responses(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Declare the problems that an operation can answer, for OpenAPI."""
    schema = {"$ref": f"#/components/schemas/{Problem.__name__}"}
    content = {MEDIA_TYPE: {"schema": schema}}
    return {status: {"description": _DETAILS[status], "content": content} for status in statuses}


def install(app: FastAPI, telemetry: ServingTelemetry) -> None:
    """Let every error that a route can raise be answered as a problem."""

    async def not_ready(request: Request, error: NotReadyError) -> JSONResponse:
        # Asking whether the model is ready is no failure, asking it for a prediction is.
        if request.method == "POST":
            telemetry.failed(request.state.call.request_id, error)
        return answer(request, 503, headers={"retry-after": "1"})

    app.add_exception_handler(NotReadyError, not_ready)  # type: ignore[arg-type]  # Starlette types handlers for Exception alone
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]  # as above
    app.add_exception_handler(RequestValidationError, _invalid)  # type: ignore[arg-type]  # as above


async def _http(request: Request, error: HTTPException) -> JSONResponse:
    return answer(request, error.status_code, headers=error.headers)


async def _invalid(request: Request, error: RequestValidationError) -> JSONResponse:
    faults = error.errors()
    if any(fault["type"] == "json_invalid" for fault in faults):
        return answer(request, 400)
    errors = [_field_error(fault) for fault in faults[:_REPORTED_ERRORS]]
    named = list(dict.fromkeys(error.field for error in errors))
    more = ", ..." if len(named) > _NAMED_FIELDS or len(faults) > len(errors) else ""
    detail = f"Not valid: {', '.join(named[:_NAMED_FIELDS])}{more}"
    return answer(request, 422, detail, errors)


def _field_error(fault: Mapping[str, Any]) -> FieldError:
    path = ".".join(str(part) for part in fault["loc"][1:]) or "body"
    return FieldError(field=path[:_FIELD_LENGTH], message=fault["msg"])
