"""Reads the rows of a table of any size one by one, with the rows that cannot be read."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice, repeat
from typing import Any, BinaryIO

from modelfleet.batch.job import TableFormat
from modelfleet.spec.errors import BatchError, TableError
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.json_lines import json_object
from modelfleet.tables.limits import require_batch_rows
from modelfleet.tables.model_columns import missing_spellings
from modelfleet.tables.parquet import DAMAGED, NO_VALUE, ParquetTable
from modelfleet.tables.records import (
    LONGEST_FIELD,
    Record,
    Records,
    decoded,
    is_unicode,
    read_lines,
)
from modelfleet.tables.text import UTF16_MARKS, delimiter
from modelfleet.tables.validate import validate_features

_MARK = "\ufeff"
# As many lines tell the delimiter; a header may have line breaks in it.
_TELLING_LINES = 50


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
        The table.
    kind
        Its format.

    Attributes
    ----------
    unused : tuple of str
        Columns that the model does not know. A JSON line has no columns: a field that the model
        does not know is that row's own fault, as it is a request's.

    Raises
    ------
    BatchError
        If the table has no header, lacks a column that the model needs, or is too large.
    """

    def __init__(self, spec: ModelSpec, file: BinaryIO, kind: TableFormat) -> None:
        self._spec = spec
        self.unused: tuple[str, ...] = ()
        columns = {column.name: column for column in spec.features.columns()}
        self._missing = {name: missing_spellings(column) for name, column in columns.items()}
        self._rows = _READERS[kind](self, file)

    def __iter__(self) -> Iterator[BatchRow]:
        """Every row, in the file's order.

        Raises
        ------
        BatchError
            If there are more rows than a job may have.
        """
        for row in self._rows:
            if row.number > 0:
                _require_rows(row.number)
            yield row

    def _csv(self, file: BinaryIO) -> Iterator[BatchRow]:
        lines = map(decoded, _utf8_lines(file))
        first = list(islice(lines, _TELLING_LINES))
        found = delimiter("".join(first), self._spec.feature_names)
        return self._below_header(Records(chain(first, lines), found, self._is_row))

    def _below_header(self, table: Records) -> Iterator[BatchRow]:
        records = iter(table)
        first = next(records, Record(1))
        if first.fault:
            raise BatchError(f"the input's header cannot be read: {first.fault}")
        self._header = [_printable(cell.strip()) for cell in first.cells]
        self._positions = {name: self._header.index(name) for name in self._columns(self._header)}
        return (self._row(number, record) for number, record in enumerate(records, start=1))

    def _row(self, number: int, record: Record) -> BatchRow:
        if record.fault:
            return BatchRow(number, None, record.fault)
        if len(record.cells) != len(self._header):
            fault = f"it has {len(record.cells)} fields, the header has {len(self._header)}"
            return BatchRow(number, None, fault)
        values = self._cells(record.cells)
        # Most rows: their fields' length is known, and no value of theirs needs a second look.
        if "".join(record.cells).isascii():
            return BatchRow(number, values)
        return _checked(number, values)

    def _cells(self, cells: Sequence[str]) -> dict[str, str | None]:
        return {
            name: _cell(cells[position], self._missing[name])
            for name, position in self._positions.items()
        }

    def _is_row(self, cells: Sequence[str]) -> bool:
        return not validate_features(self._spec.features, self._cells(cells))[1]

    def _json_lines(self, file: BinaryIO) -> Iterator[BatchRow]:
        set_aside = self._set_aside()
        lines = (line for line in _utf8_lines(file) if line.strip())
        for number, line in enumerate(lines, start=1):
            found, fault = json_object(line)
            if found is None:
                yield BatchRow(number, None, fault)
                continue
            kept = {name: value for name, value in found.items() if name not in set_aside}
            yield _checked(number, kept)

    def _parquet(self, file: BinaryIO) -> Iterator[BatchRow]:
        try:
            table = ParquetTable(file)
        except TableError as error:
            raise BatchError(f"the input cannot be read: {error}") from error
        _require_rows(table.rows)
        return self._batches(table, self._columns(table.names))

    @staticmethod
    def _batches(table: ParquetTable, wanted: Sequence[str]) -> Iterator[BatchRow]:
        number = 0
        for count, batch in table.batches(wanted, _plain):
            rows = zip(*batch.values(), strict=True) if batch else repeat(None, count)
            for values in rows:
                number += 1
                if values is None or batch is None:
                    yield BatchRow(number, None, DAMAGED)
                else:
                    yield _checked(number, dict(zip(batch, values, strict=True)))

    def _columns(self, header: Sequence[str]) -> list[str]:
        """The columns to read; those that nobody knows are remembered."""
        names = list(self._spec.feature_names)
        if absent := [name for name in names if name not in header]:
            raise BatchError(f"the input has no column {', '.join(absent)}")
        if twice := [name for name in names if list(header).count(name) > 1]:
            raise BatchError(f"the input repeats the column {', '.join(twice)}")
        known = {*names, *self._set_aside()}
        self.unused = tuple(name or "(unnamed)" for name in header if name not in known)
        return names

    def _set_aside(self) -> set[str]:
        """What tables of training data have beside the features."""
        spec = self._spec
        return {spec.target.column, *spec.identifiers, *spec.known_afterwards, *spec.ignored}


_READERS = {
    TableFormat.CSV: BatchRows._csv,
    TableFormat.JSONL: BatchRows._json_lines,
    TableFormat.PARQUET: BatchRows._parquet,
}


def _require_rows(rows: int) -> None:
    try:
        require_batch_rows(rows)
    except TableError as error:
        raise BatchError(f"the input is too large: {error}") from error


def _utf8_lines(file: BinaryIO) -> Iterator[bytes]:
    """Lines without the marks that spreadsheets begin a file with."""
    lines = read_lines(file)
    first = next(lines, b"")
    if first.startswith(UTF16_MARKS):
        raise BatchError("the input is not UTF-8; save it as UTF-8 and run the job again")
    return (line.removeprefix(_MARK.encode()) for line in chain([first], lines))


def _checked(number: int, values: Mapping[str, Any]) -> BatchRow:
    """A row, unless a value of it is none: what is no text or number is not handed on."""
    for name, value in values.items():
        if fault := _fault(value):
            return BatchRow(number, None, f"{_printable(name)[:_SHOWN]}: {fault}")
    return BatchRow(number, values)


# As much of a name that the model does not know stands in a reason.
_SHOWN = 100


def _fault(value: Any) -> str | None:
    if isinstance(value, str):
        if len(value) > LONGEST_FIELD:
            return f"it is longer than {LONGEST_FIELD:,} characters"
        return None if is_unicode(value) else "it is not valid Unicode"
    if value is NO_VALUE or isinstance(value, dict | list):
        return "it must be a single value"
    return None


def _printable(text: str) -> str:
    return text.encode("utf-8", "replace").decode() if not is_unicode(text) else text


def _cell(text: str, missing: frozenset[str]) -> str | None:
    stripped = text.strip()
    return None if stripped.casefold() in missing else stripped


def _plain(value: Any) -> Any:
    """Files that pandas wrote spell a missing number NaN; dates and the like become texts."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    if value is None or isinstance(value, str | int | float | bool):
        return None if value != value else value  # noqa: PLR0124  # NaN
    return str(value)
