"""The API's documentation in a browser: it names its server, its refusals, and where keys are."""

import pytest
from playwright.sync_api import Page

from tests.browsing import ORIGIN, Browser, Served, Theme, Visit
from tests.hostile_pages import documented

PREDICT = '[data-path="/bankchurn/predict"]'


@pytest.fixture(scope="module")
def served() -> dict[str, Served]:
    """The page as it is served in a stage, below the stage's path."""
    found = documented("Bank churn", "Age")
    return {f"/dev{path}": content for path, content in found.items()}


def read(page: Page) -> None:
    """Open what takes a row, with its responses."""
    page.locator(PREDICT).first.click()
    page.locator(".responses-table .response").last.wait_for()


def visited(browser: Browser, served: dict[str, Served], theme: Theme = "light") -> Visit:
    """A visit of the page that complains about nothing."""
    visit = browser.visit(served, read, theme=theme)
    assert visit.unharmed()
    assert visit.complaints == []
    return visit


def test_it_names_the_server_and_leads_to_the_console(
    browser: Browser, served: dict[str, Served]
) -> None:
    """By whole addresses, as a browser resolves them."""
    visit = visited(browser, served)
    assert f"{ORIGIN}/dev - this server" in visit.text
    assert f'href="{ORIGIN}/dev/console/models/bankchurn"' in visit.markup


def test_it_tells_how_to_get_a_key_and_what_is_refused(
    browser: Browser, served: dict[str, Served]
) -> None:
    """At the top, before any request; each refusal has its status and reason."""
    text = visited(browser, served).text
    assert text.index("fleet status prints the shared key") < text.index("/bankchurn/predict")
    for status, reason in (("401", "Not signed in"), ("403", "API key"), ("429", "quota")):
        after = text[text.index(f"\n{status}") :][:200]
        assert reason in after


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_its_theme_is_the_visitors(
    browser: Browser, served: dict[str, Served], theme: Theme
) -> None:
    """Swagger UI is dark where the system is, also if that changes."""

    def change(page: Page) -> None:
        for scheme in (theme, "light" if theme == "dark" else "dark", theme):
            page.emulate_media(color_scheme=scheme)
            page.wait_for_function(_GROUND, arg=scheme == "dark")

    assert browser.visit(served, change, theme=theme).complaints == []


# Whether the page's ground is dark as it should be.
_GROUND = """(dark) => {
    const parts = getComputedStyle(document.documentElement).backgroundColor.match(/[0-9.]+/g)
    const isDark = parts[3] !== "0" && Math.max(...parts.slice(0, 3).map(Number)) < 64
    return isDark === dark
}"""


def test_requests_go_to_the_named_server(browser: Browser, served: dict[str, Served]) -> None:
    """What is tried out is sent below the stage."""
    predict = "/dev/bankchurn/predict"
    reply = Served(b'{"probability": 0.5}', {"content-type": "application/json"})

    def try_out(page: Page) -> None:
        read(page)
        page.get_by_role("button", name="Try it out").first.click()
        page.get_by_role("button", name="Execute").first.click()
        page.locator(".request-url").first.wait_for()

    visit = browser.visit({**served, predict: reply}, try_out)
    assert f"{ORIGIN}{predict}" in visit.text
    assert visit.requests == []


def test_it_fits_a_phone(browser: Browser, served: dict[str, Served]) -> None:
    """Nothing is wider than the window."""
    widths: list[int] = []

    def measure(page: Page) -> None:
        read(page)
        widths.append(page.evaluate("document.documentElement.scrollWidth"))

    browser.visit(served, measure, width=390)
    assert widths == [390]
