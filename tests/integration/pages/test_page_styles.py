"""Pages in one set of styles: light and dark, wide and on a phone."""

import re
from itertools import product
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browsing import Browser, Theme
from tests.hostile_pages import PAGES

PHONE = 390
READABLE = 4.5
THEMES: tuple[Theme, ...] = ("light", "dark")
# The contrast of text with the first background behind it (WCAG 2.2, 1.4.3), of each element that
# has text of its own.
_CONTRASTS = """() => {
    const parts = (color) => color.match(/[0-9.]+/g).map(Number)
    const light = (color) => parts(color).slice(0, 3).map((each) => each / 255)
        .map((each) => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
        .reduce((sum, each, place) => sum + each * [0.2126, 0.7152, 0.0722][place], 0)
    const behind = (element) => {
        for (let each = element; each; each = each.parentElement) {
            const color = getComputedStyle(each).backgroundColor
            if (parts(color)[3] !== 0) return color
        }
        return "rgb(255, 255, 255)"
    }
    const found = {}
    for (const each of document.querySelectorAll("body *:not(svg *)")) {
        const own = [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
        if (!own || !each.checkVisibility()) continue
        const [one, two] = [light(getComputedStyle(each).color), light(behind(each))]
        found[each.tagName + "." + each.className] =
            (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05)
    }
    return found
}"""
_WIDTHS = "[document.documentElement.scrollWidth, innerWidth]"
# Cells that must not be broken, and whose text has more than one line.
_BROKEN = """() => [...document.querySelectorAll("td.whole")].filter((each) => {
    const range = document.createRange()
    range.selectNodeContents(each)
    return new Set([...range.getClientRects()].map((line) => Math.round(line.top))).size > 1
}).map((each) => each.innerText)"""


def evaluated(
    browser: Browser, kind: str, script: str, *, width: int = 1280, theme: Theme = "light"
) -> Any:
    """What a script finds in a page."""
    found: list[Any] = []

    def act(page: Page) -> None:
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        found.append(page.evaluate(script))

    browser.visit(PAGES[kind]("in turn"), act, width=width, theme=theme)
    return found[0]


@pytest.mark.parametrize(("kind", "theme"), list(product(PAGES, THEMES)))
def test_text_can_be_read_in_both_themes(browser: Browser, kind: str, theme: Theme) -> None:
    """Every text has enough contrast with what is behind it, and dark pages are dark."""
    contrasts = evaluated(browser, kind, _CONTRASTS, theme=theme)
    assert len(contrasts) > 5
    assert {name: value for name, value in contrasts.items() if value < READABLE} == {}
    ground = evaluated(
        browser, kind, "getComputedStyle(document.body).backgroundColor", theme=theme
    )
    brightest = max(int(part) for part in re.findall(r"\d+", ground)[:3])
    assert (brightest < 64) is (theme == "dark")


@pytest.mark.parametrize("kind", PAGES)
def test_a_page_fits_a_phone(browser: Browser, kind: str) -> None:
    """Wide tables scroll within the page, and no figure is broken into two lines."""
    page, window = evaluated(browser, kind, _WIDTHS, width=PHONE)
    assert page <= window == PHONE
    assert evaluated(browser, kind, "document.querySelectorAll('td.whole').length > 3")
    assert evaluated(browser, kind, _BROKEN, width=PHONE) == []


def test_pages_share_their_styles() -> None:
    """Whatever the page, its style sheet is the same."""
    sheets = {re.search(rb"<style>(.*?)</style>", page("in turn"), re.S) for page in PAGES.values()}
    assert len({sheet[1] for sheet in sheets if sheet}) == 1
    assert None not in sheets
