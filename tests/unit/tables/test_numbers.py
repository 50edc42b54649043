"""Numbers as people spell them."""

import pytest

from modelfleet.tables.numbers import plain_numbers


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
    plain = plain_numbers(texts)
    assert [None if text is None else float(text) for text in plain] == numbers


@pytest.mark.parametrize("texts", [["1", "red"], ["1,23,4"], ["-"], ["1-2"], [""], ["1_000"]])
def test_what_is_no_number_makes_no_numbers(texts: list[str | None]) -> None:
    """One value that cannot be read is enough, and it keeps its spelling."""
    assert plain_numbers(texts) == texts
