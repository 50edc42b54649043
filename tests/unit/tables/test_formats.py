"""How the columns of a file are read: numbers, dates, and words for a missing value."""

# ruff: noqa: RUF001  words of other scripts are part of what this is about

from collections.abc import Sequence
from typing import Any

import pytest

from modelfleet.spec.errors import TableError
from modelfleet.tables.columns.formats import (
    ColumnReader,
    Expected,
    Kind,
    RawColumn,
    find_formats,
)
from modelfleet.tables.table_format import (
    AS_FOUND,
    ColumnFormat,
    Content,
    DateOrder,
    ReadOptions,
    TableFormat,
)

COMMAS, SEMICOLONS = TableFormat(delimiter=","), TableFormat(delimiter=";")
TABS = TableFormat(delimiter="\t")


def found(
    cells: Sequence[Any],
    file: TableFormat = COMMAS,
    options: ReadOptions = AS_FOUND,
    beside: Sequence[Any] = (),
    kind: Kind = Kind.UNKNOWN,
) -> ColumnFormat:
    """How a column is read, in a file with another column."""
    columns = [RawColumn("x", cells, Expected(kind)), RawColumn("beside", beside)]
    return find_formats(columns, file, options)[0]


def values(cells: Sequence[Any], **how: Any) -> list[Any]:
    """What is read, cell by cell and as a column."""
    how_read = found(cells, **how)
    each = list(map(ColumnReader(how_read).read, cells))
    assert ColumnReader(how_read).read_all(cells) == each
    return each


@pytest.mark.parametrize(
    ("cells", "decimal", "unit", "read"),
    [
        (["5,25", "12,5"], ",", None, ["5.25", "12.5"]),
        (["1.234,50", "7"], ",", None, ["1234.50", "7"]),
        (["1'234.50", "0.5"], ".", None, ["1234.50", "0.5"]),
        (["1’234", "12"], None, None, ["1234", "12"]),
        (["12,34,567", "99.5"], ".", None, ["1234567", "99.5"]),
        (["₹1,23,456.50", "₹5"], ".", "₹", ["123456.50", "5"]),
        (["81-", "5", "-3"], None, None, ["-81", "5", "-3"]),
        (["(5.50)", "2.25"], ".", None, ["-5.50", "2.25"]),
        (["−5", "3"], None, None, ["-5", "3"]),
        (["12 kg", "7.5 kg"], ".", "kg", ["12", "7.5"]),
        (["36 months", "60 months"], None, "months", ["36", "60"]),
        (["21 °C", "-3 °C"], None, "°C", ["21", "-3"]),
        (["12%", "7,5 %"], ",", "%", ["12", "7.5"]),
        (["3,5 €", "1.000,00 €"], ",", "€", ["3.5", "1000.00"]),
        (["CHF 1'200.50", "CHF 3"], ".", "CHF", ["1200.50", "3"]),
        (["R$ 12,50", "R$ 3"], ",", "R$", ["12.50", "3"]),
        (["$1,000", "$2,500"], ".", "$", ["1000", "2500"]),
        ([True, False, None], None, None, [True, False, None]),
        (["true", "FALSE"], None, None, ["1", "0"]),
    ],
)
def test_numbers_are_read_as_they_are_written(
    cells: list[Any], decimal: str | None, unit: str | None, read: list[Any]
) -> None:
    """Marks, signs and units are those of the column as a whole."""
    how = found(cells, TABS)
    assert (how.content, how.decimal, how.unit) == (Content.NUMBER, decimal, unit)
    assert values(cells, file=TABS) == read


@pytest.mark.parametrize(
    "cells",
    [
        ["01730", "02139", "10001"],
        ["007", "12", "9"],
        ["A12", "A13"],
        ["$5", "€3"],
        ["5 kg", "3 lb"],
        ["1st", "2nd", "3rd"],
        ["10", "100k", "20", "30"],
        ["10.0.0.1", "10.0.0.2"],
        ["3:2", "0:1"],
    ],
)
def test_codes_and_mixtures_are_no_numbers(cells: list[str]) -> None:
    """A leading zero, a second unit or a second mark says that it is no measure."""
    assert found(cells).content is Content.TEXT
    assert values(cells) == cells


@pytest.mark.parametrize(
    ("file", "beside", "text", "read"),
    [
        (SEMICOLONS, [], "5,250", "5.250"),
        (COMMAS, [], "5,250", "5250"),
        (COMMAS, ["0,5"], "5,250", "5.250"),
        (TABS, ["12,75"], "5,250", "5.250"),
        (TABS, ["12.75"], "5,250", "5250"),
        (SEMICOLONS, ["12,75"], "5.250", "5250"),
        (COMMAS, [], "5.250", "5.250"),
        (TABS, [], "5.250", "5.250"),
    ],
)
def test_the_file_settles_what_a_column_leaves_open(
    file: TableFormat, beside: list[str], text: str, read: str
) -> None:
    """The other columns come first, then the delimiter."""
    assert values([text, "7"], file=file, beside=beside) == [read, "7"]


@pytest.mark.parametrize(
    ("file", "beside", "text", "readings"),
    [
        (TABS, [], "5,250", ("5250", "5.250")),
        (TABS, ["0.5"] * 2 + ["0,5"] * 2, "5,250", ("5250", "5.250")),
        (SEMICOLONS, [], "5.250", ("5.250", "5250")),
        (TableFormat(), [], "€1,500", ("1500", "1.500")),
    ],
)
def test_what_the_file_does_not_settle_is_refused(
    file: TableFormat, beside: list[str], text: str, readings: tuple[str, str]
) -> None:
    """The error has both readings and the option that chooses, which then settles it."""
    with pytest.raises(TableError) as caught:
        values([text], file=file, beside=beside)
    for mark, reading in zip(".,", readings, strict=True):
        assert f"{reading} (--decimal {mark})" in str(caught.value)
        options = ReadOptions(decimal="," if mark == "," else ".")
        assert values([text], file=file, beside=beside, options=options) == [reading]


@pytest.mark.parametrize(
    ("low", "high", "decimal"),
    [(0.0, 180.0, "."), (1_000.0, 90_000.0, ","), (None, 180.0, "."), (None, None, None)],
)
def test_a_declared_range_settles_what_the_file_does_not(
    low: float | None, high: float | None, decimal: str | None
) -> None:
    """Three decimals after a point are no thousands where thousands cannot be."""
    expected = Expected(Kind.NUMBER, minimum=low, maximum=high)
    column = RawColumn("Fee", ("43.681", "12.250"), expected)
    file = TableFormat(delimiter=";")
    if decimal is None:
        with pytest.raises(TableError, match=r"43\.681 is either"):
            find_formats([column], file)
        return
    (found,) = find_formats([column], file)
    assert found.decimal == decimal


def test_a_text_that_can_be_read_in_one_way_only_is_read_so() -> None:
    """Training data had commas; a client's point before two decimals is no mark of thousands."""
    read = ColumnReader(ColumnFormat(name="x", content=Content.NUMBER, decimal=",")).read
    assert [read(text) for text in ("5,25", "5.25", "1.234", "1.234,5")] == [
        *("5.25", "5.25", "1234", "1234.5")
    ]


def test_an_open_mark_is_not_guessed_row_by_row() -> None:
    """Where no value of the training data depended on it, such a text is no number."""
    read = ColumnReader(ColumnFormat(name="x", content=Content.NUMBER)).read
    assert [read(text) for text in ("12", "1.5", "1,234")] == ["12", "1.5", "1,234"]


def test_stored_formats_are_not_looked_for_again() -> None:
    """What the training data settled holds for a table in which it would look otherwise."""
    stored = TableFormat(columns=(found(["5,250"], SEMICOLONS),))
    (how,) = find_formats([RawColumn("x", ["7,125"])], COMMAS, stored=stored)
    assert ColumnReader(how).read("7,125") == "7.125"


@pytest.mark.parametrize(
    ("dates", "read_as"),
    [
        (["25/12/2025", "01/02/2025"], "%d/%m/%Y"),
        (["12/25/2025", "01/02/2025"], "%m/%d/%Y"),
        (["12-25-25", "01-02-25"], "%m-%d-%y"),
        (["01.02.2025", "03.04.2025"], "%d.%m.%Y"),
        (["2025-02-01", "2025-02-02"], "%Y-%m-%d"),
        (["2025-02-01T10:00:00+02:00"], "%Y-%m-%dT%H:%M:%S"),
        (["1/2/2025 13:05", "20/2/2025 1:00"], "%d/%m/%Y %H:%M"),
        # 1 February to 5 March: in order if the day comes first, and back and forth if not.
        ([f"{d:02d}/{m:02d}/2025" for m in (2, 3) for d in range(1, 13)], "%d/%m/%Y"),
        ([f"{m:02d}/{d:02d}/2025" for m in (3, 2) for d in range(12, 0, -1)], "%m/%d/%Y"),
    ],
)
def test_the_file_says_whether_the_day_comes_first(dates: list[str], read_as: str) -> None:
    """A day beyond the twelfth settles it, or the order of the rows, up or down."""
    assert found(dates).dates == read_as


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (["25/12/2025", "n/a"], ["2025-12-25", None]),
        (
            ["12/25/2025 9:05 PM", "1/2/2026 12:00 AM"],
            ["2025-12-25T21:05:00", "2026-01-02T00:00:00"],
        ),
        (["25.12.25 10:30"], ["2025-12-25T10:30:00"]),
        (
            ["Dec 25, 2025 10:30", "Jan 2, 2026 09:00"],
            ["2025-12-25T10:30:00", "2026-01-02T09:00:00"],
        ),
        (["25-Dec-2025"], ["2025-12-25"]),
        (["25 December 2025 07:00:01"], ["2025-12-25T07:00:01"]),
        (["2025/12/25 10:30:00.5"], ["2025-12-25T10:30:00.500000"]),
        (["20251225"], ["2025-12-25"]),
        (["2025-12-25", "2025-12-25 10:30:00"], ["2025-12-25", "2025-12-25 10:30:00"]),
        (["2025-12-25T10:30:00Z"], ["2025-12-25T10:30:00Z"]),
        (["2025-12-25 10:30:00.25 UTC"], ["2025-12-25 10:30:00.25+00:00"]),
        (["2025-12-25 UTC"], ["2025-12-25"]),
        (["25/Dec/2025:10:30:00 +0100"], ["2025-12-25T10:30:00+01:00"]),
        (["Thu, 25 Dec 2025 10:30:00 +0000"], ["2025-12-25T10:30:00+00:00"]),
        (["Thu Dec 25 10:30:00 2025"], ["2025-12-25T10:30:00"]),
        (
            [*(f"{day:02d}/0{month}/2025" for month in (7, 8) for day in range(1, 32)), "soon"],
            [*(f"2025-0{month}-{day:02d}" for month in (7, 8) for day in range(1, 32)), "soon"],
        ),
    ],
)
def test_dates_become_iso_text(cells: list[str], read: list[str | None]) -> None:
    """Whatever a program writes, a feature is validated in the spelling that the API accepts."""
    assert values(cells, kind=Kind.DATE) == read


def test_a_declared_format_settles_a_file() -> None:
    """A model knows how its training data were read; a file in another format is read as it is."""
    us, german = "%m/%d/%Y", ["25.12.2025"]
    expected = Expected(Kind.DATE, dates=us)

    def declared(cells: list[str]) -> ColumnFormat:
        return find_formats([RawColumn("x", cells, expected)], COMMAS)[0]

    assert declared(["01/02/2025"]).dates == us
    assert declared(["2025-02-01"]).dates == us
    assert declared(german).dates == "%d.%m.%Y"
    assert declared(["01/02/2025 10:00", "02/03/2025 11:00"]).dates == f"{us} %H:%M"
    stored = TableFormat(columns=(ColumnFormat(name="x", content=Content.DATE, dates="%d/%m/%Y"),))
    column = RawColumn("x", ["01/02/2025"], Expected(Kind.DATE))
    assert find_formats([column], COMMAS, stored=stored)[0].dates == "%d/%m/%Y"


def test_a_date_column_settles_another_one() -> None:
    """A file is written by one program."""
    assert found(["01/02/2025"], beside=["25/12/2025"]).dates == "%d/%m/%Y"


@pytest.mark.parametrize("dates", [["01/02/2025"], ["01/02/2025", "03/04/2025"], ["1-2-25"]])
def test_dates_that_nothing_settles_are_refused(dates: list[str]) -> None:
    """The error has both readings and the options, which then settle it."""
    with pytest.raises(TableError, match=r"day-first\) or .* \(--dates month-first\)"):
        found(dates)
    for order, start in ((DateOrder.DAY_FIRST, "%d"), (DateOrder.MONTH_FIRST, "%m")):
        assert str(found(dates, options=ReadOptions(dates=order)).dates).startswith(start)


@pytest.mark.parametrize(
    "word",
    [
        *("NA", "n/a", r"\N", "(null)", "#DIV/0!", "#REF!", "#N/A", "#BEZUG!", "#VALEUR!", "?"),
        *("-", "--", "..", ".", "<NA>", "None", "NaT", "-nan", "inf", "-Infinity", "∞"),
    ],
)
def test_words_for_a_missing_number_are_counted(word: str) -> None:
    """Databases, spreadsheets and statistics programs each have their own."""
    cells = [*map(str, range(60)), word, word]
    how = found(cells)
    assert (how.content, how.missing) == (Content.NUMBER, {word: 2})
    assert values(cells)[-2:] == [None, None]
    assert how.note is not None
    assert f"{word} (2)" in how.note


def test_a_word_may_be_a_value() -> None:
    """Namibia's code is read as missing with a warning that says how to keep it."""
    cells = ["NA", "DE", "ZA", "NA"]
    how = found(cells)
    assert how.missing == {"NA": 2}
    assert how.note is not None
    assert "NA (2); if NA is a value, add: --keep-word x=NA" in how.note
    for word in ("NA", "x=NA", "X=na"):
        assert values(cells, options=ReadOptions(keep=(word,))) == cells
    assert values(cells, options=ReadOptions(keep=("other=NA",)))[0] is None


def test_a_word_may_stand_for_a_missing_value() -> None:
    """The user names it, for one column or for all."""
    cells = [*["7"] * 90, *["unknown"] * 10]
    assert found(cells).content is Content.TEXT
    for word in ("unknown", "x=Unknown"):
        how = found(cells, options=ReadOptions(missing=(word,)))
        assert (how.content, how.words, how.missing) == (
            *(Content.NUMBER, ("unknown",), {"unknown": 10}),
        )


NUMBERS = [*map(str, range(60))]


@pytest.mark.parametrize(
    ("word", "cells"),
    [
        ("-999", ["-999", "-999.0", "-9.99e2"]),
        ("999", ["999", "999.00", "+999"]),
        ("-999.25", ["-999.25", "-999.250"]),
        ("-1", ["-1", "1-", "(1)"]),
        ("0", ["0", "0.0", "-0"]),
        ("99999", ["99999", "99999.0"]),
    ],
)
def test_a_number_may_stand_for_a_missing_value(word: str, cells: list[str]) -> None:
    """It is missing however it is written, and no other number is."""
    numbers = NUMBERS[1:]
    options = ReadOptions(missing=(f"x={word}",))
    assert values(numbers + cells, options=options) == numbers + [None] * len(cells)
    how = found(numbers + cells, options=options)
    assert (how.content, sum(how.missing.values())) == (Content.NUMBER, len(cells))
    assert None not in values(numbers + cells)


def test_a_typed_number_may_stand_for_a_missing_value() -> None:
    """Files with types have no text to compare."""
    cells = [1, 2.5, -999, -999.0, None]
    options = ReadOptions(missing=("x=-999",))
    assert values(cells, options=options) == [1, 2.5, None, None, None]
    assert found(cells, options=options).missing == {"-999": 2}


def test_a_number_with_a_unit_may_stand_for_a_missing_value() -> None:
    """The unit belongs to the column."""
    cells = [*(f"{number},5 kg" for number in range(40)), "999 kg", "999,0 kg"]
    assert values(cells, options=ReadOptions(missing=("x=999",)))[-2:] == [None, None]


def test_in_a_column_of_text_only_the_word_itself_is_missing() -> None:
    """Digits of a code are no number."""
    cells = ["0999", "999", "0999", "abc"] * 20
    assert values(cells, options=ReadOptions(missing=("x=999",)))[:4] == [
        "0999",
        None,
        "0999",
        "abc",
    ]


@pytest.mark.parametrize(
    ("yes", "no"), [("yes", "no"), ("Ja", "Nein"), ("да", "нет"), ("oui", "non"), ("sim", "não")]
)
def test_yes_and_no_are_numbers_where_the_model_has_one(yes: str, no: str) -> None:
    """A 0/1 column of a model may be written in words of many languages."""
    assert values([yes, no, yes], kind=Kind.NUMBER) == ["1", "0", "1"]
    assert values([yes, "perhaps"], kind=Kind.NUMBER) == [yes, "perhaps"]
