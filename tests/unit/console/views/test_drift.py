"""Drift is shown by column and day, ranked by how much it matters."""

import re
from datetime import date, timedelta
from xml.etree import ElementTree

import pytest

from modelfleet.console.views.drift import SHOWN_COLUMNS, DriftPage, drift_page
from modelfleet.console.views.period import read_period
from modelfleet.pages.outlines import two_outlines
from tests.console_documents import NOW, SPEC, TODAY, Stored, column, compared, tab_html
from tests.hostile import HOSTILE

BASE = "/prod/console/models/bankchurn/drift"
WEEK = read_period(TODAY - timedelta(days=6), TODAY, TODAY)
YESTERDAY = TODAY - timedelta(days=1)


@pytest.fixture
def stored() -> Stored:
    """Two runs: the first found nothing, the last that two columns have drifted."""
    made = Stored()
    made.pointer()
    made.day(YESTERDAY, column("Age"), column("Balance"), column("Tenure"))
    made.day(
        TODAY,
        column("Balance", psi=0.9, importance=0.001),
        column("Age", psi=0.5, importance=0.2),
        column("Tenure"),
    )
    made.report(TODAY, compared("Age"))
    return made


def shown(stored: Stored, day: date | None = None, name: str = "") -> DriftPage:
    """What the page shows."""
    return drift_page(SPEC, stored.documents, lambda: NOW, WEEK, BASE, day=day, column=name)


def html(found: DriftPage) -> str:
    """The rendered page."""
    return tab_html("drift", "/drift", found, found.condition, found.pointer, WEEK)


def shades(found: DriftPage) -> list[str]:
    """The shades of the map, row by row."""
    return re.findall(r'class="(shade\d)"', str(found.map))


def test_columns_are_ranked_by_importance_and_drift(stored: Stored) -> None:
    """A large shift of a column that hardly matters comes after a smaller one that does."""
    found = shown(stored)
    assert [each.column.name for each in found.ranked] == ["Age", "Balance", "Tenure"]
    assert found.day == TODAY
    assert found.ranked[0].link == f"{BASE}?{WEEK.query}&day={TODAY}&column=Age"


def test_without_importance_drift_alone_ranks(stored: Stored) -> None:
    """Versions from before importance was recorded are ranked too."""
    columns = [column("Age", psi=0.3, importance=None), column("Tenure", 0.9, importance=None)]
    stored.day(TODAY, *columns)
    assert [each.column.name for each in shown(stored).ranked] == ["Tenure", "Age"]


def test_the_map_is_darker_with_more_drift(stored: Stored) -> None:
    """A column beyond twice its limit has the strongest shade, a stable one the weakest."""
    assert shades(shown(stored)) == ["shade0", "shade4", "shade0", "shade4", "shade0"]


def test_days_without_a_run_have_no_cells_and_no_link(stored: Stored) -> None:
    """Nothing known is not drawn as no drift."""
    chart = str(shown(stored).map)
    assert chart.count("no drift run</title>") == 5
    assert len(re.findall(r'<a href="[^"]*day=[^"]*" tabindex', chart)) == 2


def test_another_day_is_chosen_by_address(stored: Stored) -> None:
    """A day with a run is shown; any other shows the last run."""
    assert shown(stored, YESTERDAY).day == YESTERDAY
    assert shown(stored, TODAY - timedelta(days=4)).day == TODAY


def test_a_column_then_and_now(stored: Stored) -> None:
    """Both outlines, the trend with its limit, the tests, and the shares as a table."""
    found = shown(stored, name="Age")
    assert found.column is not None
    label, then, now = found.column.bins[-1]
    assert (label, round(then, 3), now) == ("high", 0.333, 1.0)
    assert "limit 0.200" in str(found.column.trend)
    text = html(found)
    assert "Age, then and now" in text
    assert '<td class="number">0.480</td>' in text
    assert "<title>high: this run 100.0%, training 33.3%</title>" in text


def test_a_column_that_was_not_compared(stored: Stored) -> None:
    """The page says so, and also if the report was deleted."""
    assert "did not compare a column Tenure" in html(shown(stored, name="Tenure"))
    assert "no report in" in html(shown(stored, YESTERDAY, "Age"))


def test_pages_of_the_run_are_linked(stored: Stored) -> None:
    """Only those that exist."""
    text = html(shown(stored))
    assert f'href="{BASE}/{TODAY}/summary.html"' in text
    assert "Evidently" not in text


def test_a_wide_model_shows_what_counts() -> None:
    """The first columns are drawn; the others are counted."""
    stored = Stored()
    stored.day(TODAY, *(column(f"c{number}") for number in range(SHOWN_COLUMNS + 5)))
    found = shown(stored)
    assert (len(found.ranked), found.hidden) == (SHOWN_COLUMNS, 5)
    assert "5 columns with less drift" in html(found)


def test_before_the_first_run() -> None:
    """The page says how to run it."""
    found = shown(Stored())
    assert (found.map, found.run, found.column) == (None, None, None)
    assert "fleet drift bankchurn --wait" in html(found)


@pytest.mark.parametrize("text", [text for text in HOSTILE if text and text.isprintable()])
def test_text_of_strangers_is_text(text: str) -> None:
    """Names of columns and values open no tag, and a link to them leads to them."""
    texts = {}
    for name in ("plain", text):
        stored = Stored()
        stored.day(TODAY, column(name, psi=0.5))
        stored.report(TODAY, compared(name, ("a", name)))
        found = shown(stored, name=name)
        assert found.column is not None
        texts[name] = html(found)
        ElementTree.fromstring(str(found.map))  # noqa: S314  # ours
    assert texts[text].count("<") == texts["plain"].count("<")


@pytest.mark.parametrize("bins", [1, 2, 200])
def test_outlines_have_any_number_of_bins(bins: int) -> None:
    """Each bin tells its value, and few of them are named."""
    labels = [f"bin {number}" for number in range(bins)]
    shares = [1 / bins] * bins
    svg = str(two_outlines("of the test", labels, ("then", shares), ("now", [0.0] * bins)))
    assert svg.count('class="moment"') == bins
    assert svg.count('class="tick"') <= 5
    ElementTree.fromstring(svg)  # noqa: S314  # ours
