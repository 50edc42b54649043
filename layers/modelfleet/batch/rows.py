"""Stream of the rows of a table of any size, including rows that cannot be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Any, BinaryIO

from modelfleet.batch.results import carried_value, require_carriable
from modelfleet.spec.errors import BatchError, TableError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.columns.formats import ColumnReader, RawColumn, find_formats
from modelfleet.tables.files.records import Record
from modelfleet.tables.limits import require_batch_rows
from modelfleet.tables.model_columns import (
    expectations,
    known_names,
    require_columns,
    row_test,
    unused_columns,
)
from modelfleet.tables.names import match_names
from modelfleet.tables.reader import OpenTable, printable
from modelfleet.tables.table_format import AS_FOUND, FileKind, ReadOptions, TableFormat

# Number of rows, and their total length in bytes, from which formats unknown from training are
# inferred; an ambiguous value further down fails with its row.
_TELLING_ROWS = 5_000
_TELLING_LENGTH = 16 << 20
_BLOCK_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class BatchRow:
    """Values of one row, or the reason it has none. `number` counts from 1, without the header.

    `carried` are the cells of the carried columns as they are in the file; none if the row cannot
    be divided into cells.
    """

    number: int
    values: Mapping[str, Any] | None
    fault: str | None = None
    carried: Sequence[Any] = ()


class BatchRows:
    """Rows of an open file, without columns that the model declares as unused.

    Each row is either parsed or has a fault; an unreadable row does not affect the others.

    Parameters
    ----------
    spec
        The model.
    file
        The table, as a seekable file.
    kind
        Format of the file.
    stored
        Format of the model's training data; `None` if the bundle does not record it.
    options
        The user's instructions for reading the file.
    carry
        Columns to pass through. They may be features, and columns that the model does not know.

    Attributes
    ----------
    unused : tuple of str
        Columns that the model does not know. In JSON, a field of only a few objects is not a column
        but an error of these rows, as it would be in a request.
    ignored : tuple of str
        Columns that the model knows and does not score: target, time, identifiers.
    carried : tuple of str
        Carried columns, as the file spells them.
    format : TableFormat
        How the file is read.

    Raises
    ------
    BatchError
        If the table has no header, lacks a required or a carried column, is too large, or has a
        column that can be read in two ways; or if a carried column has a name of the results.
    """

    def __init__(
        self,
        spec: ModelSpec,
        file: BinaryIO,
        kind: FileKind,
        stored: TableFormat | None = None,
        options: ReadOptions = AS_FOUND,
        carry: Sequence[str] = (),
    ) -> None:
        try:
            self._open(spec, file, kind, stored, options, carry)
        except TableError as error:
            raise BatchError(f"the input cannot be read: {error}") from error

    def __iter__(self) -> Iterator[BatchRow]:
        """Yield every row, in the order of the file.

        Raises
        ------
        BatchError
            If there are more rows than a job may have, or the file is damaged.
        """
        try:
            number = 1
            while block := list(islice(self._records, _BLOCK_ROWS)):
                yield from self._rows(block, number)
                number += len(block)
        except TableError as error:
            raise BatchError(f"the input cannot be read: {error}") from error

    def _open(
        self,
        spec: ModelSpec,
        file: BinaryIO,
        kind: FileKind,
        stored: TableFormat | None,
        options: ReadOptions,
        carry: Sequence[str],
    ) -> None:
        table = OpenTable(
            file,
            options=options,
            known=(*known_names(spec), *carry),
            kind=kind,
            is_row=row_test(spec, options, stored),
        )
        if table.rows is not None:
            _require_rows(table.rows)
        names = spec.feature_names
        self._is_object = table.format.kind in (FileKind.JSON, FileKind.JSONL)
        # An object may omit a field; validation decides whether the value is required.
        places = require_columns(table.header, names, names if self._is_object else ())
        # Several spellings may mean the same column.
        found = (require_columns(table.header, [name]).values() for name in carry)
        along = tuple(dict.fromkeys(chain.from_iterable(found)))
        self.carried = tuple(table.header[place] for place in along)
        require_carriable(spec, self.carried)
        self.unused = tuple(n for n in unused_columns(spec, table.header) if n not in self.carried)
        self._aside = {*known_names(spec)} - {*names}
        self.ignored = tuple(
            table.header[place]
            for place in sorted(match_names(table.header, self._aside).values())
            if place not in along
        )
        self._names = list(places)
        records = table.records([*places.values(), *along])
        first = _first(records)
        self.format = self._format(spec, table, first, stored, options)
        expected = expectations(spec)
        self._readers = [
            ColumnReader(each, expected[each.name]).read_all for each in self.format.columns
        ]
        self._records = chain(first, records)

    def _format(
        self,
        spec: ModelSpec,
        table: OpenTable,
        first: Sequence[Record],
        stored: TableFormat | None,
        options: ReadOptions,
    ) -> TableFormat:
        expected = expectations(spec)
        width = len(self._names)
        whole = [record.cells[:width] for record in first if record.fault is None]
        cells = zip(*whole, strict=True) if whole else ((),) * width
        columns = [
            RawColumn(name, texts, expected[name])
            for name, texts in zip(self._names, cells, strict=True)
        ]
        found = find_formats(columns, table.format, options, stored)
        return table.format.model_copy(update={"columns": found})

    def _rows(self, block: Sequence[Record], first: int) -> Iterator[BatchRow]:
        """Parse a block of records column by column."""
        width = len(self._names)
        whole = [record.cells for record in block if record.fault is None]
        cells = zip(*whole, strict=True) if whole else ()
        # The columns beyond are carried, and not read.
        columns = [read(column) for read, column in zip(self._readers, cells, strict=False)]
        rows = zip(*columns, strict=True) if columns else repeat((), len(whole))
        for number, record in enumerate(block, start=first):
            _require_rows(number)
            carried = tuple(map(carried_value, record.cells[width:]))
            if record.fault is not None:
                yield BatchRow(number, None, record.fault, carried)
                continue
            values = dict(zip(self._names, next(rows), strict=True))
            for name, value in record.more.items():
                if name not in self._aside:
                    values[printable(name)] = value
            yield BatchRow(number, values, None, carried)


def _first(records: Iterator[Record]) -> list[Record]:
    """Return the first records, fewer if they are long."""
    found: list[Record] = []
    length = 0
    for record in records:
        found.append(record)
        length += sum(len(cell) for cell in record.cells if isinstance(cell, str))
        if len(found) == _TELLING_ROWS or length > _TELLING_LENGTH:
            break
    return found


def _require_rows(rows: int) -> None:
    try:
        require_batch_rows(rows)
    except TableError as error:
        raise BatchError(f"the input is too large: {error}") from error
