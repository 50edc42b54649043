"""Routes that parse and serialize JSON without intermediate objects."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import TypeAdapter, ValidationError
from pydantic_core import to_json

Body = TypeVar("Body")

# 1,000 empty rows of 15 required fields make 15,000 faults, and a body of the maximum size may
# contain ten times as many unknown fields. Nobody reads them, and each costs microseconds.
_FAULTS_MAXIMUM = 20_000
_HALF = "Text must not contain a lone surrogate (U+D800 to U+DFFF)"


class BodyReader(Generic[Body]):
    """Validates a request's body directly from its bytes.

    Pydantic's JSON parser limits nesting and reports invalid JSON as a validation error.

    Parameters
    ----------
    kind
        Type of the body.
    """

    def __init__(self, kind: type[Body]) -> None:
        self._adapter = TypeAdapter[Body](kind)

    def read(self, content: bytes) -> Body:
        """Validate a body.

        Raises
        ------
        RequestValidationError
            If it is not valid.
        """
        try:
            return self._adapter.validate_json(content)
        except ValidationError as error:
            raise RequestValidationError(faults(error, content)) from error


class JsonRoute(APIRoute):
    """A route whose endpoint is a plain function of the request and its body.

    The endpoint's annotations document it, as usual in FastAPI. Responses are serialized without
    validation; tests check every response against its declared schema.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Make the function that handles requests."""
        if self.body_field is None:
            raise TypeError(f"{self.path}: this route requires a body")
        reader = self.reader(self.body_field.field_info.annotation)
        endpoint: Callable[[Request, Any], Any] = self.endpoint
        status = self.status_code or 200

        async def handle(request: Request) -> Response:
            body = reader.read(await request.body())
            answer = to_json(endpoint(request, body))
            return Response(answer, status, media_type="application/json")

        return handle

    def reader(self, kind: Any) -> BodyReader[Any]:
        """Make the reader of the body."""
        return BodyReader(kind)


def faults(error: ValidationError, content: bytes) -> list[Any]:
    """Return the validation errors of a body, with locations as in FastAPI."""
    if not content:
        return [{"type": "missing", "loc": ("body",), "msg": "Field required"}]
    if _holds_half_a_character(error, content):
        return [{"type": "lone_surrogate", "loc": ("body",), "msg": _HALF}]
    if error.error_count() > _FAULTS_MAXIMUM:
        return [{"type": "too_many", "loc": ("body",), "msg": "Too many errors to report"}]
    return [
        {**fault, "loc": ("body", *fault["loc"])}
        for fault in error.errors(include_url=False, include_input=False)
    ]


def _holds_half_a_character(error: ValidationError, content: bytes) -> bool:
    """Return whether lone surrogates, which JSON's grammar allows, are the only error.

    Pydantic reports them like truncated JSON. UTF-8 cannot encode them, so no response, log, or
    file could contain such a text.
    """
    if b"\\u" not in content or error.errors(include_url=False)[0]["type"] != "json_invalid":
        return False
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True
