"""Evidently's page in a browser: callers' text runs nothing in it, and every chart is drawn."""

import html
import json
import re
from collections.abc import Mapping
from importlib import import_module
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest
from playwright.sync_api import Page

from modelfleet.drift.report_rows import ReportRows
from modelfleet.pages import policy as page_policy
from modelfleet.pages.text import inert
from modelfleet.spec.errors import PageError
from modelfleet.spec.features import Column, ColumnKind
from tests.browsing import Browser, Theme, Visit
from tests.hostile import HOSTILE, SCRIPTS, in_turn, planted, together
from tests.unit.drift.test_report import report

ROWS = 240
_MEGABYTE = 1_000_000
_ATTACK = "</script><script>pwned('planted')</script>"
_RNG = np.random.default_rng(0)


def adapter(part: str) -> Any:
    """One of Evidently's adapters, imported only now: Evidently takes longer than these tests."""
    return import_module(f"modelfleet.adapters.evidently_{part}")


def drawn(rows: ReportRows) -> bytes:
    """The page of these rows, below the findings of a run."""
    page: bytes = adapter("report").draw(together(), planted(report(), in_turn()), rows)
    return page


def secured(raw: str) -> bytes:
    """What is kept of a page of Evidently's."""
    page: bytes = adapter("page").secured(raw, together(), report(), [("verdict", "x", "y")])
    return page


def column(name: str, kind: ColumnKind = ColumnKind.CATEGORY) -> Column:
    """A column of this name."""
    return Column(name=name, kind=kind, description="Any", example=1)


def categories(*texts: str) -> list[str]:
    """Values of a column, each of the texts some times, in any order."""
    return [texts[int(number) % len(texts)] for number in _RNG.permutation(ROWS)]


def numbers() -> list[float]:
    """Values of a column of numbers."""
    return [float(value) for value in _RNG.normal(size=ROWS)]


def hostile_rows() -> ReportRows:
    """Strangers' text in everything that Evidently is given, on both sides."""
    names = [column(text) for text in (together(), SCRIPTS[0])]
    sides: tuple[dict[str, Any], ...] = ({}, {})
    for number, side in enumerate(sides):
        side["Age"] = numbers()
        side["City"] = categories("Rome", "Pisa", together(), *HOSTILE[number::2])
        side |= {each.name: categories("a", "b", *SCRIPTS[number::2]) for each in names}
    columns = (column("Age", ColumnKind.NUMBER), column("City"), *names)
    return ReportRows(columns, sides[0], sides[1])


def planted_rows() -> ReportRows:
    """The issue's own case: one category, and a column of that name."""
    values = categories("Rome", _ATTACK)
    names = (column("City"), column(_ATTACK))
    sides = {each.name: values for each in names}
    return ReportRows(names, sides, sides)


def without_policy(page: bytes) -> bytes:
    """The page as it would be if the browser knew no policies."""
    left, count = re.subn(rb"<meta HTTP-EQUIV=[^>]*>", b"", page)
    assert count == 1
    return left


def look_into_all(page: Page) -> None:
    """Open the details of each column, and what is behind each of their tabs."""
    rows = page.get_by_label("Detail panel visibility toggle")
    rows.first.wait_for()
    for row in rows.all():
        row.click()
        page.locator(".js-plotly-plot .main-svg").first.wait_for()
        for tab in page.get_by_role("tab").all():
            tab.click()
            page.locator(".js-plotly-plot .main-svg").first.wait_for()


@pytest.fixture(scope="module")
def raw() -> str:
    """What Evidently writes of hostile rows whose names and values are neutralized."""
    rows = hostile_rows()
    page: str = adapter("report")._page(rows.columns, rows)[0]
    return page


@pytest.fixture(scope="module")
def kept(raw: str) -> bytes:
    """What is kept of it."""
    page: bytes = secured(raw)
    return page


def unprotected(rows: ReportRows, monkeypatch: pytest.MonkeyPatch) -> str:
    """What Evidently writes of rows as they are."""
    with monkeypatch.context() as patch:
        patch.setattr(adapter("report"), "inert", str)
        page: str = adapter("report")._page(rows.columns, rows)[0]
        return page


def test_an_attack_on_evidently_itself_would_be_seen(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The browser notices what runs: without any defence, a caller's category does."""
    visit = browser.visit(unprotected(planted_rows(), monkeypatch).encode())
    assert visit.ran


def test_the_page_draws_and_nothing_of_others_runs(browser: Browser, kept: bytes) -> None:
    """Every column's charts are there, no policy is broken, and no text of a caller runs."""
    visit = browser.visit(kept, look_into_all)
    assert visit.unharmed()
    assert visit.complaints == []
    assert_drawn(visit)


def test_neutral_text_alone_keeps_it_from_running(browser: Browser, raw: str) -> None:
    """As Evidently writes it, with no policy and no escaping of ours, nothing runs either."""
    visit = browser.visit(raw.encode(), look_into_all)
    assert visit.unharmed()
    assert_drawn(visit)


def test_the_page_made_anew_alone_keeps_it_from_running(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Text that was not neutralized ends no script, even without the policy."""
    page = secured(unprotected(planted_rows(), monkeypatch))
    visit = browser.visit(without_policy(page), look_into_all)
    assert visit.unharmed()
    assert _ATTACK in visit.text


def test_the_policy_alone_keeps_it_from_running(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that got into the page all the same is none of those that the policy names."""
    page = secured(unprotected(planted_rows(), monkeypatch))
    foreign = b"<script>pwned(1)</script><img src=x onerror=pwned(2)>"
    visit = browser.visit(page.replace(b"</body>", foreign + b"</body>"))
    assert visit.unharmed()
    assert any("Content Security Policy" in told for told in visit.complaints)


def test_a_page_with_nothing_to_draw_is_held_too(browser: Browser) -> None:
    """Where no column has a value, what is kept is a page of ours with a policy."""
    page = drawn(ReportRows((), {}, {}))
    assert page_policy.is_held(page)
    visit = browser.visit(page)
    assert visit.unharmed()
    assert "nothing to" in visit.text


def assert_drawn(visit: Visit) -> None:
    """The page shows its columns, readably, and the charts of one of them."""
    assert "Dataset Drift" in visit.text
    for name in ("Age", "City", inert(SCRIPTS[0])):
        assert name in visit.text
    assert "js-plotly-plot" in visit.markup


@pytest.mark.parametrize("text", ["Rome", *HOSTILE])
def test_every_text_is_there_to_be_read(kept: bytes, text: str) -> None:
    """No category is lost or counted as another: each has its own label in the page."""
    assert json.dumps(inert(text)) in kept.decode()


def side_by_side(kind: ColumnKind, reference: list[Any], current: list[Any]) -> ReportRows:
    """One column's values."""
    return ReportRows((column("x", kind),), {"x": reference}, {"x": current})


def test_no_number_of_categories_keeps_the_page_from_opening(browser: Browser) -> None:
    """A caller who sends another long category in each row makes the page but little longer."""
    alphabet = "<>&\U0001f600"
    texts = ["".join(_RNG.choice(list(alphabet), 64)) for _ in range(1_000)]
    page = drawn(side_by_side(ColumnKind.CATEGORY, categories("a"), texts))
    few = drawn(side_by_side(ColumnKind.CATEGORY, ["a"], ["a"]))
    assert len(page) - len(few) < _MEGABYTE
    visit = browser.visit(page, look_into_all)
    assert visit.unharmed()
    assert "other new categories" in visit.markup


def test_categories_that_training_lacks_are_never_counted_with_others() -> None:
    """Many rare ones that give way to many others are told as such, not as one that stayed."""
    old, new = ([f"{side}{number}" for number in range(300)] for side in ("old ", "new "))
    current, reference = adapter("report")._categories(new, old)
    assert not set(current) & set(reference)
    assert len(set(current) | set(reference)) <= adapter("report").MOST_CATEGORIES + 2


@pytest.mark.parametrize(
    "values",
    [(0.3, 0.1 + 0.2), (145_000.0, 145_000.00000000003), (0.0, 5e-324), (-1.7e308, 1.7e308)],
)
def test_any_numbers_are_drawn(values: tuple[float, float]) -> None:
    """Neither numbers with no bin between them nor the largest ones end the drift function."""
    apart = list(values) * 100
    for reference, current in ((numbers(), apart), (apart, numbers()), (apart, apart)):
        assert drawn(side_by_side(ColumnKind.NUMBER, reference, current))


def _never_in(text: str) -> bool:
    """Whether a text is long and strange enough to be nowhere in Evidently's own code."""
    return "pwned" in text or len(text) > 64


@pytest.mark.parametrize("text", [text for text in HOSTILE if _never_in(text)])
def test_no_planted_text_is_anywhere_in_the_page(kept: bytes, text: str) -> None:
    """Neither as it was sent, nor as JSON, HTML or JavaScript would write it."""
    page = kept.decode()
    for form in written_as(text).values():
        assert form not in page


def written_as(text: str) -> Mapping[str, str]:
    """The ways in which a text may be spelled within a page."""
    return {
        "itself": text,
        "json": json.dumps(text)[1:-1],
        "json, not ascii": json.dumps(text, ensure_ascii=False)[1:-1],
        "escaped json": json.dumps(text)[1:-1].replace("<", "\\u003c").replace(">", "\\u003e"),
        "html": html.escape(text),
        "address": quote(text),
    }


def test_scripts_of_a_page_are_evidentlys(raw: str) -> None:
    """Whatever Evidently's page holds besides its own scripts and two JSON documents is refused."""
    foreign = "<script>pwned(1)</script>"
    for place in ("<body>", "</body>", "</head>", "window.drawDashboard", "var additional_graphs_"):
        with pytest.raises(PageError, match="was discarded"):
            secured(raw.replace(place, foreign + place, 1))


def test_both_verdicts_stand_at_the_top(browser: Browser) -> None:
    """The page names the model, the run's verdict next to Evidently's, and why they differ."""
    rng = np.random.default_rng(1)
    ages: tuple[list[float], ...] = tuple(rng.normal(at, 1.0, ROWS).tolist() for at in (0.0, 3.0))
    columns = tuple(column(name, ColumnKind.NUMBER) for name in ("Age", "Tenure", "Balance"))
    same: list[float] = [float(each) for each in range(ROWS)]
    before, now = ({"Age": age, "Tenure": same, "Balance": same} for age in ages)
    page = adapter("report").draw("Bank churn", report(), ReportRows(columns, before, now))
    visit = browser.visit(page, lambda each: each.get_by_text("Dataset Drift").first.wait_for())
    assert visit.title == "Bank churn: Drift report by Evidently"
    rows = re.findall(r'<th scope="row">(.*?)</th><td>(.*?)</td><td>(.*?)</td>', page.decode())
    found = {name: (own, other) for name, own, other in rows}
    assert found["verdict"] == ("drift", "no drift")
    assert found["drifted"] == ("Age, prediction", "1 of 3 columns")
    assert "Dataset Drift is NOT detected" in visit.text
    assert visit.text.index("Both can be right") < visit.text.index("Dataset Drift")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_it_can_be_read_on_a_phone(browser: Browser, kept: bytes, theme: Theme) -> None:
    """The heading fits, what is wider scrolls, and the theme is the visitor's."""

    def scroll(page: Page) -> None:
        page.get_by_text("Dataset Drift").first.wait_for()
        seen = page.evaluate(_SEEN)
        assert seen["page"] <= seen["window"] == 390
        assert seen["hidden"] == []
        assert (max(seen["ground"]) < 64) is (theme == "dark")

    visit = browser.visit(kept, scroll, width=390, theme=theme)
    assert visit.complaints == []


# What is cut off: wider than its box, which does not scroll.
_SEEN = """() => ({
    page: document.documentElement.scrollWidth,
    window: innerWidth,
    ground: getComputedStyle(document.body).backgroundColor.match(/[0-9]+/g).map(Number),
    hidden: [...document.querySelectorAll("[id^=root_] .MuiPaper-root")]
        .filter((each) => each.scrollWidth > each.clientWidth)
        .map((each) => getComputedStyle(each).overflowX)
        .filter((each) => each !== "auto"),
})"""
