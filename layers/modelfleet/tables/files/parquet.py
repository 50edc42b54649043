"""Batch reader of Parquet files; unreadable rows are counted."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from modelfleet.spec.errors import TableError
from modelfleet.tables.columns.arrow_cells import as_cells
from modelfleet.tables.limits import require_chunks

Values = Mapping[str, Sequence[Any]]
DAMAGED = "its part of the file is damaged"
Convert = Callable[[Any], Any]

_BATCH_ROWS = 10_000
_BUFFER_BYTES = 1 << 20
# The exception that pyarrow raises for a damaged file depends on where the damage is.
_DAMAGE = (OSError, ValueError, TypeError, OverflowError, pa.ArrowException)


class NoValue:
    """Placeholder for a nested or unreadable value."""


NO_VALUE = NoValue()


class ParquetTable:
    """An open Parquet file.

    Attributes
    ----------
    names : tuple of str
        Names of its columns.
    rows : int
        Number of rows according to its footer.

    Raises
    ------
    TableError
        If it is not a Parquet file, has duplicate columns, or column chunks too large to read.
    """

    def __init__(self, file: BinaryIO) -> None:
        try:
            self.metadata = pq.ParquetFile(file).metadata
            self._file = pq.ParquetFile(
                file,
                metadata=self.metadata,
                # Keep texts dictionary-encoded, because many rows may share a long one.
                read_dictionary=_texts(self.metadata.schema),
                buffer_size=_BUFFER_BYTES,
            )
            schema = self._file.schema_arrow
        except _DAMAGE as error:
            raise TableError(f"not a readable Parquet file: {_line(error)}") from error
        require_chunks(self.metadata)
        self.names: tuple[str, ...] = tuple(schema.names)
        self.rows: int = self.metadata.num_rows
        if twice := [name for name in self.names if self.names.count(name) > 1]:
            raise TableError(f"duplicate column {twice[0]}")
        self._readable = {f.name for f in schema if not pa.types.is_nested(f.type)}

    def batches(
        self, names: Sequence[str], convert: Convert
    ) -> Iterator[tuple[int, Values | None]]:
        """Yield the size and converted columns of each batch; `None` if the batch is damaged.

        Every row that the footer declares is counted once.
        """
        for group in range(self._file.num_row_groups):
            left = self.metadata.row_group(group).num_rows
            for count, values in self._group(group, names, convert):
                left -= count
                yield count, values
            if left > 0:
                yield left, None

    def _group(
        self, group: int, names: Sequence[str], convert: Convert
    ) -> Iterator[tuple[int, Values]]:
        columns = [name for name in names if name in self._readable]
        try:
            for batch in self._file.iter_batches(_BATCH_ROWS, row_groups=[group], columns=columns):
                found = {name: _values(batch.column(name), convert) for name in columns}
                nested = [NO_VALUE] * batch.num_rows
                yield batch.num_rows, {name: found.get(name, nested) for name in names}
        except _DAMAGE:
            # The number of rows is known, so the remaining ones are counted as damaged.
            return


def _texts(schema: Any) -> list[str]:
    columns = (schema.column(number) for number in range(len(schema)))
    return [c.path for c in columns if c.physical_type == "BYTE_ARRAY" and "." not in c.path]


def _values(column: Any, convert: Convert) -> Sequence[Any]:
    """Return the values of a column, in Arrow if possible; else, equal texts share one object."""
    if (cells := as_cells(column)) is not None:
        return cells
    if pa.types.is_dictionary(column.type):
        known = [*_values(column.dictionary, convert), convert(None)]
        return [known[-1 if index is None else index] for index in column.indices.to_pylist()]
    try:
        return [convert(value) for value in column.to_pylist()]
    except _DAMAGE:
        return [_value(value, convert) for value in column]


def _value(value: Any, convert: Convert) -> Any:
    """Convert a single value; some, such as dates after the year 9999, cannot be converted."""
    try:
        return convert(value.as_py())
    except _DAMAGE:
        return NO_VALUE


def _line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__
