"""Reads the rows of a table of any size one by one, with the rows that cannot be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Any, BinaryIO

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
from modelfleet.tables.reader import OpenTable, printable
from modelfleet.tables.table_format import AS_FOUND, FileKind, ReadOptions, TableFormat

# What the training data left open is found in as many rows; a value further down that could be read
# in two ways fails with its row.
_TELLING_ROWS = 5_000
_TELLING_LENGTH = 16 << 20
_BLOCK_ROWS = 1_000


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row's values, or why it has none. `number` counts from 1, without the header."""

    number: int
    values: Mapping[str, Any] | None
    fault: str | None = None


class BatchRows:
    """The rows of an open file; what a model's declaration sets aside is left out.

    Whatever bytes a row is made of, it is a row or has a fault, and the others are read.

    Parameters
    ----------
    spec
        The model.
    file
        The table, which can seek.
    kind
        Its kind.
    stored
        How the data were read that the model was trained on; `None` where the bundle does not say.
    options
        What the user says about the file.

    Attributes
    ----------
    unused : tuple of str
        Columns that the model does not know. In JSON, a field that few objects have is no column:
        it is that row's own fault, as it is a request's.
    format : TableFormat
        How the file is read.

    Raises
    ------
    BatchError
        If the table has no header, lacks a column that the model needs, is too large, or has a
        column that can be read in two ways.
    """

    def __init__(
        self,
        spec: ModelSpec,
        file: BinaryIO,
        kind: FileKind,
        stored: TableFormat | None = None,
        options: ReadOptions = AS_FOUND,
    ) -> None:
        try:
            self._open(spec, file, kind, stored, options)
        except TableError as error:
            raise BatchError(f"the input cannot be read: {error}") from error

    def __iter__(self) -> Iterator[BatchRow]:
        """Every row, in the file's order.

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
    ) -> None:
        table = OpenTable(
            file,
            options=options,
            known=known_names(spec),
            kind=kind,
            is_row=row_test(spec, options, stored),
        )
        if table.rows is not None:
            _require_rows(table.rows)
        names = spec.feature_names
        self._is_object = table.format.kind in (FileKind.JSON, FileKind.JSONL)
        # An object without a field is one without its value: validation says if it may be.
        places = require_columns(table.header, names, names if self._is_object else ())
        self.unused = unused_columns(spec, table.header)
        self._aside = {*known_names(spec)} - {*names}
        self._names = list(places)
        records = table.records(list(places.values()))
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
        whole = [record.cells for record in first if record.fault is None]
        cells = zip(*whole, strict=True) if whole else ((),) * len(self._names)
        columns = [
            RawColumn(name, texts, expected[name])
            for name, texts in zip(self._names, cells, strict=True)
        ]
        found = find_formats(columns, table.format, options, stored)
        return table.format.model_copy(update={"columns": found})

    def _rows(self, block: Sequence[Record], first: int) -> Iterator[BatchRow]:
        """Read a block of records column by column."""
        whole = [record.cells for record in block if record.fault is None]
        cells = zip(*whole, strict=True) if whole else ()
        columns = [read(column) for read, column in zip(self._readers, cells, strict=False)]
        rows = zip(*columns, strict=True) if columns else repeat((), len(whole))
        for number, record in enumerate(block, start=first):
            _require_rows(number)
            if record.fault is not None:
                yield BatchRow(number, None, record.fault)
                continue
            values = dict(zip(self._names, next(rows), strict=True))
            for name, value in record.more.items():
                if name not in self._aside:
                    values[printable(name)] = value
            yield BatchRow(number, values)


def _first(records: Iterator[Record]) -> list[Record]:
    """The first rows, fewer where they are long."""
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
