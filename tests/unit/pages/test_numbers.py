"""Numbers on pages and in messages: as many digits as matter, and the same everywhere."""

import math
from datetime import UTC, datetime, timedelta

import pytest

from modelfleet.pages.numbers import (
    ago,
    counted,
    figure,
    measure,
    metric_name,
    p_text,
    p_value,
    percent,
    short,
    significant,
    value_text,
    with_interval,
)
from modelfleet.statistics.results import Estimate


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "< 0.001"), (1e-300, "< 0.001"), (0.001, "0.001"), (0.0349, "0.035"), (1.0, "1")],
)
def test_p_values_are_never_0(value: float, text: str) -> None:
    """Nothing is impossible, and more than two digits mean nothing."""
    assert (p_value(value), p_text(value)) == (text, f"p {text}")
    assert p_value(None) == "-"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.123456, "0.1235"), (2026.0, "2026"), (12_345.6, "12,346"), (-0.5, "-0.5")],
)
def test_values_of_columns(value: float, text: str) -> None:
    """Four significant digits, thousands apart, and years without a comma."""
    assert value_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.85123, "0.8512"), (1.0, "1.0000"), (3.14159, "3.14"), (1234.5, "1,234")]
)
def test_measures(value: float, text: str) -> None:
    """A ratio has four decimals, an error in the target's unit fewer."""
    assert measure(value) == text


def test_differences_have_a_sign() -> None:
    """A gain is told from a loss, whichever is written first."""
    assert (measure(0.01, "+"), measure(-0.01, "+")) == ("+0.0100", "-0.0100")


def test_a_missing_statistic_is_a_dash() -> None:
    """Not every test has a p-value or an effect size."""
    assert (significant(None), significant(0.012345), significant(0.012345, 2)) == (
        "-",
        "0.0123",
        "0.012",
    )


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.123456, "0.123"), (12_000, "12k"), (-2_500, "-2.5k"), (3.2e6, "3.2M")],
)
def test_short_numbers(value: float, text: str) -> None:
    """A tick's label has few characters."""
    assert short(value) == text


def test_shares_are_percentages() -> None:
    """One decimal, or as many as asked for."""
    assert (percent(0.1234), percent(0.1234, 0)) == ("12.3%", "12%")


def test_one_is_singular() -> None:
    """Nouns agree with their count."""
    assert (counted(0, "row"), counted(1, "row"), counted(2_000, "row")) == (
        "0 rows",
        "1 row",
        "2,000 rows",
    )


def test_metrics_by_their_names() -> None:
    """Abbreviations are written as the field does, other names with spaces."""
    assert (metric_name("roc_auc"), metric_name("log_loss")) == ("ROC AUC", "log loss")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.84321, "0.843"),
        (0.0123, "0.0123"),
        (12.345, "12.3"),
        (123.45, "123"),
        (2204.4, "2,204"),
        (-0.5, "-0.500"),
        (0.0, "0"),
        (1.23e-9, "1.23e-09"),
        (math.inf, "inf"),
    ],
)
def test_numbers_for_people(value: float, text: str) -> None:
    """Three significant digits, and all digits of thousands."""
    assert figure(value) == text


def test_an_interval_follows_its_value() -> None:
    """An estimate without an interval is a number alone."""
    assert with_interval(Estimate(value=0.8)) == "0.800"
    whole = Estimate(value=0.843, lower=0.816, upper=0.871)
    assert with_interval(whole) == "0.843 (0.816\N{EN DASH}0.871)"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (10, "now"),
        (90, "1 min ago"),
        (3 * 3600, "3 h ago"),
        (50 * 3600, "2 d ago"),
        (-720, "in 12 min"),
    ],
)
def test_times_are_relative(seconds: int, text: str) -> None:
    """Past and future, in the largest whole unit."""
    now = datetime(2026, 1, 5, tzinfo=UTC)
    assert ago(now - timedelta(seconds=seconds), now) == text
