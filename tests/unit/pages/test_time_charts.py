"""Charts over days: what is known is drawn, what is not leaves a gap, and text is text."""

import re
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import pytest

from modelfleet.pages.time_charts import WIDTH, Line, Mark, Moment, Panel, Timeline, sparkline
from tests.hostile import HOSTILE

DAYS = [date(2026, 1, 1) + timedelta(days=number) for number in range(6)]


def drawn(*panels: Panel, **parts: list[Mark] | list[Moment]) -> str:
    """The chart of these panels."""
    return str(Timeline("of the test", DAYS, panels, **parts).svg())  # type: ignore[arg-type]


def classes(svg: str) -> list[str]:
    """The classes of all shapes, in order."""
    return re.findall(r'class="([^"]*)"', svg)


def test_a_gap_breaks_a_line() -> None:
    """A day that is not known is not bridged; a day between two gaps is a dot."""
    svg = drawn(Panel("AUC", [Line("auc", [0.8, 0.81, None, 0.82, None, 0.8])]))
    assert svg.count('class="curve one"') == 1
    assert svg.count('class="dot one"') == 2


def test_an_interval_is_a_band() -> None:
    """A band is closed, follows the gaps, and a single day has one too."""
    band = [(0.7, 0.9), (0.7, 0.9), None, (0.6, 0.8), None, None]
    svg = drawn(Panel("AUC", [Line("auc", [0.8] * 6, band=band)]))
    bands = re.findall(r'class="band one" d="M([^"]*)Z"', svg)
    assert [len(path.split("L")) for path in bands] == [8, 4]


def test_bars_stand_on_the_floor() -> None:
    """A floor is on the axis; the highest bar is the longest; unknown days have none."""
    svg = drawn(Panel("n", bars=[10, 5, None, 0, 1, 2], floor=0.0))
    heights = [float(each) for each in re.findall(r'class="bar"[^>]*height="([^"]*)"', svg)]
    assert len(heights) == 5
    assert heights[0] == max(heights)
    assert heights[0] == pytest.approx(2 * heights[1], rel=0.02)
    assert heights[2] == 0.0


def test_panels_without_values_are_left_out() -> None:
    """What was never measured takes no space."""
    one = drawn(Panel("a", bars=[1.0] * 6))
    two = drawn(Panel("a", bars=[1.0] * 6), Panel("b", bars=[None] * 6))
    assert one == two
    assert not Panel("b").drawn()


def test_releases_cross_all_panels() -> None:
    """A mark is a labelled line; labels that would overlap are left out, the lines are not."""
    marks = [Mark(1, "v2", "release"), Mark(1, "v3", "release"), Mark(4, "v4", "bad")]
    svg = drawn(Panel("a", bars=[1.0] * 6), marks=marks)
    assert classes(svg).count("mark release") == 2
    assert [label for label in ("v2", "v3", "v4") if f">{label}<" in svg] == ["v2", "v4"]


def test_a_day_shows_all_its_values() -> None:
    """Hovering a day shows its text, and a click leads to the event if there is one."""
    svg = drawn(
        Panel("a", bars=[1.0] * 6), moments=[Moment("day 1\nAUC: 0.8", "/x?day=1"), Moment("2")]
    )
    assert svg.count('class="moment"') == 2
    assert svg.count("<a href=") == 1
    assert "<title>day 1\nAUC: 0.8</title>" in svg


def test_names_of_lines_do_not_overlap() -> None:
    """Lines that end at the same value are named one below the other."""
    lines = [Line("one", [0.8] * 6), Line("two", [0.8] * 6, "two")]
    svg = drawn(Panel("a", lines, rule=(0.8, "limit")))
    places = [float(y) for y in re.findall(rf'x="{WIDTH - 142}" y="([^"]*)"', svg)]
    assert len(places) == 3
    assert min(b - a for a, b in pairwise(places)) >= 13


@pytest.mark.parametrize("values", [[5.0] * 6, [0.0] * 6, [1e300] * 6, [-3.0, 1e-12, 0, 0, 0, 2]])
def test_any_values_can_be_drawn(values: list[float]) -> None:
    """Constant, huge, and tiny values have an axis, and nothing is drawn outside of the page."""
    svg = drawn(Panel("a", [Line("x", values)]), Panel("b", bars=values, floor=0.0))
    assert "nan" not in svg
    assert "inf" not in svg
    ElementTree.fromstring(svg)  # noqa: S314  # ours


@pytest.mark.parametrize("text", HOSTILE)
def test_text_of_strangers_is_text(text: str) -> None:
    """Labels, marks, and moments open no tag."""
    plain, hostile = (
        drawn(
            Panel("a", [Line("l", [1.0] * 6)], rule=(1.0, words)),
            marks=[Mark(0, words, "release")],
            moments=[Moment(words, "/x")],
        )
        for words in ("a", text)
    )
    assert hostile.count("<") == plain.count("<")


def test_small_bars_of_a_row() -> None:
    """A day without any is still a bar, and the summary is read by screen readers."""
    svg = str(sparkline([0, 1, 4], "5 in 3 days"))
    heights = [float(each) for each in re.findall(r'class="bar"[^>]*height="([^"]*)"', svg)]
    assert heights == [1.0, 6.0, 24.0]
    assert "<title>5 in 3 days</title>" in svg
    assert sparkline([], "none")
