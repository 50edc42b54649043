"""Who may use a route: each route declares a role, or that it is open to all."""

from typing import Annotated

from fastapi import Depends, Request

from modelfleet.bootstrap.console import Console
from modelfleet.console.access.role import Person, Role


class AtLeast:
    """Dependency of a route that requires a role; returns the person."""

    def __init__(self, role: Role) -> None:
        self.role = role

    async def __call__(self, request: Request) -> Person:
        """Return the person, or refuse the request."""
        raise NotImplementedError


signed_in = AtLeast(Role.VIEWER)


def at_least(role: Role) -> AtLeast:
    """Return the dependency of routes that require a role."""
    return AtLeast(role)


def running_console(request: Request) -> Console:
    """Return what the application was built with."""
    found: Console = request.app.state.console
    return found


Viewer = Annotated[Person, Depends(signed_in)]
Operator = Annotated[Person, Depends(at_least(Role.OPERATOR))]
Admin = Annotated[Person, Depends(at_least(Role.ADMIN))]
Fleet = Annotated[Console, Depends(running_console)]
