"""Parts of dates: the same numbers for a training frame as for requests."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.spec.dates import DAY_PARTS, DatePart, DateRule, part_of
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.tables.date_parts import days_of, moments
from modelfleet.tables.encode import RowEncoder, as_rows

DAYS = DateRule(timed=False, parts=DAY_PARTS)
TIMES = DateRule(timed=True, parts=tuple(DatePart))
INSTANTS = DateRule(timed=True, aware=True, parts=tuple(DatePart))


def column(name: str, rule: DateRule) -> Column:
    """A date column."""
    return Column(
        name=name,
        kind=ColumnKind.DATE,
        description="",
        example=rule.example,
        nullable=True,
        date=rule,
    )


COLUMNS = (column("day", DAYS), column("time", TIMES), column("instant", INSTANTS))
ROWS = st.lists(
    st.tuples(
        st.none() | st.dates().map(DAYS.read),
        st.none() | st.datetimes().map(TIMES.read),
        st.none()
        | st.datetimes(
            min_value=datetime(1, 1, 3),
            max_value=datetime(9999, 12, 29),
            timezones=st.timezones() | st.just(UTC),
        ).map(INSTANTS.read),
    ),
    min_size=1,
    max_size=20,
)


@given(ROWS)
def test_frame_and_requests_have_the_same_parts(rows: list[tuple[str | None, ...]]) -> None:
    """Vectorized or row by row, each part of each date is the same number."""
    frame = pd.DataFrame(rows, columns=[each.name for each in COLUMNS], dtype=object)
    encoder = RowEncoder(COLUMNS).fit(frame, np.zeros(len(frame)))
    served = encoder.encoding_.encode(as_rows(frame, encoder.encoding_.names))
    np.testing.assert_array_equal(encoder.transform(frame), np.array(served, dtype=float))


def test_the_parts_of_a_date() -> None:
    """Weekdays count from Monday, days from the first one in the training rows."""
    parts = {part: part_of("2024-12-29T23:59:59", part) for part in DatePart}
    days = datetime(2024, 12, 29).toordinal()
    assert parts == dict(zip(DatePart, (days, 12, 29, 364, 6, 23), strict=True))
    frame = pd.DataFrame({"day": ["2024-03-02", None, "2024-03-01"]})
    matrix = RowEncoder((column("day", DAYS),)).fit(frame, [0.0, 1.0, 2.0]).transform(frame)
    assert matrix[:, 0].tolist()[::2] == [1.0, 0.0]
    assert np.isnan(matrix[1]).all()


def test_an_instant_is_seen_in_utc() -> None:
    """The same instant has the same parts, whatever the offset that it is sent with."""
    berlin, utc = "2025-03-30T01:30:00+01:00", "2025-03-30T00:30Z"
    assert INSTANTS.read(berlin) == INSTANTS.read(utc) == "2025-03-30T00:30:00+00:00"
    assert part_of(INSTANTS.read(berlin), DatePart.HOUR) == 0.0


def test_dates_sort_as_they_are_spelled() -> None:
    """Rows are split by the text of their time, which must be in its order."""
    spelled = [INSTANTS.read(f"2025-01-01T10:30:0{second}Z") for second in ("0", "0.5", "1")]
    assert spelled == sorted(spelled)
    assert np.diff(moments(spelled).astype(np.int64)).min() > 0
    assert days_of(moments(["1970-01-02T12:00:00", None]))[0] == 1.5
