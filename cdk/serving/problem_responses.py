"""Problem documents (RFC 9457) for requests that the API refuses before a function is called."""

from dataclasses import dataclass

from aws_cdk import aws_apigateway

_HOUR = 3600
_CONTENT_TYPE = "'application/problem+json'"


@dataclass(frozen=True)
class _Problem:
    kind: aws_apigateway.ResponseType
    status: int | None
    title: str
    detail: str
    retry_after_seconds: int | None = None


def add_problem_responses(
    api: aws_apigateway.RestApi, *, allowed_origins: tuple[str, ...] = ()
) -> None:
    """Give each gateway response a problem document with the request ID."""
    for problem in _problems():
        api.add_gateway_response(
            problem.title.title().replace(" ", ""),
            type=problem.kind,
            status_code=None if problem.status is None else str(problem.status),
            response_headers=_headers(problem, allowed_origins),
            templates={"application/json": _document(problem)},
        )


def _headers(problem: _Problem, allowed_origins: tuple[str, ...]) -> dict[str, str]:
    headers = {"Content-Type": _CONTENT_TYPE}
    if problem.retry_after_seconds is not None:
        headers["Retry-After"] = f"'{problem.retry_after_seconds}'"
    # A response can name only one origin; with several, pages just see that a call failed.
    if len(allowed_origins) == 1:
        headers["Access-Control-Allow-Origin"] = f"'{allowed_origins[0]}'"
        headers["Access-Control-Expose-Headers"] = "'retry-after'"
    return headers


def _document(problem: _Problem) -> str:
    status = "" if problem.status is None else f'"status": {problem.status}, '
    return (
        f'{{"type": "about:blank", "title": "{problem.title}", {status}'
        f'"detail": "{problem.detail}", "request_id": "$context.requestId"}}'
    )


def _problems() -> tuple[_Problem, ...]:
    kinds = aws_apigateway.ResponseType
    return (
        # API Gateway's name for a path or method without a resource.
        _Problem(
            kinds.MISSING_AUTHENTICATION_TOKEN, 404, "Not found", "No such model or operation."
        ),
        _Problem(kinds.RESOURCE_NOT_FOUND, 404, "Resource not found", "No such resource."),
        _Problem(
            kinds.INVALID_API_KEY, 403, "Forbidden", "The header x-api-key is missing or wrong."
        ),
        _Problem(kinds.BAD_REQUEST_BODY, 400, "Bad request", "The body is not valid."),
        _Problem(kinds.REQUEST_TOO_LARGE, 413, "Content too large", "The body is too large."),
        _Problem(
            kinds.UNSUPPORTED_MEDIA_TYPE, 415, "Unsupported media type", "Send application/json."
        ),
        _Problem(kinds.THROTTLED, 429, "Too many requests", "Slow down and try again.", 1),
        # The month may end much later, but the quota may be raised before.
        _Problem(
            kinds.QUOTA_EXCEEDED, 429, "Quota exceeded", "This key's quota is used up.", _HOUR
        ),
        _Problem(
            kinds.INTEGRATION_TIMEOUT, 504, "Gateway timeout", "The model took too long to answer."
        ),
        _Problem(
            kinds.INTEGRATION_FAILURE, 502, "Bad gateway", "The model's function did not answer."
        ),
        # The rest keep the status that API Gateway gives them.
        _Problem(kinds.DEFAULT_4_XX, None, "Request refused", "The request was refused."),
        _Problem(kinds.DEFAULT_5_XX, None, "Internal server error", "Try again later."),
    )
