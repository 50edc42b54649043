"""CSV for people: no text of others is a formula, and nothing is lost."""

import csv
import io
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.tables.spreadsheet import cell, plain, write_rows
from tests.infrastructure.templates import REPOSITORY

FORMULAS = (
    '=HYPERLINK("http://127.0.0.1:9","open")',
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-1+1|cmd",
    "-",
    "@SUM(1)",
    "\ttext",
    "  =1",
    "\ufeff=1",
    "\uff1d1",
    "\uff0b1",
    "\uff0d1",
    "\uff201",
    "+49 170 1234",
    "-1 or so",
    "=",
    "\x00=1",
    "\x01=1",
    "\u200e=1",
    "\u2060=1",
    "\xad=1",
    "\u2212 1",
    "\ufe661",
    "\ufe6b1",
)
# Each is divided into cells elsewhere than in the file's own dialect.
DIVIDED = (
    "a;=cmd|'/C calc'!A0;b",
    "a;  =1",
    "a\t=1+1\tb",
    "a|=1+1|b",
    "a\n=1+1;b",
    "a\r=1+1;b",
    'a;"=1+1;b',
    ";;@SUM(1)",
    ";\t\uff1d1",
    "\t=1",
    "\r=1",
    "\n=1",
    "a;'=1",
)
_BEGINS_ONE = re.compile(r"[\s\ufeff\u200b]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
_A_NUMBER = re.compile(r"[+-]?[0-9.]+(e[+-]?[0-9]+)?[,0-9.]*", re.IGNORECASE)
texts = st.text(st.characters(codec="utf-8")) | st.text("'\";|,=+-@1. \t\r\n\uff1d\ufeff")


def written(names: list[str], rows: list[dict[str, Any]]) -> str:
    """A table as CSV."""
    file = io.StringIO(newline="")
    write_rows(file, names, rows)
    return file.getvalue()


def read(text: str) -> list[list[str]]:
    """The cells as a spreadsheet finds them."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_is_text(text: str) -> None:
    """It is marked as spreadsheets mark text, and comes back as it was."""
    assert cell(text) == f"'{text}"
    assert plain(cell(text)) == text


@given(texts)
def test_no_text_begins_a_formula(text: str) -> None:
    """Whatever a text holds, its cell does not begin as a formula does, unless it is a number."""
    shown = cell(text)
    if _BEGINS_ONE.match(shown):
        float(shown)


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@given(st.sampled_from(DIVIDED) | texts)
def test_no_formula_begins_where_another_dialect_divides_cells(delimiter: str, text: str) -> None:
    """A spreadsheet that divides by semicolons, tabs or bars finds no formula in a cell either."""
    row = {"row": 1, "label": text, "again": text, "probability": 0.5}
    file = io.StringIO(written(list(row), [row]), newline="")
    cells = [each for record in csv.reader(file, delimiter=delimiter) for each in record]
    begun = [each for each in cells if re.match(r"\s*[=+\-@\uff1d]", each)]
    assert [each for each in begun if not _A_NUMBER.fullmatch(each)] == []


@pytest.mark.parametrize("text", DIVIDED)
def test_what_another_dialect_divides_comes_back(text: str) -> None:
    """Marks within a text are taken away as those in front of one are."""
    assert cell(text) != text
    assert plain(cell(text)) == text


@given(texts)
def test_what_is_written_is_what_is_read(text: str) -> None:
    """Every text, marked or not, comes back unchanged."""
    assert plain(cell(text)) == text


@given(st.sets(texts, min_size=2))
def test_different_texts_stay_different(found: set[str]) -> None:
    """No two texts share a cell's content."""
    assert len({cell(text) for text in found}) == len(found)


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers())
def test_numbers_stay_numbers(value: float) -> None:
    """Negative ones too, whether they come as numbers or as text."""
    assert cell(value) == value
    assert cell(str(value)) == str(value)


@pytest.mark.parametrize("text", ["'", "it's", "'quoted'", "1-2", "a=b", "", "name@host"])
def test_other_text_is_left_alone(text: str) -> None:
    """Text that nobody takes for a formula is not touched."""
    assert cell(text) == text
    assert plain(text) == text


@given(st.lists(st.dictionaries(st.sampled_from(["a", "=b"]), texts | st.none()), max_size=5))
def test_a_table_holds_no_formula(rows: list[dict[str, Any]]) -> None:
    """Names and values are marked alike, each in its cell, and all of them come back."""
    header, *cells = read(written(["a", "=b"], rows))
    assert header == ["a", "'=b"]
    found = [[plain(each) for each in record] for record in cells]
    assert found == [[row.get(name) or "" for name in ("a", "=b")] for row in rows]


def test_a_field_without_a_column_is_refused() -> None:
    """A value is never left out of a table in silence."""
    with pytest.raises(ValueError, match="not in the header"):
        written(["a"], [{"a": 1, "b": 2}])


def test_nothing_else_writes_csv() -> None:
    """Every table that the product writes for people goes through this one function."""
    others = [
        path.relative_to(REPOSITORY)
        for folder in ("layers", "functions", "cli", "cdk", "images")
        for path in (REPOSITORY / folder).rglob("*.py")
        if re.search(r"csv\.(writer|DictWriter)|to_csv|savetxt|pyarrow\.csv", path.read_text())
        and path.name != "spreadsheet.py"
    ]
    assert others == []
