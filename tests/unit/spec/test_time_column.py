"""The column that says when a row happened."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from modelfleet.spec.time_column import TimeColumn

POSTED = TimeColumn(column="date_posted", format="%m/%d/%y")
ASKED = TimeColumn(column="asked_at", format="%d.%m.%Y %H:%M")


@pytest.mark.parametrize("text", ["4/9/19", "04/09/19", "2019-04-09", "2019-04-09 00:00:00"])
def test_dates_have_one_spelling(text: str) -> None:
    """The declared format and ISO 8601 give the same date."""
    assert POSTED.read(text) == "2019-04-09"


def test_times_keep_their_time() -> None:
    """A format with an hour is a time."""
    assert ASKED.read("09.04.2019 13:30") == "2019-04-09T13:30:00"
    assert ASKED.read("2019-04-09T13:30:00") == "2019-04-09T13:30:00"


@pytest.mark.parametrize("text", ["13/13/19", "soon", "", "2019-02-30"])
def test_what_is_no_date_is_refused(text: str) -> None:
    """A value that cannot be read is an error, whatever it looks like."""
    with pytest.raises(ValueError, match=r"format|date|month|day|isoformat"):
        POSTED.read(text)


@pytest.mark.parametrize("text", ["0001-01-01T00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_what_no_calendar_has_in_utc_is_refused(text: str) -> None:
    """A moment before the first year, or after the last, is a value that cannot be read."""
    with pytest.raises(ValueError, match="out of range in UTC"):
        ASKED.read(text)


@given(a=st.dates(date(1970, 1, 1), date(2068, 1, 1)), b=st.dates(date(1970, 1, 1)))
def test_spellings_sort_like_dates(a: date, b: date) -> None:
    """The later date has the greater text."""
    first, second = (POSTED.spell(datetime(d.year, d.month, d.day)) for d in (a, b))
    assert (first < second) == (a < b)


def test_zones_are_turned_into_utc() -> None:
    """The same moment has the same spelling wherever it was taken."""
    moment = datetime(2019, 4, 9, 23, 30, tzinfo=timezone(timedelta(hours=-2)))
    assert ASKED.spell(moment) == ASKED.spell(moment.astimezone(UTC)) == "2019-04-10T01:30:00"


def test_a_format_that_reads_nothing_is_refused() -> None:
    """A directive that does not exist is found when the spec is read."""
    with pytest.raises(ValidationError, match="invalid date format '%Q'"):
        TimeColumn(column="date", format="%Q")
