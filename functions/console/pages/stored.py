"""Pages that other functions have stored: drift reports, model cards, and data reports."""

from collections.abc import Sequence
from datetime import date

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from functions.console.access import Running, Viewer
from functions.console.pages.model import Spec, Stored, neighborhood
from modelfleet.console.views.drift import run_of_day
from modelfleet.console.views.neighbors import REPORT_NAMES
from modelfleet.pages.neighbors import Neighbor, with_neighbors
from modelfleet.pages.policy import HEADER, SANDBOXED_PAGE
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.versions import version_names
from modelfleet.spec.names import is_identifier
from modelfleet.storage import keys


def stored_page_routes() -> APIRouter:
    """Make the routes of stored pages, each of which gets an origin of its own."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/models/{model}/drift/{day}/{file}", _report, name="drift report")
    router.add_api_route("/models/{model}/versions/{version}/card.html", _card, name="model card")
    router.add_api_route("/models/{model}/data/{version}/report.html", _data, name="data report")
    return router


def _report(
    _: Viewer, console: Running, documents: Stored, spec: Spec, day: str, file: str
) -> Response:
    """Return a page that a drift run has left."""
    wanted = _day(day)
    run = run_of_day(documents, spec.name, wanted) if wanted else None
    if wanted is None or run is None or file not in REPORT_NAMES:
        raise HTTPException(404)
    content = documents.artifacts.get(f"{run.report}/{file}").content
    return _page(content, neighborhood(console, documents, spec).of_report(run, wanted, file))


def _card(_: Viewer, console: Running, documents: Stored, spec: Spec, version: str) -> Response:
    """Return the card of a version, as it is in its bundle."""
    if version not in version_names(documents.artifacts, spec.name):
        raise HTTPException(404)
    bundles = BundleStore(documents.artifacts)
    card = bundles.card(bundles.manifest(spec.name, version))
    return _page(card, neighborhood(console, documents, spec).of_card(version))


def _data(_: Viewer, console: Running, documents: Stored, spec: Spec, version: str) -> Response:
    """Return the report of a data set version."""
    if not is_identifier(version):
        raise HTTPException(404)
    content = console.lake.get(keys.data_report(spec.name, version)).content
    return _page(content, neighborhood(console, documents, spec).of_data(version))


def _page(content: bytes, neighbors: Sequence[Neighbor]) -> Response:
    page = with_neighbors(content, neighbors)
    return Response(page, media_type="text/html", headers={HEADER: SANDBOXED_PAGE})


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
