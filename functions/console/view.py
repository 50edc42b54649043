"""Pages of the console: a template, and what its shell shows of the person and the address."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal, get_args
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import HTMLResponse

from functions.console.static_files import content
from modelfleet.bootstrap.console import Console
from modelfleet.console.access.destination import page_of
from modelfleet.console.access.role import Person
from modelfleet.console.access.session import Session
from modelfleet.pages.render import render

PREFIX = "/console"
Theme = Literal["system", "light", "dark"]
THEME_COOKIE = "modelfleet-theme"
_MARK_LENGTH = 12
# The entries of the rail whose pages exist.
SECTIONS = ("fleet", "alerts")


@dataclass(frozen=True, kw_only=True)
class View:
    """What the shell needs to know; templates have it as `view`."""

    person: Person | None
    form_token: str
    base: str
    """The console's path as a browser sees it, such as `/prod/console`."""

    here: str
    """The page's own path below the console, with its query."""

    stage: str
    theme: Theme
    request_id: str
    sections: Sequence[str] = SECTIONS

    def static(self, name: str) -> str:
        """Return the address of a static file, which changes with its content."""
        return f"{self.base}/static/{name}?{_mark(name)}"


def page(request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
    """Render a page for the person who is signed in.

    Parameters
    ----------
    request
        The request; `signed_in` or `at_least` has found its session.
    template
        Path below the package, such as `console/templates/fleet.html.j2`.
    status
        HTTP status.
    values
        Variables of the template; `view` is the shell's.
    """
    return HTMLResponse(render(template, view=_view(request), **values), status)


def base_of(console: Console) -> str:
    """Return the console's path as a browser sees it, without a slash at its end."""
    return urlsplit(console.settings.console_url).path


def here(request: Request) -> str:
    """Return the path and query of a request, below the console."""
    path = request.url.path.removeprefix(PREFIX)
    return page_of(f"{path}?{request.url.query}" if request.url.query else path)


def read_theme(chosen: str | None) -> Theme:
    """Return the theme of that name; by default, the system's."""
    return next((each for each in get_args(Theme) if each == chosen), "system")


def _view(request: Request) -> View:
    console: Console = request.app.state.console
    session: Session | None = getattr(request.state, "session", None)
    return View(
        person=session.person if session else None,
        form_token=console.sessions.form_token(session) if session else "",
        base=base_of(console),
        here=here(request),
        stage=console.settings.stage,
        theme=read_theme(request.cookies.get(THEME_COOKIE)),
        request_id=request.state.request_id,
    )


@cache
def _mark(name: str) -> str:
    return hashlib.sha256(content(name)).hexdigest()[:_MARK_LENGTH]
