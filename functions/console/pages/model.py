"""Pages about the fleet and its models; every state has an address."""

from datetime import UTC, date
from typing import Annotated, Any, Protocol, get_args

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, Response

from functions.console.access import Running, Viewer
from functions.console.view import base_of, page
from modelfleet.bootstrap.console import Console
from modelfleet.console.views.condition import Condition
from modelfleet.console.views.documents import Documents
from modelfleet.console.views.drift import drift_page
from modelfleet.console.views.fleet import Sort, fleet_page
from modelfleet.console.views.neighbors import Neighborhood
from modelfleet.console.views.overview import as_csv, overview
from modelfleet.console.views.period import PRESETS, Period, read_period
from modelfleet.console.views.versions import versions_page
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.spec.errors import UnknownModelError
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.names import quoted

_TEMPLATES = "console/templates"
_LONGEST_NUMBER = 10
# Pages of a model, by the path below its name.
_TABS = (
    ("", "Overview"),
    ("/drift", "Drift"),
    ("/segments", "Segments"),
    ("/versions", "Versions"),
    ("/release", "Release"),
    ("/try", "Try it"),
)


def page_routes() -> APIRouter:
    """Make the routes of the pages."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/", _fleet, name="fleet")
    # API Gateway also forwards the path without a trailing slash.
    router.add_api_route("", _fleet, name="fleet")
    router.add_api_route("/models/{model}", _overview, name="model")
    router.add_api_route("/models/{model}/series.csv", _series, name="series of a model")
    router.add_api_route("/models/{model}/drift", _drift, name="drift of a model")
    router.add_api_route("/models/{model}/versions", _versions, name="versions of a model")
    return router


def _documents(request: Request) -> Documents:
    found: Documents = request.app.state.documents
    return found


def _spec(model: str, console: Running) -> ModelSpec:
    """Return the model of an address.

    Raises
    ------
    UnknownModelError
        If the fleet has no such model.
    """
    if (spec := console.models.get(model)) is None:
        raise UnknownModelError(f"no model {quoted(model)}")
    return spec


def _period(
    console: Running,
    first: Annotated[str, Query(alias="from")] = "",
    last: Annotated[str, Query(alias="to")] = "",
) -> Period:
    """Return the days of an address; what is not a day counts as not given."""
    return read_period(_day(first), _day(last), console.now().astimezone(UTC).date())


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


Stored = Annotated[Documents, Depends(_documents)]
Spec = Annotated[ModelSpec, Depends(_spec)]
Days = Annotated[Period, Depends(_period)]


def _fleet(
    request: Request,
    _: Viewer,
    console: Running,
    documents: Stored,
    q: str = "",
    sort: str = "",
    number: Annotated[str, Query(alias="page")] = "",
) -> HTMLResponse:
    now = console.now()
    order: Sort = next((each for each in get_args(Sort) if each == sort), "state")
    shown = fleet_page(
        console.models,
        documents,
        now,
        search=q,
        sort=order,
        number=int(number) if number.isdecimal() and len(number) < _LONGEST_NUMBER else 1,
    )
    return page(
        request,
        f"{_TEMPLATES}/fleet.html.j2",
        title="Fleet",
        section="fleet",
        fleet=shown,
        search=q,
        sort=order,
        now=now,
    )


def _overview(
    request: Request, _: Viewer, console: Running, documents: Stored, spec: Spec, period: Days
) -> HTMLResponse:
    base = f"{base_of(console)}/models/{spec.name}"
    shown = overview(spec, documents, console.now, period, base)
    return model_tab(request, "overview", "", spec, period, shown)


def _series(_: Viewer, console: Running, documents: Stored, spec: Spec, period: Days) -> Response:
    shown = overview(spec, documents, console.now, period, "")
    name = f"{spec.name}-{period.first}-{period.last}.csv"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(as_csv(spec, shown.rows), media_type="text/csv", headers=headers)


def _drift(
    request: Request,
    _: Viewer,
    console: Running,
    documents: Stored,
    spec: Spec,
    period: Days,
    day: str = "",
    column: str = "",
) -> HTMLResponse:
    base = f"{base_of(console)}/models/{spec.name}/drift"
    shown = drift_page(spec, documents, console.now, period, base, day=_day(day), column=column)
    return model_tab(request, "drift", "/drift", spec, period, shown)


def _versions(
    request: Request,
    _: Viewer,
    console: Running,
    documents: Stored,
    spec: Spec,
    period: Days,
    left: str = "",
    right: str = "",
) -> HTMLResponse:
    shown = versions_page(spec, documents, console.now, left, right)
    return model_tab(request, "versions", "/versions", spec, period, shown)


def neighborhood(console: Console, documents: Documents, spec: ModelSpec) -> Neighborhood:
    """Return what the pages of a model link to."""
    home = f"{base_of(console)}/models/{spec.name}"
    return Neighborhood(documents, spec.name, home, console.settings.stage)


class Shown(Protocol):
    """What one of a model's pages shows, besides what the shell needs."""

    @property
    def condition(self) -> Condition:
        """The model's condition."""
        ...

    @property
    def pointer(self) -> ReleasePointer | None:
        """What serves."""
        ...


def model_tab(
    request: Request,
    template: str,
    path: str,
    spec: ModelSpec,
    period: Period,
    shown: Shown,
    **values: Any,
) -> HTMLResponse:
    """Render one of a model's pages in the shell that they share."""
    console: Console = request.app.state.console
    return page(
        request,
        f"{_TEMPLATES}/{template}.html.j2",
        title=spec.name,
        section="fleet",
        model=spec.name,
        condition=shown.condition,
        pointer=shown.pointer,
        now=console.now(),
        period=period,
        presets=PRESETS,
        tabs=_TABS,
        tab_path=path,
        neighbors=neighborhood(console, _documents(request), spec).of_model(),
        shown=shown,
        **values,
    )
