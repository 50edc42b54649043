"""Links are inserted into a stored page at its place for them, and nowhere else."""

from modelfleet.pages.neighbors import MARK, Neighbor, with_neighbors
from modelfleet.pages.render import environment

STORED = f"<nav>{MARK}a copy{MARK}</nav><p>rest</p>".encode()


def test_links_replace_what_a_copy_says() -> None:
    """The rest of the page is unchanged, and a command is text."""
    neighbors = [Neighbor("Card", "versions/7/card.html"), Neighbor("Run", command="fleet ui")]
    assert with_neighbors(STORED, neighbors).decode() == (
        '<nav><a href="versions/7/card.html">Card</a><span>Run: <code>fleet ui</code></span></nav>'
        "<p>rest</p>"
    )


def test_a_page_from_before_is_unchanged() -> None:
    """It has no place for links, or half of one."""
    for page in (b"<p>old</p>", f"<p>{MARK}</p>".encode()):
        assert with_neighbors(page, [Neighbor("Card", "x")]) == page


def test_names_and_addresses_are_text() -> None:
    """A version's name ends neither the attribute nor the element."""
    page = with_neighbors(STORED, [Neighbor("<b>", '"><script>')]).decode()
    assert "<b>" not in page
    assert "<script>" not in page


def test_no_text_of_a_page_is_the_place() -> None:
    """A template escapes the mark in what it prints."""
    assert MARK not in environment().from_string("{{ text }}").render(text=MARK)
