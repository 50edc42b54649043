"""Rebuilding of Evidently's HTML page so that it runs only Evidently's own scripts.

Evidently embeds data in a script by `json.dumps`, which does not escape `</script>`. The page is
therefore parsed strictly: it must consist of the markup that version 0.7.23 writes and two JSON
documents. A new page is rendered from them, with `<` escaped in the data and a content security
policy.
"""

import json
import re
from collections.abc import Sequence
from pathlib import Path

import evidently
from markupsafe import Markup

from modelfleet.drift.report import DriftReport
from modelfleet.pages import policy as page_policy
from modelfleet.pages.render import render
from modelfleet.pages.text import inert
from modelfleet.spec.errors import PageError

_SPACE = r"\s*"
_HEAD = re.compile(
    r'\s*<!DOCTYPE html>\s*<html lang="en">\s*<head>\s*<meta charset="UTF-8">\s*'
    r'<meta name="viewport" content="[^"<>]*">\s*(?P<style><style>[^<]*</style>)\s*'
    r"<script>\s*var (?P<id>metric_[0-9a-f]{32}) = "
)
_LIBRARY = Path(evidently.__file__).parent / "nbextension" / "static" / "index.js"
_GLOBAL = "var global = globalThis"
# Without these characters, data can neither end a script nor hide its end.
_ESCAPES = str.maketrans({"<": r"\u003c", ">": r"\u003e", "&": r"\u0026"})

_TEMPLATE = "adapters/evidently_page.html.j2"


def secured(
    page: str, title: str, report: DriftReport, verdicts: Sequence[tuple[str, str, str]]
) -> bytes:
    """Rebuild a page from Evidently's own scripts and escaped data, below our own heading.

    Parameters
    ----------
    page
        Evidently's page.
    title
        Title of the model.
    report
        The run's own findings.
    verdicts
        Rows of a table: what is compared, what the run found, and what Evidently found.

    Raises
    ------
    PageError
        If the page contains anything that Evidently does not write; it must not be stored.
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
    # The policy allows these scripts by their hashes, so they must not be altered.
    return render(
        _TEMPLATE,
        opening=_as_is(page_policy.opening(page_policy.drawn_by(scripts))),
        style=_as_is(head["style"]),
        root=name,
        title=inert(title),
        report=report,
        verdicts=verdicts,
        scripts=[_as_is(script) for script in scripts],
    ).encode()


def _as_is(text: str) -> Markup:
    return Markup(text)  # noqa: S704  # nosec B704  # Evidently's own markup, and data without `<`


class _Reader:
    """Strict sequential parser of a page; unexpected content is an error."""

    def __init__(self, page: str) -> None:
        self._page = page
        self._at = 0

    def expect(self, pattern: re.Pattern[str], what: str) -> re.Match[str]:
        """Consume a match of the pattern."""
        found = pattern.match(self._page, self._at)
        if found is None:
            raise _foreign(what)
        self._at = found.end()
        return found

    def take(self, text: str, what: str) -> None:
        """Consume exactly this text."""
        if not self._page.startswith(text, self._at):
            raise _foreign(what)
        self._at += len(text)

    def document(self) -> str:
        """Consume a JSON document, whatever its strings contain, and return it escaped."""
        try:
            _, end = json.JSONDecoder().raw_decode(self._page, self._at)
        except json.JSONDecodeError as error:
            raise _foreign("data") from error
        document, self._at = self._page[self._at : end], end
        return document.translate(_ESCAPES)

    def end(self) -> None:
        """Require the end of the page."""
        if self._at != len(self._page):
            raise _foreign("trailing content")


def _pattern(text: str) -> re.Pattern[str]:
    """Return a pattern for the text in which any white space matches a space."""
    return re.compile(_SPACE.join(re.escape(part) for part in text.split(" ")))


def _foreign(what: str) -> PageError:
    return PageError(
        f"unexpected {what} in Evidently's page; it may contain foreign scripts and was discarded. "
        "Read the summary instead: fleet report MODEL"
    )
