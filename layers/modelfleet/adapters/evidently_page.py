"""Rebuilds Evidently's HTML page so that it runs only its own scripts.

Evidently writes data into a script by `json.dumps`, which leaves `</script>` as it is. So its page
is never kept: it must consist of what version 0.7.23 writes and of two JSON documents, and nothing
else; of these the page is made anew, with no `<` left in the data and a policy in front.
"""

import json
import re
from pathlib import Path

import evidently
from markupsafe import Markup

from modelfleet.pages import policy as page_policy
from modelfleet.pages.render import render
from modelfleet.spec.errors import PageError

_SPACE = r"\s*"
_HEAD = re.compile(
    r'\s*<!DOCTYPE html>\s*<html lang="en">\s*<head>\s*<meta charset="UTF-8">\s*'
    r'<meta name="viewport" content="[^"<>]*">\s*(?P<style><style>[^<]*</style>)\s*'
    r"<script>\s*var (?P<id>metric_[0-9a-f]{32}) = "
)
_LIBRARY = Path(evidently.__file__).parent / "nbextension" / "static" / "index.js"
_GLOBAL = "var global = globalThis"
# Two characters begin whatever could end a script or hide its end, and one ends it.
_ESCAPES = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})

_TEMPLATE = "adapters/evidently_page.html.j2"


def secured(page: str) -> bytes:
    """Make a page of Evidently's anew; it runs what Evidently ships, on data that cannot run.

    Raises
    ------
    PageError
        If it holds anything but what Evidently writes, which is never to be kept.
    """
    library = _LIBRARY.read_text(encoding="utf-8")
    reader = _Reader(page)
    head = reader.expect(_HEAD, "head")
    name = head["id"]
    widgets = reader.document()
    reader.expect(_pattern(f"; var additional_graphs_{name} = "), "second document")
    graphs = reader.document()
    body = f'; </script> </head> <body> <div id="root_{name}"> </div> <script>{_GLOBAL}</script>'
    reader.expect(_pattern(f"{body} <script>"), "body")
    reader.take(library, "library")
    call = (
        f"window.drawDashboard({name}, new Map(Object.entries(additional_graphs_{name})), "
        f'"root_{name}" );'
    )
    reader.expect(_pattern(f"</script> <script> {call} </script> </body> </html> "), "call")
    reader.end()
    data = f"var {name} = {widgets};\nvar additional_graphs_{name} = {graphs};"
    scripts = (data, _GLOBAL, library, call)
    # The policy allows these scripts by their hashes, so they must stay as they are.
    return render(
        _TEMPLATE,
        opening=_as_is(page_policy.opening(page_policy.drawn_by(scripts))),
        style=_as_is(head["style"]),
        root=name,
        scripts=[_as_is(script) for script in scripts],
    ).encode()


def _as_is(text: str) -> Markup:
    return Markup(text)  # noqa: S704  # nosec B704  # Evidently's own, and data without a `<`


class _Reader:
    """Goes through a page from its beginning; what it does not expect is an error."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._at = 0

    def expect(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        """Pass over what is always the same, white space aside."""
        found = pattern.match(self._page, self._at)
        if found is None:
            raise _foreign(what)
        self._at = found.end()
        return found

    def take(self, text: str, what: str) -> None:
        """Pass over exactly this."""
        if not self._page.startswith(text, self._at):
            raise _foreign(what)
        self._at += len(text)

    def document(self) -> str:
        """Pass over a JSON document; it ends where JSON says, whatever its texts hold."""
        try:
            _, end = json.JSONDecoder().raw_decode(self._page, self._at)
        except json.JSONDecodeError as error:
            raise _foreign("data") from error
        found, self._at = self._page[self._at : end], end
        return found.translate(_ESCAPES)

    def end(self) -> None:
        """Nothing is left."""
        if self._at != len(self._page):
            raise _foreign("end")


def _pattern(text: str) -> re.Pattern[str]:
    """The text, with any white space where it has a space between its parts."""
    return re.compile(_SPACE.join(re.escape(part) for part in text.split(" ")))


def _foreign(what: str) -> PageError:
    return PageError(
        f"Evidently's page is not what its pinned version writes (its {what}), and may hold "
        "scripts of others; nothing is kept of it. Read the summary instead: fleet report MODEL"
    )
