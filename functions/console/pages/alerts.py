"""The page of alerts, and its actions."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException

from functions.console.access import Operator, Running, Viewer
from functions.console.pages.model import Spec, Stored
from functions.console.view import base_of, page
from modelfleet.bootstrap.console import Console
from modelfleet.console.access.role import Role
from modelfleet.console.views.alerts import SILENCES, acknowledge, alerts_page, silence

_SEE_OTHER = 303


def alert_routes() -> APIRouter:
    """Make the routes of alerts."""
    router = APIRouter(include_in_schema=False)
    router.add_api_route("/alerts", _alerts, name="alerts")
    below, post = "/models/{model}/alerts", ["POST"]
    router.add_api_route(f"{below}/acknowledge", _acknowledge, name="acknowledge", methods=post)
    router.add_api_route(f"{below}/silence", _silence, name="silence", methods=post)
    return router


def _alerts(request: Request, person: Viewer, console: Running, documents: Stored) -> HTMLResponse:
    return page(
        request,
        "console/templates/alerts.html.j2",
        title="Alerts",
        section="alerts",
        shown=alerts_page(console.models, documents, console.now()),
        now=console.now(),
        silences=SILENCES,
        may_act=person.role.allows(Role.OPERATOR),
    )


def _acknowledge(
    person: Operator, console: Running, spec: Spec, alert: Annotated[str, Form()] = ""
) -> Response:
    acknowledge(console.artifacts, spec.name, alert, person.name, console.now())
    return _back(console)


def _silence(
    person: Operator,
    console: Running,
    spec: Spec,
    reason: Annotated[str, Form()] = "",
    days: Annotated[str, Form()] = "",
) -> Response:
    lasts = {str(each): each for each in (0, *SILENCES)}.get(days)
    if lasts is None:
        raise HTTPException(422)
    silence(console.artifacts, spec.name, lasts, person.name, reason.strip(), console.now())
    return _back(console)


def _back(console: Console) -> Response:
    return RedirectResponse(f"{base_of(console)}/alerts", _SEE_OTHER)
