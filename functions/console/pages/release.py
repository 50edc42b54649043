"""The page of a model's release, and its actions."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import ValidationError
from starlette.exceptions import HTTPException

from functions.console.access import Operator, Running, Viewer
from functions.console.pages.model import Days, Spec, Stored, model_tab
from functions.console.view import base_of
from modelfleet.bootstrap.console import Console
from modelfleet.console.access.role import Role
from modelfleet.console.views.release import decide, release_page, retrain, roll_back
from modelfleet.release.requests import Seen
from modelfleet.retraining.approval import ApprovalOutcome

_SEE_OTHER = 303
PATH = "/release"


def release_routes() -> APIRouter:
    """Make the routes of releases."""
    router = APIRouter(include_in_schema=False)
    below, post = f"/models/{{model}}{PATH}", ["POST"]
    router.add_api_route(below, _release, name="release of a model")
    router.add_api_route(f"{below}/approve", _approve, name="approve", methods=post)
    router.add_api_route(f"{below}/reject", _reject, name="reject", methods=post)
    router.add_api_route(f"{below}/rollback", _roll_back, name="roll back", methods=post)
    router.add_api_route(f"{below}/retrain", _retrain, name="retrain", methods=post)
    return router


def _release(
    request: Request, person: Viewer, console: Running, documents: Stored, spec: Spec, period: Days
) -> HTMLResponse:
    shown = release_page(spec, documents, console.now)
    may_act = person.role.allows(Role.OPERATOR)
    return model_tab(request, "release", PATH, spec, period, shown, may_act=may_act)


def _approve(
    person: Operator,
    console: Running,
    spec: Spec,
    version: Annotated[str, Form()] = "",
    execution: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    return _decide(
        console, spec.name, ApprovalOutcome.APPROVED, version, execution, person.name, reason
    )


def _reject(
    person: Operator,
    console: Running,
    spec: Spec,
    version: Annotated[str, Form()] = "",
    execution: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    return _decide(
        console, spec.name, ApprovalOutcome.REJECTED, version, execution, person.name, reason
    )


def _decide(
    console: Console,
    model: str,
    outcome: ApprovalOutcome,
    version: str,
    execution: str,
    by: str,
    reason: str,
) -> Response:
    try:
        decide(console.releases, model, outcome, (version, execution), by, reason.strip())
    except ValidationError as error:
        raise HTTPException(422) from error
    return _back(console, model)


def _roll_back(
    person: Operator,
    console: Running,
    spec: Spec,
    champion: Annotated[str, Form()] = "",
    challenger: Annotated[str, Form()] = "",
    reason: Annotated[str, Form()] = "",
) -> Response:
    try:
        seen = Seen(champion=champion, challenger=challenger or None)
        roll_back(console.artifacts, console.releases, spec.name, seen, person.name, reason.strip())
    except ValidationError as error:
        raise HTTPException(422) from error
    return _back(console, spec.name)


def _retrain(
    person: Operator, console: Running, spec: Spec, reason: Annotated[str, Form()] = ""
) -> Response:
    try:
        retrain(
            console.artifacts,
            console.releases,
            spec.name,
            person.name,
            reason.strip(),
            console.now(),
        )
    except ValidationError as error:
        raise HTTPException(422) from error
    return _back(console, spec.name)


def _back(console: Console, model: str) -> Response:
    return RedirectResponse(f"{base_of(console)}/models/{model}{PATH}", _SEE_OTHER)
