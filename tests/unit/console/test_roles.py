"""Each route declares who may use it, and refuses everyone else."""

from collections.abc import Iterator
from itertools import product

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from functions.console.access import AtLeast, Open, running_console
from functions.console.view import PREFIX
from modelfleet.console.access.role import Role, highest_role
from tests.console import RunningConsole, UserPool

CALLERS = (None, *Role)
# Values of the parameters of paths; an unknown name stands for a new parameter.
PARAMETERS = {"name": "console.css"}


def routes(app: FastAPI) -> list[RouteContext]:
    """Return all routes of the application."""
    found = list(iter_route_contexts(app.router.routes))
    others = [each for each in found if not isinstance(each.original_route, APIRoute)]
    assert not others, f"{others} are no routes of FastAPI and declare no role"
    return found


def declared(route: RouteContext) -> list[AtLeast | Open]:
    """Return what a route declares about who may use it."""
    return [each for each in _calls(route.dependant) if isinstance(each, AtLeast | Open)]


def _calls(dependant: Dependant) -> Iterator[object]:
    for each in dependant.dependencies:
        yield each.call
        yield from _calls(each)


def path_of(route: RouteContext) -> str:
    """Return an address of a route."""
    assert route.path_format is not None
    return route.path_format.format_map(_Named(PARAMETERS))


class _Named(dict[str, str]):
    def __missing__(self, _: str) -> str:
        return "toy"


APP = RunningConsole(UserPool(), {}, sign_in_links=True).app
CASES = [
    pytest.param(route, method, caller, id=f"{method} {route.path} as {caller or 'nobody'}")
    for route, caller in product(routes(APP), CALLERS)
    for method in sorted(route.methods or ())
]
ALL = {"/console", "/console/sign-out", "/console/sign-in", "/console/api/me"}


def test_all_routes_are_found() -> None:
    """The application's routes are what the cases are made of."""
    assert {route.path for route in routes(APP)} >= ALL


@pytest.mark.parametrize("route", routes(APP), ids=lambda route: route.path)
def test_each_route_declares_who_may_use_it(route: RouteContext) -> None:
    """A route without a declaration would be open to everyone."""
    assert len(declared(route)) == 1


@pytest.mark.parametrize("route", routes(APP), ids=lambda route: route.path)
def test_the_role_is_checked_before_anything_is_looked_up(route: RouteContext) -> None:
    """Otherwise, an error would tell someone without the role what exists."""
    calls = [each.call for each in route.dependant.dependencies if each.call != running_console]
    assert isinstance(calls[0], AtLeast | Open)


@pytest.mark.parametrize(("route", "method", "caller"), CASES)
def test_only_the_declared_roles_get_through(
    running: RunningConsole, route: RouteContext, method: str, caller: Role | None
) -> None:
    """Anyone else is sent to sign in, or refused; no one gets a server error."""
    (needed,) = declared(route)
    session = running.session(caller) if caller else None
    token = running.token(session) if session else ""
    answer = running.browser(session).request(
        method, path_of(route), headers={"x-csrf-token": token}, data={"reason": "test"}
    )
    may = isinstance(needed, Open) or (caller is not None and caller.allows(needed.role))
    sent_away = answer.status_code in (401, 403) or "/sign-in?" in answer.headers.get(
        "location", ""
    )
    assert sent_away is not may
    assert answer.status_code < 500


@pytest.mark.parametrize(("role", "needed"), list(product(Role, Role)))
def test_each_role_includes_the_ones_below(role: Role, needed: Role) -> None:
    """A viewer is below an operator, who is below an administrator."""
    order = [Role.VIEWER, Role.OPERATOR, Role.ADMIN]
    assert role.allows(needed) is (order.index(role) >= order.index(needed))


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["viewer", "admin"], Role.ADMIN),
        (["operator"], Role.OPERATOR),
        (["Admin", "owners", 1, None], None),
        ([], None),
    ],
)
def test_a_person_has_the_highest_role_of_the_groups(
    groups: list[object], role: Role | None
) -> None:
    """Other groups of the pool mean nothing to the console."""
    assert highest_role(groups) is role


def test_a_route_without_a_declaration_would_be_found() -> None:
    """The check above sees routers, and dependencies of dependencies."""
    router = APIRouter(prefix=PREFIX)
    router.add_api_route("/new", lambda: None)
    app = FastAPI(openapi_url=None)
    app.include_router(router)
    found = [route for route in routes(app) if not declared(route)]
    assert len(found) == 1
