"""Our own pages in a browser: whatever text they show, nothing of it runs, and it can be read."""

from collections.abc import Sequence
from typing import Any

import pytest
from playwright.sync_api import Page

from modelfleet.pages import policy as page_policy
from modelfleet.pages.charts import standalone
from tests.browsing import Browser, Served, Visit
from tests.hostile import MARKUP, SCRIPTS, together
from tests.hostile_pages import CHARTS, PAGES, PLANTS, card, documented, drawings
from tests.serving import CARD, Service, put_bundle, put_pointer
from tests.unit.training.test_build import BANKCHURN

READ = 8


def open_all(page: Page) -> None:
    """Open what is folded, point at everything, and leave nothing with the focus it asked for."""
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    page.evaluate(
        """document.querySelectorAll('body *').forEach(each => {
            for (const kind of ['mouseover', 'focus', 'click', 'animationstart'])
                each.dispatchEvent(new Event(kind, {bubbles: false}))
        })"""
    )


@pytest.mark.parametrize("plant", PLANTS)
@pytest.mark.parametrize("kind", PAGES)
def test_a_page_shows_any_text_and_runs_none(browser: Browser, kind: str, plant: str) -> None:
    """A title, column, category, class, slice, reason, version or run is text all over a page."""
    page = PAGES[kind](plant)
    assert page_policy.is_held(page)
    assert_unharmed(browser.visit(page, open_all))
    assert_unharmed(browser.visit(page.replace(b"<meta HTTP-EQUIV", b"<meta x", 1), open_all))


def assert_unharmed(visit: Visit) -> None:
    """Nothing ran, nothing was asked for, no policy was broken, and the text can be read."""
    assert visit.unharmed()
    assert visit.complaints == []
    # White space is not told apart on a page, and some texts are of nothing else.
    shown = [text for text in SCRIPTS if text.isprintable() and text in visit.text]
    assert len(shown) > READ


def test_a_script_in_a_page_of_ours_would_be_stopped(browser: Browser) -> None:
    """The policy holds where a page's author forgot to escape."""
    foreign = b"<script>pwned(1)</script><img src=x onerror=pwned(2)></main>"
    page = card("in turn").replace(b"</main>", foreign, 1)
    visit = browser.visit(page)
    assert visit.unharmed()
    assert any("Content Security Policy" in told for told in visit.complaints)
    free = page.replace(b"<meta HTTP-EQUIV", b"<meta x", 1)
    assert browser.visit(free).ran


@pytest.mark.parametrize("name", CHARTS)
def test_a_chart_as_a_file_of_its_own_runs_nothing(browser: Browser, name: str) -> None:
    """A plot that is opened by itself, as the run's artifact, is an SVG without a script."""
    svg = Served(standalone(drawings()[name]), {"content-type": "image/svg+xml"})
    frame = Served(b"<embed src=/plot.svg width=900 height=700>")
    visit = browser.visit({"/": frame, "/plot.svg": svg})
    assert visit.unharmed()


def read_documentation(page: Page) -> None:
    """Open what takes a row and what takes an outcome, with every field of their schemas."""
    page.locator(".opblock-summary-control").first.wait_for()
    for path in ("/bankchurn/predict", "/bankchurn/feedback"):
        operation = page.locator(".opblock-post", has=page.locator(f'[data-path="{path}"]'))
        operation.locator(".opblock-summary-control").click()
        operation.get_by_text("Schema", exact=True).first.click()
        operation.locator(".json-schema-2020-12-expand-deep-button").first.wait_for()
        page.evaluate(_EXPAND)
    page.locator(".json-schema-2020-12-property").last.wait_for()


_EXPAND = """() => document.querySelectorAll('.json-schema-2020-12-expand-deep-button')
    .forEach(each => each.click())"""
# How many elements of each kind there are, which of them show descriptions, and what these say.
_ELEMENTS = """() => [
    Object.fromEntries(['a', 'img', 'form', 'input', 'table', 'iframe', 'style']
        .map(name => [name, document.querySelectorAll(name).length])),
    [...new Set([...document.querySelectorAll('.markdown *, .renderedMarkdown *')]
        .map(each => each.nodeName))],
    [...document.querySelectorAll('.markdown, .renderedMarkdown')]
        .map(each => each.innerText.split(/\\s+/).filter(each => each).join(' ')),
]"""


def try_out(page: Page) -> None:
    """Open the form of a request, after all that there is to read."""
    read_documentation(page)
    page.get_by_role("button", name="Try it out").first.click()


def test_the_documentation_runs_no_text_of_its_schema(browser: Browser) -> None:
    """Swagger UI renders what a model's author wrote, and only scripts of its own origin run."""
    visit = browser.visit(documented(together()), try_out)
    assert visit.unharmed()
    assert visit.complaints == []
    assert "/bankchurn/predict" in visit.text


def test_the_documentation_makes_no_elements_of_text(browser: Browser) -> None:
    """A table's header plants no link, form, image or style on the operator's page."""
    counted, kinds, shown = elements(browser, MARKUP)
    assert kinds == ["P"]
    assert {" ".join(text.split()) for text in MARKUP} <= set(shown)
    assert counted == elements(browser, ("planted",) * len(MARKUP))[0]


def elements(browser: Browser, texts: Sequence[str]) -> tuple[Any, list[str], list[str]]:
    """The page's elements, those of its descriptions, and what these say."""
    found: list[Any] = []

    def read(page: Page) -> None:
        read_documentation(page)
        found.extend(page.evaluate(_ELEMENTS))

    visit = browser.visit(documented(*texts), read)
    assert visit.unharmed()
    assert visit.complaints == []
    counted, kinds, shown = found
    return counted, kinds, shown


def test_the_served_card_is_held_by_header_and_page(browser: Browser) -> None:
    """A card from before pages had policies is held to the header's when it is served."""
    service = Service(BANKCHURN)
    put_bundle(service.store, BANKCHURN, "1")
    put_pointer(service.store, "bankchurn", "1")
    reply = service.gateway.get("/bankchurn/card")
    assert reply.text == CARD.decode()
    body = reply.text.encode() + b"<script>pwned(1)</script>"
    visit = browser.visit({"/bankchurn/card": Served(body, reply.headers)})
    assert visit.unharmed()
    assert any("Content Security Policy" in told for told in visit.complaints)
