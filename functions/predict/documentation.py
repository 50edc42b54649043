"""The routes of the API documentation."""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import resources
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException

from functions.predict.schemas import Problem
from modelfleet.pages import policy as page_policy
from modelfleet.pages.text import escape, markdown, visible
from modelfleet.resource_names import CONSOLE_PATH

_KEY_SOURCE = (
    "The command fleet status prints the shared key of the stage; the operators of the API issue "
    "keys for single clients."
)
_KEY_SCHEME = {
    "type": "apiKey",
    "in": "header",
    "name": "x-api-key",
    "description": _KEY_SOURCE,
}
_KEY_NOTE = "Requests need an API key in the header x-api-key; enter it with Authorize."
# What API Gateway answers before the application is called.
_REFUSALS = {
    "401": "Not signed in: the stage requires more than an API key",
    "403": "The API key is missing or wrong, or the firewall refused the request",
    "429": "The key's rate or quota is used up; retry after the seconds in retry-after",
}
_TEXT = {"type": "string"}
_REFUSAL = {
    "title": "Refusal",
    "description": "Problem document (RFC 9457) of API Gateway.",
    "type": "object",
    "required": ["type", "title", "detail", "request_id"],
    "properties": {
        **dict.fromkeys(("type", "title", "detail", "request_id"), _TEXT),
        "status": {"type": "integer"},
    },
}
# All references are relative, because API Gateway removes the stage from the path that the
# application sees, and local, so that the page works offline.
_PAGE = """{opening}
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="docs/swagger-ui.css">
</head>
<body>
<div id="swagger-ui"></div>
<script src="docs/swagger-ui-bundle.js"></script>
<script src="docs/start.js"></script>
</body>
</html>
"""
# The document's relative addresses become whole ones, so that the page names the server that it
# calls; Swagger UI would resolve links against the server instead of the document.
_START = """const dark = matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
follow();
dark.addEventListener("change", follow);
const schema = new URL("openapi.json", location.href).href;
const whole = (address) => new URL(address, schema).href.replace(/\\/$/, "");
window.ui = SwaggerUIBundle({
  url: "openapi.json",
  responseInterceptor: (response) => {
    if (response.url === schema && response.ok) {
      const read = JSON.parse(response.text);
      const linked = [...(read.servers ?? []), read.externalDocs].filter(Boolean);
      for (const each of linked) each.url = whole(each.url);
      response.text = JSON.stringify(read);
    }
    return response;
  },
  dom_id: "#swagger-ui",
  deepLinking: true,
  persistAuthorization: true,
  validatorUrl: null,
});
"""
_PACKAGE = "fastapi_swagger"
DOCS_PATH = "/docs"
_ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}
_KEPT = {"cache-control": "public, max-age=86400"}
# Text of a model's author, or of the table that its spec was drafted from. By the specification,
# viewers render descriptions as Markdown, in which HTML is allowed, and the others as plain text.
_TEXTS: Mapping[str, Callable[[str], str]] = {
    "description": markdown,
    "summary": visible,
    "title": visible,
}
# Data, which viewers show as code: within it, a key of these names is a column's.
_DATA = frozenset({"const", "default", "enum", "example", "examples"})
# Objects whose keys are names, of columns too.
_NAMED = frozenset({"$defs", "patternProperties", "properties", "schemas"})


class DocumentedApi(FastAPI):
    """A FastAPI application whose schema is plain text to viewers.

    The schema has the problem documents that the routes refer to.
    """

    def openapi(self) -> dict[str, Any]:
        """Return the application's OpenAPI document, which is built once."""
        if self.openapi_schema is None:
            document = super().openapi()
            schemas = document.setdefault("components", {}).setdefault("schemas", {})
            problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
            schemas |= problem.pop("$defs", {}) | {Problem.__name__: problem}
            self.openapi_schema = _with_plain_texts(document)
        return self.openapi_schema


def documentation_routes(app: FastAPI, model: str, stage: str) -> APIRouter:
    """Make the routes `/docs`, with its assets, and `/openapi.json`, which names the stage.

    Both link to the model's page in the console.
    """
    router = APIRouter(include_in_schema=False)

    @router.get("/openapi.json")
    async def openapi(request: Request) -> dict[str, Any]:
        schema = app.openapi()
        return _behind_gateway(schema, model, stage) if "aws.event" in request.scope else schema

    @router.get(DOCS_PATH)
    async def docs() -> HTMLResponse:
        page = _PAGE.format(
            opening=page_policy.opening(page_policy.DOCUMENTATION), title=escape(app.title)
        )
        return HTMLResponse(page, headers={page_policy.HEADER: page_policy.SERVED_DOCUMENTATION})

    @router.get(f"{DOCS_PATH}/start.js")
    async def start() -> Response:
        return Response(_START, headers=_KEPT, media_type="text/javascript")

    @router.get(DOCS_PATH + "/{name}")
    async def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise HTTPException(404)
        return Response(_asset(name), headers=_KEPT, media_type=_ASSETS[name])

    return router


@cache
def _asset(name: str) -> bytes:
    """Read a file of Swagger UI at its first request."""
    return (resources.files(_PACKAGE) / "resources" / name).read_bytes()


def _with_plain_texts(node: Any) -> Any:
    """The document with no markup in any text that viewers render."""
    if isinstance(node, list):
        return [_with_plain_texts(each) for each in node]
    if not isinstance(node, dict):
        return node
    return {name: _plain(name, value) for name, value in node.items()}


def _plain(keyword: str, value: Any) -> Any:
    if isinstance(value, str):
        return _TEXTS[keyword](value) if keyword in _TEXTS else value
    if keyword in _DATA:
        return value
    if keyword in _NAMED:
        return {name: _with_plain_texts(named) for name, named in value.items()}
    return _with_plain_texts(value)


def _behind_gateway(schema: dict[str, Any], model: str, stage: str) -> dict[str, Any]:
    """Add what API Gateway adds: the path prefix, the API key, its refusals, and the console."""
    known, info = schema["components"], schema["info"]
    described = "\n\n".join((info["description"], f"{_KEY_NOTE} {_KEY_SOURCE}"))
    return schema | {
        "info": info | {"description": described},
        "externalDocs": {
            "description": "Versions, drift, and model card in the console",
            "url": f"../{CONSOLE_PATH}/models/{model}",
        },
        # Relative to this document, which is below the model's path: correct for a stage, for the
        # base path of a custom domain, and for the local engine.
        "servers": [{"url": "..", "description": f"this server (stage {stage})"}],
        "components": known
        | {
            "schemas": known["schemas"] | {"Refusal": _REFUSAL},
            "securitySchemes": {"key": _KEY_SCHEME},
        },
        "paths": {
            path: {method: _refusable(operation) for method, operation in operations.items()}
            for path, operations in schema["paths"].items()
        },
        "security": [{"key": []}],
    }


def _refusable(operation: dict[str, Any]) -> dict[str, Any]:
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    refusals = {
        status: {"description": text, "content": content} for status, text in _REFUSALS.items()
    }
    return operation | {"responses": operation["responses"] | refusals}
