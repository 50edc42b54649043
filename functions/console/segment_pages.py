"""The page of a model's segments."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from functions.console.access import Running, Viewer
from functions.console.pages import Days, Spec, Stored, model_tab
from modelfleet.console.views.segments import as_csv, segments_page


def segment_routes() -> APIRouter:
    """Make the routes of segments."""
    router = APIRouter(include_in_schema=False)
    below = "/models/{model}/segments"
    router.add_api_route(below, _segments, name="segments of a model")
    router.add_api_route(f"{below}.csv", _csv, name="segments as CSV")
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
