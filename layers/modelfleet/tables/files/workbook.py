"""Reader of Excel workbooks."""

import re
import zipfile
from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, BinaryIO

from modelfleet.spec.errors import TableError
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
        filled = [name for name in names if self._book.get_sheet_by_name(name).height]
        if not filled:
            raise TableError("the file is empty")
        if len(filled) == 1:
            return filled[0]
        hits = {name: self._hits(name, known) for name in filled}
        best = [name for name in filled if hits[name] == max(hits.values())]
        if len(best) > 1:
            raise TableError(f"it has the sheets {', '.join(best)}; choose one with --sheet")
        return best[0]

    def rows(self, sheet: str) -> Iterator[Sequence[Any]]:
        """Yield the cells of each row, `None` if blank; dates are ISO 8601 text."""
        found = self._book.get_sheet_by_name(sheet)
        # Count the rows above the first cell as lines too.
        start = found.start[0] if found.start else 0
        yield from ([] for _ in range(start))
        for row in found.iter_rows():
            yield [_value(cell) for cell in row]

    def _hits(self, sheet: str, known: Collection[str]) -> int:
        wanted = {name.casefold() for name in known}
        top = self._book.get_sheet_by_name(sheet).to_python(nrows=20)
        rows = ({str(cell).strip().casefold() for cell in row} for row in top)
        return max((len(wanted & row) for row in rows), default=0)


def _value(cell: Any) -> Any:
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
            for column, row in set(_CELL.findall(rest + chunk)):
                rows, columns = max(rows, int(row)), max(columns, _number(column))
            rest = chunk[-_OVERLAP:]
    require_cells(rows, columns)
    return total


def _number(letters: bytes) -> int:
    found = 0
    for letter in letters:
        found = 26 * found + letter - ord("A") + 1
    return found
