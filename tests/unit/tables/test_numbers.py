"""Numbers as people spell them."""

import re
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from modelfleet.tables.columns.formats import (
    ColumnReader,
    Expected,
    Kind,
    RawColumn,
    find_formats,
)
from modelfleet.tables.columns.numbers import is_grouped, is_plain
from modelfleet.tables.table_format import TableFormat


@pytest.mark.parametrize(
    ("texts", "numbers"),
    [
        (["1", "2.5", "-3e2"], [1, 2.5, -300]),
        (["1,234", "5", "1,234,567.5"], [1234, 5, 1234567.5]),
        (["1.234,5", "12,25", "7"], [1234.5, 12.25, 7]),
        (["1 234,5", "0,5"], [1234.5, 0.5]),
        (["1\u202f234", "12"], [1234, 12]),
        (["1'234.50", "9"], [1234.5, 9]),
        (["$1,200.00", "-$5", "($3.50)"], [1200, -5, -3.5]),
        (["3,5 €", "1.000,00 €"], [3.5, 1000]),
        (["12%", "7.5 %"], [12, 7.5]),
        (["True", "false"], [1, 0]),
        ([None, "1,000"], [None, 1000]),
        (["1,234", "5,678"], [1234, 5678]),
        (["1,234", "0,678"], [1.234, 0.678]),
        ([None, None], [None, None]),
    ],
)
def test_a_column_of_numbers_is_read(texts: list[str | None], numbers: list[float | None]) -> None:
    """The column as a whole says what its commas and points mean."""
    assert [None if text is None else float(text) for text in read(texts)] == numbers


@pytest.mark.parametrize("texts", [["1", "red"], ["1,23,4"], ["1-2"], ["5 kg", "5 lb"]])
def test_what_is_no_number_makes_no_numbers(texts: list[str]) -> None:
    """One value that cannot be read keeps its spelling."""
    assert read(texts)[-1] == texts[-1]


def read(texts: Sequence[str | None], delimiter: str = ",") -> list[Any]:
    """A column that a model declares to be numbers, in a file of this delimiter."""
    column = RawColumn("x", texts, Expected(Kind.NUMBER))
    (found,) = find_formats([column], TableFormat(delimiter=delimiter))
    return [ColumnReader(found).read(text) for text in texts]


GROUPED = re.compile(r"^-?[1-9][0-9]{0,2}\.[0-9]{3}$")


@given(texts=st.lists(st.from_regex(r"-?[0-9]{0,5}\.?[0-9]{0,5}", fullmatch=True) | st.none()))
@example(texts=["1.234", "-1.234", "0.123", "-0.123", "1234.567", "12.34", "1.2345", "1234", "5"])
def test_one_point_before_three_digits_is_ambiguous(texts: list[str | None]) -> None:
    """The masks are those of a regular expression, which is slower."""
    array = pa.array(texts, pa.string())
    plain = is_plain(array)
    expected = [
        None if text is None else bool(number and GROUPED.match(text))
        for text, number in zip(texts, plain.to_pylist(), strict=True)
    ]
    assert is_grouped(array, plain).to_pylist() == expected
