"""Where the header of a file is, and how rows differ from it."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from modelfleet.spec.errors import DatasetError
from modelfleet.tables.reader import Cells, read_cells
from modelfleet.tables.table_format import FileKind, ReadOptions
from tests import workbooks

HEADER = "Age;Fee;Plan"
ROWS = ["30;5,25;basic", "41;7,5;plus", "52;9;family"]
TABLE = (("30", "41", "52"), ("5,25", "7,5", "9"), ("basic", "plus", "family"))
NAMES = ("Age", "Fee", "Plan")


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Cells]:
    """Write lines, or bytes, to a file, and read it."""

    def of(
        *lines: str, content: bytes = b"", name: str = "t.csv", options: ReadOptions | None = None
    ) -> Cells:
        path = tmp_path / name
        path.write_bytes(content or "\n".join(lines).encode())
        return read_cells(path, options or ReadOptions())

    return of


@pytest.mark.parametrize(
    ("above", "lines"),
    [
        (["sep=;"], (3, 4, 5)),
        (['"sep=;"'], (3, 4, 5)),
        (["Report of members 2026-11", ""], (4, 5, 6)),
        (["Report;;", "until November;;", ";;"], (5, 6, 7)),
        (["Report;2026-11;"], (3, 4, 5)),
        (["# exported by a program"], (3, 4, 5)),
        (['"Two\nlines"', ""], (5, 6, 7)),
    ],
)
def test_lines_above_the_header_are_skipped(
    read: Callable[..., Cells], above: list[str], lines: tuple[int, ...]
) -> None:
    """Titles and what spreadsheets say to each other; rows keep the line on which they are."""
    cells = read(*above, HEADER, *ROWS)
    assert (cells.header, cells.columns, cells.lines) == (NAMES, TABLE, lines)
    assert cells.format.skipped_lines == lines[0] - 2


@pytest.mark.parametrize(
    ("header", "end"), [(HEADER, ";"), (f"{HEADER};", ";"), (f"{HEADER};;", ";;"), (HEADER, ";;")]
)
def test_trailing_delimiters_are_no_fields(
    read: Callable[..., Cells], header: str, end: str
) -> None:
    """Rows that end with a delimiter have no more fields than others."""
    cells = read(header, *(f"{row}{end}" for row in ROWS), "1;2;x;y")
    assert (cells.header, cells.columns) == (NAMES, TABLE)
    assert cells.malformed[0].reasons == ("it has 4 fields, the header has 3",)


def test_row_names_have_no_name(read: Callable[..., Cells]) -> None:
    """R writes a header that is one field shorter than the rows."""
    cells = read('"Age";"Fee";"Plan"', *(f'"{n}";{row}' for n, row in enumerate(ROWS)))
    assert (cells.header, cells.columns[1:]) == (("", *NAMES), TABLE)
    assert cells.format.row_names


def test_a_header_without_the_first_name_is_no_title(read: Callable[..., Cells]) -> None:
    """Pandas leaves the name of its index out."""
    assert read(",Left", "0,yes", "1,no").header == ("", "Left")


def test_a_header_without_the_last_name_is_no_title(read: Callable[..., Cells]) -> None:
    """A first row of words alone does not name the columns."""
    lines = ("name,score,", "smith,absent,x", "jones,12,x", "lee,15,x")
    assert read(*lines).header[:2] == ("name", "score")


def test_two_delimiters_may_divide_a_file_equally(read: Callable[..., Cells]) -> None:
    """Then it is refused with both readings, and an option chooses."""
    lines = ("a,b;c", "1,2;3", "4,5;6")
    with pytest.raises(DatasetError, match=r"--delimiter ','\) or .*--delimiter ';'"):
        read(*lines)
    assert read(*lines, options=ReadOptions(delimiter=";")).header == ("a,b", "c")
    with pytest.raises(DatasetError, match="invalid delimiter 'ab'"):
        read(*lines, options=ReadOptions(delimiter="ab"))


def test_a_header_within_the_rows_is_none_of_them(read: Callable[..., Cells]) -> None:
    """Files that were joined repeat it; a row that has a name in one column does not."""
    cells = read(content=b"Age,Plan\n1,x\nAge,Plan\n 2,Plan\nAge , Plan\n")
    assert [list(column) for column in cells.columns] == [["1", "2"], ["x", "Plan"]]
    assert [(row.line, row.reasons) for row in cells.malformed] == [
        (3, ("it repeats the header",)),
        (5, ("it repeats the header",)),
    ]


def test_single_quotes_are_refused(read: Callable[..., Cells]) -> None:
    """They would be a part of every name and category."""
    with pytest.raises(DatasetError, match="names are in single quotes"):
        read(content=b"'Age','Plan'\n1,'x, y'\n")


def test_the_encoding_may_be_said(read: Callable[..., Cells]) -> None:
    """What is said is not looked for."""
    content = "a;b\nŁódź;1\n".encode("cp1250")
    cells = read(content=content, options=ReadOptions(encoding="cp1250"))
    assert (cells.columns[0], cells.format.encoding) == (("Łódź",), "cp1250")
    with pytest.raises(DatasetError, match="unknown encoding cp0"):
        read(content=content, options=ReadOptions(encoding="cp0"))


def test_a_damaged_character_costs_its_own_line(read: Callable[..., Cells]) -> None:
    """A file in UTF-8 is not taken for one in a code page because of one of its lines."""
    cells = read(content="a;b\nLuís;1\nJosé;2\n".encode() + b"Jos\xe9;3\n")
    assert cells.columns[0] == ("Luís", "José")
    assert cells.malformed[0].line == 4


OBJECTS = [
    {"Age": 30, "Fee": 5.25, "Plan": "basic"},
    {"Age": 41, "Fee": None, "Plan": "plus"},
    {"Age": 52, "Plan": "family", "Note": "late"},
]
CONTENTS = {
    "t.jsonl": "".join(f"{json.dumps(each)}\n" for each in OBJECTS).encode(),
    "t.json": json.dumps(OBJECTS, indent=2).encode(),
    "lines.json": "".join(f"{json.dumps(each)}\n" for each in OBJECTS).encode(),
    "t.xlsx": workbooks.sheet(
        [
            ["Members"],
            [],
            ["Age", "Fee", "Plan", "Note"],
            [30, 5.25, "basic", None],
            [41, None, "plus", None],
            [52, None, "family", "late"],
        ]
    ),
}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("name", CONTENTS)
def test_each_kind_of_file_holds_the_same_table(
    read: Callable[..., Cells], name: str, packed: bool
) -> None:
    """Objects may lack fields, and a field may first be there far below."""
    content = gzip.compress(CONTENTS[name]) if packed else CONTENTS[name]
    cells = read(content=content, name=f"{name}.gz" if packed else name)
    assert cells.header == ("Age", "Fee", "Plan", "Note")
    assert cells.columns == (
        *((30, 41, 52), (5.25, None, None), ("basic", "plus", "family"), (None, None, "late")),
    )
    assert cells.format.compressed is packed


def test_a_sheet_is_chosen(read: Callable[..., Cells]) -> None:
    """By being the only one with cells, or by the user."""
    one = workbooks.workbook({"Notes": [], "Data": [["a"], [1]]})
    assert read(content=one, name="t.xlsx").format.sheet == "Data"
    two = workbooks.workbook({"First": [["a"], [1]], "Second": [["a"], [2]]})
    with pytest.raises(DatasetError, match="the sheets First, Second; choose one with --sheet"):
        read(content=two, name="t.xlsx")
    cells = read(content=two, name="t.xlsx", options=ReadOptions(sheet="Second"))
    assert cells.columns == ((2,),)
    with pytest.raises(DatasetError, match="no sheet Third; the sheets are First, Second"):
        read(content=two, name="t.xlsx", options=ReadOptions(sheet="Third"))


def test_cells_of_a_workbook_are_typed(read: Callable[..., Cells]) -> None:
    """Dates are read as such, whole numbers have no decimals, and failed formulas are missing."""
    rows = [["when", "zip", "n", "ok", "r"]]
    data = [workbooks.Day(45000), "01730", 2.0, True, workbooks.Fault("#DIV/0!")]
    cells = read(content=workbooks.sheet([*rows, data]), name="t.xlsx")
    assert cells.columns == (("2023-03-15",), ("01730",), (2,), (True,), (None,))
    assert cells.format.kind is FileKind.XLSX


def test_a_far_cell_does_not_fill_the_memory(read: Callable[..., Cells]) -> None:
    """A sheet is as large as its last cell says, and is refused before it is read."""
    content = workbooks.sheet([["a"], [1]], far="XFD1048576")
    with pytest.raises(DatasetError, match=r"more than 20,000,000 cells \(1,048,576 rows"):
        read(content=content, name="t.xlsx")


@pytest.mark.parametrize("broken", ["[" * 200_000, '{"a":' * 200_000, '{"Age": 1, "Age": 2}', "1"])
def test_an_element_that_is_no_row_is_set_aside(read: Callable[..., Cells], broken: str) -> None:
    """The objects before it are read; so are those after it where its end can be told."""
    content = f'[{{"Age": 1}},\n{broken},\n{{"Age": 3}}]'.encode()
    cells = read(content=content, name="t.json")
    assert cells.columns[0][0] == 1
    assert cells.malformed[0].line == 2


def test_other_archives_and_documents_are_named(read: Callable[..., Cells]) -> None:
    """What cannot be read says what to do instead."""
    for start, told in (
        (b"%PDF-1.7", "PDF"),
        (b"BZh9", "bzip2"),
        (b"\xd0\xcf\x11\xe0", "Excel 97"),
        (b"ARROW1", "Arrow file; save it as Parquet"),
        (b"SQLite format 3", "SQLite"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "compressed twice; unpack it once"),
    ):
        with pytest.raises(DatasetError, match=told):
            read(content=start + b"\0" * 100)
    with pytest.raises(DatasetError, match="binary data"):
        read(content=bytes(range(256)) * 20)
