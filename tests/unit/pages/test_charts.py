"""Charts as SVG: axes, places and text."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.pages.charts import HEIGHT, WIDTH, Axis, Chart, standalone
from tests.svg import SVG, parsed


@given(
    low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6), share=st.floats(0.0, 1.0, allow_nan=False)
)
def test_values_lie_between_the_ends(low: float, span: float, share: float) -> None:
    """An axis maps its ends to 0 and 1, keeps the order, and puts what is outside on the end."""
    axis = Axis(low, low + span, "")
    assert (axis.share(low), axis.share(low - 1)) == (0.0, 0.0)
    assert (axis.share(low + span), axis.share(low + span + 1)) == (1.0, 1.0)
    assert axis.share(low + share * span) == pytest.approx(share, abs=1e-6)


@given(low=st.floats(-1e6, 1e6), span=st.floats(1e-3, 1e6))
def test_ticks_are_few_and_inside(low: float, span: float) -> None:
    """Whatever the ends, there are 2 to 7 ticks, in order and not outside."""
    axis = Axis(low, low + span, "")
    ticks = axis.ticks()
    assert 2 <= len(ticks) <= 7
    assert ticks == sorted(set(ticks))
    slack = 1e-8 * max(abs(low), span)
    assert low - slack <= ticks[0]
    assert ticks[-1] <= low + span + slack


def test_logarithmic_ticks() -> None:
    """Few decades have ticks within, many only at their beginnings."""
    assert Axis(1.0, 50.0, "", logarithmic=True).ticks() == [1, 2, 5, 10, 20, 50]
    assert Axis(1.0, 1e4, "", logarithmic=True).ticks() == [1, 10, 100, 1_000, 10_000]
    assert Axis(1.0, 100.0, "", logarithmic=True).share(10.0) == pytest.approx(0.5)


def test_axis_without_length() -> None:
    """Where all values are the same, they are in the middle."""
    assert Axis(3.0, 3.0, "").share(3.0) == 0.5
    assert Axis(3.0, 3.0, "").ticks() == [3.0]


@pytest.mark.parametrize(
    ("low", "high"),
    [
        (-1e308, 1e308),
        (-sys.float_info.max, sys.float_info.max),
        (0.0, 5e-324),
        (0.0, 1.5e-323),
        (-5e-324, 5e-324),
        (0.0, 1e-310),
        (1e300, 1e300 * (1 + 1e-15)),
    ],
)
def test_an_axis_may_be_as_long_or_short_as_floats_are(low: float, high: float) -> None:
    """Neither its width nor a power of ten need be a float itself."""
    axis = Axis(low, high, "")
    ticks = axis.ticks()
    assert 1 <= len(ticks) <= 7
    assert low <= ticks[0]
    assert ticks[-1] <= high
    assert 0.0 <= axis.share(low) <= axis.share(low / 2 + high / 2) <= axis.share(high) <= 1.0
    assert all(axis.text(tick) for tick in ticks)


@pytest.mark.parametrize(("low", "high"), [(5e-324, 1.7e308), (1e-310, 1e-300), (1e300, 1.7e308)])
def test_a_logarithmic_axis_may_be_as_long_as_floats_are(low: float, high: float) -> None:
    """It has a few ticks, however many decades there are."""
    ticks = Axis(low, high, "", logarithmic=True).ticks()
    assert 1 <= len(ticks) <= 14
    assert all(low <= tick <= high for tick in ticks)


def drawn() -> Chart:
    """A chart with one of everything."""
    chart = Chart("a < b", Axis(0.0, 1.0, "x & y", percent=True), Axis(0.0, 10.0, "<rows>"))
    chart.grid()
    chart.curve([(0.0, 0.0), (1.0, 10.0)], "curve one")
    chart.point(0.5, 5.0, "fill-one")
    chart.bar((0.2, 0.4), (0.0, 5.0), "fill-two")
    chart.text(0.1, 9.0, "<script>")
    chart.legend([("fill-one", "ones & twos")])
    return chart


def test_words_are_escaped() -> None:
    """Names of columns and classes cannot become markup."""
    root = parsed(drawn().svg())
    texts = {element.text for element in root.iter(f"{SVG}text")}
    assert {"<script>", "x & y", "<rows>", "ones & twos", "60%"} <= texts
    assert root.find(f"{SVG}title") is not None
    assert root.findtext(f"{SVG}title") == "a < b"


def test_everything_is_inside_the_chart() -> None:
    """No point, line or rectangle leaves the picture."""
    root = parsed(drawn().svg())
    for element in root.iter():
        for name, end in (("x", WIDTH), ("cx", WIDTH), ("y", HEIGHT), ("cy", HEIGHT)):
            assert 0.0 <= float(element.get(name, 0)) <= end
    (curve,) = (e for e in root.iter(f"{SVG}path") if e.get("class") == "curve one")
    numbers = [float(number) for number in re.findall(r"[\d.]+", curve.get("d", ""))]
    left, bottom, right, top = numbers
    assert 0.0 < left < right < WIDTH
    assert 0.0 < top < bottom < HEIGHT


def test_a_file_of_its_own_brings_its_colours() -> None:
    """A chart outside a page has style and ground, and loads nothing."""
    file = standalone(drawn().svg()).decode()
    assert "--one:" in file
    assert file.count("http") == 1  # the namespace
