"""What every page offers: the choice of a theme."""

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Response
from fastapi.responses import RedirectResponse

from functions.console.access import Running, Viewer
from functions.console.cookies import set_cookie
from functions.console.view import THEME_COOKIE, read_theme
from modelfleet.console.access.destination import FRONT, page_of

_THEME_LASTS = timedelta(days=365)


def shell_routes() -> APIRouter:
    """Make the route of the theme."""
    router = APIRouter(include_in_schema=False)

    @router.post("/theme")
    def choose_theme(
        _: Viewer,
        console: Running,
        theme: Annotated[str, Form()],
        next: Annotated[str, Form()] = FRONT,  # noqa: A002  its name in forms
    ) -> Response:
        response = RedirectResponse(f"{console.settings.console_url}{page_of(next)}", 303)
        set_cookie(response, console, THEME_COOKIE, read_theme(theme), _THEME_LASTS)
        return response

    return router
