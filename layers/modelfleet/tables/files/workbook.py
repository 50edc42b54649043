"""Reader of Excel workbooks."""

import re
import zipfile
from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from modelfleet.spec.errors import TableError
from modelfleet.spec.words import folded
from modelfleet.tables.columns.arrow_cells import ArrowCells, of_values
from modelfleet.tables.limits import require_bytes, require_cells

_CHUNK = 1 << 20
_CELL = re.compile(rb'r="([A-Z]{1,3})([0-9]{1,7})"')
_OVERLAP = 32


class Workbook:
    """An open workbook; the declared size of a sheet is checked before it is loaded into memory.

    Raises
    ------
    TableError
        If the file is not a workbook, or too large to hold in memory.
    """

    def __init__(self, file: BinaryIO) -> None:
        # The release and predict functions never read workbooks.
        from python_calamine import CalamineError, CalamineWorkbook  # noqa: PLC0415

        _require_bounded(file)
        file.seek(0)
        try:
            self._book = CalamineWorkbook.from_filelike(file)
        except CalamineError as error:
            raise TableError(f"not a readable workbook: {error}") from error
        self._parsed: dict[str, Any] = {}

    def sheet(self, asked: str | None, known: Collection[str] = ()) -> str:
        """Return the sheet to read: the requested one, the one with known names, or the only one.

        Raises
        ------
        TableError
            If there is none, or the choice is ambiguous.
        """
        names = self._book.sheet_names
        if asked is not None:
            if asked not in names:
                raise TableError(f"no sheet {asked}; the sheets are {', '.join(names)}")
            return asked
        filled = [name for name in names if self._sheet(name).height]
        if not filled:
            raise TableError("the file is empty")
        if len(filled) == 1:
            return filled[0]
        hits = {name: self._hits(name, known) for name in filled}
        best = [name for name in filled if hits[name] == max(hits.values())]
        if len(best) > 1:
            raise TableError(f"it has the sheets {', '.join(best)}; choose one with --sheet")
        return best[0]

    def rows(self, sheet: str) -> list[tuple[int, Sequence[Any]]]:
        """Return the line and the cells of each row that is not blank, for `cell_value`."""
        found = self._sheet(sheet)
        # Count the rows above the first cell as lines too.
        first = 1 + (found.start[0] if found.start else 0)
        return [
            (line, row)
            for line, row in enumerate(found.iter_rows(), start=first)
            if any(cell_value(cell) is not None for cell in row)
        ]

    def _sheet(self, name: str) -> Any:
        """Return a sheet, which is parsed once."""
        if name not in self._parsed:
            self._parsed[name] = self._book.get_sheet_by_name(name)
        return self._parsed[name]

    def _hits(self, sheet: str, known: Collection[str]) -> int:
        wanted = set(map(folded, known))
        top = self._sheet(sheet).to_python(nrows=20)
        rows = ({folded(str(cell)) for cell in row} for row in top)
        return max((len(wanted & row) for row in rows), default=0)


def column_of(cells: Sequence[Any]) -> Sequence[Any]:
    """Return the values of a column, in Arrow if they are of one kind."""
    kinds = {*map(type, cells)}
    if kinds <= {float, str}:
        values = [None if cell.__class__ is str and not cell.strip() else cell for cell in cells]
        if {*map(type, values)} - {type(None)} in ({float}, {str}):
            return _plain_column(values)
    return of_values(list(map(cell_value, cells)))


def _plain_column(cells: list[Any]) -> Sequence[Any]:
    """Return texts, or numbers; whole numbers have no decimals."""
    found = of_values(cells)
    if isinstance(found, ArrowCells) and not found.is_text:
        numbers = found.array.cast(pa.int64(), safe=False)
        if pc.all(pc.equal(numbers.cast(pa.float64(), safe=False), found.array)).as_py():
            return ArrowCells(numbers)
    return found


def cell_value(cell: Any) -> Any:
    """Return a cell's value: `None` if blank; dates are ISO 8601 text."""
    if isinstance(cell, str):
        return cell.strip() or None
    if isinstance(cell, float) and cell.is_integer() and not isinstance(cell, bool):
        return int(cell)
    if isinstance(cell, datetime):
        return cell.date().isoformat() if cell.time() == time() else cell.isoformat(" ")
    if isinstance(cell, date | time):
        return cell.isoformat()
    return cell.total_seconds() if isinstance(cell, timedelta) else cell


def _require_bounded(file: BinaryIO) -> None:
    """Decompress each part once and discard it, because the sizes in an archive may be false."""
    try:
        with zipfile.ZipFile(file) as archive:
            if "xl/workbook.xml" not in archive.namelist():
                raise TableError("it is a zip archive; unpack it first")
            total = 0
            for name in archive.namelist():
                with archive.open(name) as part:
                    total = _read_through(part, total, sheet=name.startswith("xl/worksheets/"))
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError) as error:
        raise TableError(f"not a readable workbook: {error}") from error


def _read_through(part: Any, total: int, *, sheet: bool) -> int:
    rows = columns = 0
    rest = b""
    while chunk := part.read(_CHUNK):
        total += len(chunk)
        require_bytes(total)
        if sheet:
            # A single cell far down and to the right makes the sheet as large as its bounding box.
            if cells := _CELL.findall(rest + chunk):
                letters, numbers = map(set, zip(*cells, strict=True))
                rows = max(rows, *map(int, numbers))
                columns = max(columns, *map(_number, letters))
            rest = chunk[-_OVERLAP:]
    require_cells(rows, columns)
    return total


def _number(letters: bytes) -> int:
    found = 0
    for letter in letters:
        found = 26 * found + letter - ord("A") + 1
    return found
