"""Pages of the console: a template, and what its shell shows of the person and the address."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from fastapi import Request
from fastapi.responses import HTMLResponse

from modelfleet.console.access.role import Person
from modelfleet.pages.render import PACKAGE, render

Theme = Literal["system", "light", "dark"]
THEME_COOKIE = "modelfleet-theme"
STATIC = PACKAGE / "console" / "static"
_MARK_LENGTH = 12
# The entries of the rail whose pages exist.
SECTIONS = ("fleet",)


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
    sections: Sequence[str] = SECTIONS

    def static(self, name: str) -> str:
        """Return the address of a static file, which changes with its content."""
        return f"{self.base}/static/{name}?{_mark(STATIC / name)}"


def page(request: Request, template: str, status: int = 200, **values: object) -> HTMLResponse:
    """Render a page for the person who is signed in.

    Parameters
    ----------
    request
        The request; `signed_in` or `at_least` has set its view.
    template
        Path below the package, such as `console/templates/fleet.html.j2`.
    status
        HTTP status.
    values
        Variables of the template; `view` is the shell's.
    """
    return HTMLResponse(render(template, view=request.state.view, **values), status)


def read_theme(request: Request) -> Theme:
    """Return the theme that a browser has chosen; by default, the system's."""
    chosen = request.cookies.get(THEME_COOKIE)
    return next((each for each in get_args(Theme) if each == chosen), "system")


@cache
def _mark(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()[:_MARK_LENGTH]
