"""The FastAPI application of the console."""

from typing import Any
from urllib.parse import urlsplit

import httpx2
from fastapi import APIRouter, Depends, FastAPI

from functions.console import faults
from functions.console.access import Limits, open_to_all
from functions.console.api import api_routes
from functions.console.boundary import Boundary
from functions.console.pages.alerts import alert_routes
from functions.console.pages.model import page_routes
from functions.console.pages.release import release_routes
from functions.console.pages.segments import segment_routes
from functions.console.pages.stored import stored_page_routes
from functions.console.pages.trying import try_routes
from functions.console.provider import pool_client
from functions.console.shell import shell_routes
from functions.console.sign_in import sign_in_routes
from functions.console.static_files import static_routes
from functions.console.tokens import AccessTokens
from functions.console.view import PREFIX
from modelfleet.bootstrap.console import Console, running_console
from modelfleet.console.views.documents import Documents

# API Gateway accepts 10 MB, and Lambda 6 MB.
_BODY_BYTES_MAXIMUM = 5 * 1024 * 1024
_SCHEMES = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}}


class ConsoleApi(FastAPI):
    """A FastAPI application whose schema names the token that its JSON API requires."""

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document of the JSON API, which is built once."""
        if self.openapi_schema is None:
            document = super().openapi()
            document.setdefault("components", {})["securitySchemes"] = _SCHEMES
            # Relative to the document, because the path in front of the console differs.
            document |= {"security": [{"bearer": []}], "servers": [{"url": "../.."}]}
            self.openapi_schema = document
        return self.openapi_schema


def create_app(console: Console, transport: httpx2.AsyncBaseTransport | None = None) -> FastAPI:
    """Build the application; all its routes are below `/console`.

    Parameters
    ----------
    console
        What the routes use.
    transport
        How the user pool is called; by default, over HTTP.
    """
    app = ConsoleApi(
        title="modelfleet console",
        version="1",
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        max_body_size=_BODY_BYTES_MAXIMUM,
    )
    settings = console.settings
    pool = pool_client(settings, transport)
    app.state.console = console
    app.state.tokens = AccessTokens(pool)
    app.state.documents = Documents(console.artifacts)
    app.state.limits = Limits()
    routers: list[APIRouter] = [
        page_routes(),
        stored_page_routes(),
        try_routes(),
        alert_routes(),
        release_routes(),
        segment_routes(),
        shell_routes(),
        sign_in_routes(pool, links=settings.sign_in_links),
        api_routes(app),
    ]
    app.include_router(static_routes(), prefix=PREFIX, dependencies=[Depends(open_to_all)])
    for router in routers:
        app.include_router(router, prefix=PREFIX)
    faults.install(app)
    address = urlsplit(settings.sign_in_url)
    app.add_middleware(Boundary, sign_in=f"{address.scheme}://{address.netloc}")
    return app


def from_environment() -> FastAPI:
    """Build the application configured by the environment."""
    return create_app(running_console())
