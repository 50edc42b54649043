"""Links from a stored page to related pages, inserted where the page is served.

A stored page cannot know its address: the same bytes are opened from the console, from the API,
by a presigned link, and as a file. It has a place for the links, and whoever serves it knows what
can be reached from there.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from modelfleet.pages.text import escape

MARK = "<!-- neighbors -->"
"""Encloses the place of the links; no text on a page can imitate it, because text is escaped."""


@dataclass(frozen=True)
class Neighbor:
    """A related page: its name and its address, or the command that opens it."""

    name: str
    address: str = ""
    command: str = ""


def with_neighbors(page: bytes, neighbors: Sequence[Neighbor]) -> bytes:
    """Insert links into a stored page; one from before pages had a place for them is unchanged.

    Parameters
    ----------
    page
        The page as it is stored.
    neighbors
        The pages to link to; addresses are relative to the page, or paths.
    """
    mark = MARK.encode()
    before, found, rest = page.partition(mark)
    _, closed, after = rest.partition(mark)
    if not found or not closed:
        return page
    return before + "".join(map(_markup, neighbors)).encode() + after


def _markup(neighbor: Neighbor) -> str:
    name = escape(neighbor.name)
    if neighbor.address:
        return f'<a href="{escape(neighbor.address)}">{name}</a>'
    command = f": <code>{escape(neighbor.command)}</code>" if neighbor.command else ""
    return f"<span>{name}{command}</span>"
