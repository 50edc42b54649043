"""The pages of a model's segments and of the fleet's week."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from functions.console.access import Running, Viewer
from functions.console.pages.model import Days, Spec, Stored, model_tab
from functions.console.view import page
from modelfleet.console.views.digest import as_text, digest
from modelfleet.console.views.segments import as_csv, segments_page


def segment_routes() -> APIRouter:
    """Make the routes."""
    router = APIRouter(include_in_schema=False)
    below = "/models/{model}/segments"
    router.add_api_route(below, _segments, name="segments of a model")
    router.add_api_route(f"{below}.csv", _csv, name="segments as CSV")
    router.add_api_route("/digest", _digest, name="digest")
    router.add_api_route("/digest.txt", _digest_text, name="digest as text")
    return router


def _segments(
    request: Request,
    _: Viewer,
    console: Running,
    documents: Stored,
    spec: Spec,
    period: Days,
    day: str = "",
    metric: str = "",
) -> HTMLResponse:
    shown = segments_page(spec, documents, console.now, period, day=day, metric=metric)
    return model_tab(request, "segments", "/segments", spec, period, shown)


def _csv(
    _: Viewer, console: Running, documents: Stored, spec: Spec, period: Days, day: str = ""
) -> Response:
    shown = segments_page(spec, documents, console.now, period, day=day)
    name = f"{spec.name}-segments-{shown.day or period.last}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(as_csv(shown.report), media_type="text/csv", headers=headers)


def _digest(request: Request, _: Viewer, console: Running, documents: Stored) -> HTMLResponse:
    now = console.now()
    shown = digest(console.models, documents, now)
    template = "console/templates/digest.html.j2"
    return page(request, template, title="Digest", section="fleet", shown=shown, now=now)


def _digest_text(_: Viewer, console: Running, documents: Stored) -> PlainTextResponse:
    shown = digest(console.models, documents, console.now())
    settings = console.settings
    return PlainTextResponse(as_text(shown, settings.stage, settings.console_url))
