"""The front page: what serves, by model."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from functions.console.access import Running, Viewer
from functions.console.view import page
from modelfleet.console.serving import serving_models

FRONT_TEMPLATE = "console/templates/fleet.html.j2"


def front_routes() -> APIRouter:
    """Make the route of the front page."""
    router = APIRouter(include_in_schema=False)

    def front(request: Request, _: Viewer, console: Running) -> HTMLResponse:
        rows = serving_models(console.artifacts, console.models)
        return page(request, FRONT_TEMPLATE, title="Fleet", section="fleet", models=rows)

    router.add_api_route("/", front, name="front")
    # API Gateway also forwards the path without a trailing slash.
    router.add_api_route("", front, name="front")
    return router
