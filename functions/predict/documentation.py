"""The routes that document the API to people and programs."""

from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.openapi.docs import get_swagger_ui_html
from fastapi.responses import HTMLResponse

from functions.predict.schemas import Problem

_KEY_SCHEME = {"type": "apiKey", "in": "header", "name": "x-api-key"}


class DocumentedApi(FastAPI):
    """A FastAPI application whose schema knows the problem documents that its routes refer to."""

    def openapi(self) -> dict[str, Any]:
        """The application's OpenAPI document, made once."""
        if self.openapi_schema is None:
            schemas = super().openapi().setdefault("components", {}).setdefault("schemas", {})
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs", {}) | {Problem.__name__: problem}
        return self.openapi_schema or {}


def documentation_routes(app: FastAPI) -> APIRouter:
    """Make the routes `/docs` and `/openapi.json`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi(request: Request) -> dict[str, Any]:
        return _behind_gateway(app.openapi(), request.scope.get("aws.event"))

    @router.get("/docs")
    async def docs() -> HTMLResponse:
        # Relative, because API Gateway's stage stands before the path that the application sees.
        return get_swagger_ui_html(openapi_url="openapi.json", title=app.title)

    return router


def _behind_gateway(schema: dict[str, Any], event: dict[str, Any] | None) -> dict[str, Any]:
    """Add what the gateway adds: the stage before every path, and the key."""
    if event is None:
        return schema
    stage = event["requestContext"].get("path", event["path"]).removesuffix(event["path"])
    components = schema["components"] | {"securitySchemes": {"key": _KEY_SCHEME}}
    return schema | {
        "servers": [{"url": stage or "/"}],
        "components": components,
        "security": [{"key": []}],
    }
