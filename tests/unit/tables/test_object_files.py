"""JSON and workbooks as columns, which must say the same as each object or cell by itself."""

import io
import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from modelfleet.spec.errors import DatasetError
from modelfleet.tables.columns.arrow_cells import ArrowCells
from modelfleet.tables.reader import Cells, OpenTable, read_cells
from modelfleet.tables.table_format import FileKind
from tests import workbooks

LARGE = 2**53 + 1


def told(cells: Sequence[Any]) -> list[str]:
    """Cells as text; a number is the same with a decimal point."""
    return [repr(float(each) if type(each) is int and each != LARGE else each) for each in cells]


@pytest.fixture
def read(tmp_path: Path) -> Callable[[str | bytes, str], Cells]:
    """Reads a file."""

    def of(content: str | bytes, name: str) -> Cells:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_cells(path)

    return of


ROWS: list[dict[str, Any]] = [
    {"a": 1, "b": 0.5, "c": " x ", "d": None},
    {"a": 2, "b": 2, "c": "é", "d": None, "e": True},
    {"b": 0.25, "c": None, "d": None, "a": 3},
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("t.jsonl", "\n".join(map(json.dumps, ROWS))),
        ("t.jsonl", "\r\n\n".join(map(json.dumps, ROWS)) + "\n"),
        ("t.json", json.dumps(ROWS)),
        ("t.json", json.dumps(ROWS, indent=2)),
    ],
)
def test_values_of_one_kind_are_in_arrow(
    read: Callable[[str | bytes, str], Cells], name: str, content: str
) -> None:
    """Texts without blanks around them; what an object lacks is missing."""
    found = read(content, name)
    assert found.header == ("a", "b", "c", "d", "e")
    assert [list(column) for column in found.columns] == [
        [1, 2, 3], [0.5, 2, 0.25], ["x", "é", None], [None] * 3, [None, True, None],
    ]  # fmt: skip
    assert [type(column) for column in found.columns[:3]] == [ArrowCells] * 3


@pytest.mark.parametrize("name", ["t.jsonl", "t.json"])
def test_nan_is_a_missing_number(read: Callable[[str | bytes, str], Cells], name: str) -> None:
    """As pandas and Python write it, though JSON has no such value."""
    lines = ['{"a": NaN, "b": "x"}', '{"a": 2.5, "b": "NaN"}']
    content = "\n".join(lines) if name == "t.jsonl" else f"[{','.join(lines)}]"
    found = read(content, name)
    assert [list(column) for column in found.columns] == [[None, 2.5], ["x", "NaN"]]


def test_times_of_parquet_are_of_one_kind(tmp_path: Path) -> None:
    """An instant at midnight keeps its time zone, and a duration is a number of seconds."""
    hours = [datetime(2024, 1, 1, 22 + n, tzinfo=UTC) for n in (0, 1)]
    columns = {
        "at": pa.array(hours, pa.timestamp("us", "Europe/Berlin")),
        "for": pa.array([timedelta(minutes=1), timedelta(days=2)]),
    }
    pq.write_table(pa.table(columns), tmp_path / "t.parquet")
    at, lasting = read_cells(tmp_path / "t.parquet").columns
    assert list(at) == ["2024-01-01T23:00:00+01:00", "2024-01-02T00:00:00+01:00"]
    assert list(lasting) == [60, 172_800]


LINES = (
    *('{"a": 1, "a": 2}', '{"a": 1} {"a": 2}', '{"a": 1},{"a": 2}', '{"a": {"b": 1}}'),
    *('{"a": [1]}', '{"a": 1', "[1]", "7", '{"a": "\\ud800"}', '{"a": NaN}', '{"a": 1e999}'),
    *(f'{{"a": {LARGE}}}', f'{{"a": {2**70}}}', '{"a": "\\":"}', '{"a" : true}', '{"a": 1}'),
    '\ufeff{"a": 1}',
)


@pytest.mark.parametrize("line", LINES)
def test_a_line_says_the_same_among_others(line: str) -> None:
    """Whatever is wrong with it, and whichever type it has, beside lines of the same column."""
    others = ['{"a": 5}', '{"a": 6}']
    content = "\n".join([others[0], line, others[1]]).encode("utf-8", "surrogatepass")
    whole = OpenTable(io.BytesIO(content), kind=FileKind.JSONL, whole=True)
    apart = OpenTable(io.BytesIO(content), kind=FileKind.JSONL)
    assert whole.header == apart.header == ("a",)
    expected = [(each.line, each.fault, told(each.cells)) for each in apart.records([0])]
    (block,) = whole.blocks([0])
    faults = {each.line: each.reasons[0] for each in block.malformed}
    cells = dict(zip(block.lines.tolist(), block.columns[0], strict=True))
    for number, fault, said in expected:
        assert faults.get(number) == fault
        assert fault is not None or told([cells[number]]) == said


def test_columns_of_a_workbook_are_in_arrow(read: Callable[[str | bytes, str], Cells]) -> None:
    """Whole numbers have no decimals, days are texts, and blank cells are missing."""
    rows = [("a", "b", "c", "d"), (1, 0.5, " x ", workbooks.Day(46016)), (2, None, " ", 7)]
    found = read(workbooks.sheet(rows), "t.xlsx")
    whole, decimal, text, mixed = found.columns
    assert (list(whole), list(decimal), list(text)) == ([1, 2], [0.5, None], ["x", None])
    assert all(isinstance(column, ArrowCells) for column in (whole, decimal, text))
    assert list(mixed) == ["2025-12-25", 7]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ({"a": [1, 2], "b": ["x", "y"]}, "one object per row"),
        ({"a": {"0": 1}, "b": {"0": "x"}}, "one object per row"),
        ({"columns": ["a"], "data": [[1]]}, "one object per row"),
        ({"count": 1, "data": [{"a": 1}]}, "in the field data; save this list"),
    ],
)
def test_an_object_that_holds_a_table_is_refused(
    read: Callable[[str | bytes, str], Cells], content: dict[str, Any], told: str
) -> None:
    """It would be read as a table of one row."""
    with pytest.raises(DatasetError, match=told):
        read(json.dumps(content), "t.json")


def test_rows_of_several_faults_are_all_counted(read: Callable[[str | bytes, str], Cells]) -> None:
    """An invalid value beside a line that is no object does not hide that line."""
    found = read('{"a": 1}\n{"a": 2\n{"a": "\\ud800"}\n{"a": "x"}', "t.jsonl")
    assert sorted(row.line for row in found.malformed) == [2, 3]
