"""Rows of a table of any size, one after the other, with what cannot be a row."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

import pyarrow.parquet as pq

from modelfleet.domain.batch import TableFormat
from modelfleet.domain.errors import BatchError
from modelfleet.domain.spec import ModelSpec
from modelfleet.domain.spreadsheet import plain
from modelfleet.pipelines.read_table import missing_spellings
from modelfleet.pipelines.text_file import DELIMITERS

_PARQUET_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class BatchRow:
    """One row's values, or why it has none. `number` counts from 1, without the header."""

    number: int
    values: Mapping[str, Any] | None
    fault: str | None = None


class BatchRows:
    """The rows of an open file; what a model's declaration sets aside is left out.

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
        If the table has no header, or lacks a column that the model needs.
    """

    def __init__(self, spec: ModelSpec, file: BinaryIO, kind: TableFormat) -> None:
        self._spec = spec
        self.unused: tuple[str, ...] = ()
        self._rows = _READERS[kind](self, file)

    def __iter__(self) -> Iterator[BatchRow]:
        """Every row, in the file's order."""
        return self._rows

    def _csv(self, file: BinaryIO) -> Iterator[BatchRow]:
        text = io.TextIOWrapper(file, encoding="utf-8-sig", newline="")
        first = _line(text)
        delimiter = max(DELIMITERS, key=lambda each: len(self._wanted(first.split(each))))
        header = [cell.strip() for cell in next(csv.reader([first], delimiter=delimiter), [])]
        wanted = self._columns(header)
        return self._records(csv.reader(text, delimiter=delimiter, strict=True), header, wanted)

    def _records(
        self, reader: Any, header: Sequence[str], wanted: Sequence[str]
    ) -> Iterator[BatchRow]:
        columns = {column.name: column for column in self._spec.features.columns()}
        cells = [(name, header.index(name), missing_spellings(columns[name])) for name in wanted]
        number = 0
        for record in _readable(reader):
            number += 1
            if len(record) != len(header):
                fault = f"it has {len(record)} fields, the header has {len(header)}"
                yield BatchRow(number, None, fault)
                continue
            values = {name: _cell(record[position], missing) for name, position, missing in cells}
            yield BatchRow(number, values)

    def _json_lines(self, file: BinaryIO) -> Iterator[BatchRow]:
        set_aside = self._set_aside()
        number = 0
        for line in file:
            if not line.strip():
                continue
            number += 1
            try:
                found = json.loads(line)
            except ValueError:
                yield BatchRow(number, None, "it is not valid JSON")
                continue
            if isinstance(found, dict):
                values = {name: value for name, value in found.items() if name not in set_aside}
                yield BatchRow(number, values)
            else:
                yield BatchRow(number, None, "it is not a JSON object")

    def _parquet(self, file: BinaryIO) -> Iterator[BatchRow]:
        try:
            table = pq.ParquetFile(file)
        except (OSError, ValueError) as error:
            raise BatchError(f"the input is not a Parquet file: {error}") from error
        wanted = self._columns(table.schema_arrow.names)
        return self._batches(table, wanted)

    @staticmethod
    def _batches(table: Any, wanted: Sequence[str]) -> Iterator[BatchRow]:
        number = 0
        for batch in table.iter_batches(batch_size=_PARQUET_ROWS, columns=list(wanted)):
            for row in batch.to_pylist():
                number += 1
                yield BatchRow(number, {name: _or_none(value) for name, value in row.items()})

    def _columns(self, header: Sequence[str]) -> list[str]:
        """The columns to read; those that nobody knows are remembered."""
        names = list(self._spec.feature_names)
        if absent := [name for name in names if name not in header]:
            raise BatchError(f"the input has no column {', '.join(absent)}")
        if twice := [name for name in names if list(header).count(name) > 1]:
            raise BatchError(f"the input has more than one column {', '.join(twice)}")
        known = {*names, *self._set_aside()}
        self.unused = tuple(name or "(unnamed)" for name in header if name not in known)
        return names

    def _wanted(self, header: Sequence[str]) -> set[str]:
        return set(self._spec.feature_names) & {cell.strip(' \r\n"') for cell in header}

    def _set_aside(self) -> set[str]:
        """What tables of training data have beside the features."""
        spec = self._spec
        return {spec.target.column, *spec.identifiers, *spec.known_afterwards, *spec.ignored}


_READERS = {
    TableFormat.CSV: BatchRows._csv,
    TableFormat.JSONL: BatchRows._json_lines,
    TableFormat.PARQUET: BatchRows._parquet,
}


def _line(text: io.TextIOWrapper) -> str:
    try:
        return text.readline()
    except UnicodeDecodeError as error:
        raise BatchError("the input is not encoded in UTF-8") from error


def _readable(reader: Any) -> Iterator[list[str]]:
    """Every record that is not blank."""
    try:
        for record in reader:
            if any(map(str.strip, record)):
                yield [plain(cell) for cell in record]
    except csv.Error as error:
        raise BatchError(f"line {reader.line_num + 1} cannot be read: {error}") from error
    except UnicodeDecodeError as error:
        raise BatchError("the input is not encoded in UTF-8") from error


def _cell(text: str, missing: frozenset[str]) -> str | None:
    stripped = text.strip()
    return None if stripped.casefold() in missing else stripped


def _or_none(value: Any) -> Any:
    """Files that pandas wrote spell a missing number NaN."""
    return None if isinstance(value, float) and value != value else value  # noqa: PLR0124  # NaN
