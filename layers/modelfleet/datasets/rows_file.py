"""Rows as Parquet files, byte for byte reproducible."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modelfleet.datasets.manifest import Origin
from modelfleet.spec.features import GROUP, ORIGIN, PROVENANCE, ColumnKind
from modelfleet.spec.model import ModelSpec


def to_parquet(
    spec: ModelSpec, rows: Sequence[dict[str, Any]], *, with_time: bool = False
) -> bytes:
    """Write features in declaration order, then the target, and the group's hash if declared.

    Numbers become float64, categories strings, and missing values nulls; a multiclass target is a
    string too. `with_time` adds the time, if declared.
    """
    times = _time(spec) if with_time else ()
    schema = pa.schema([*_fields(spec), *((name, pa.string()) for name in (*times, *_group(spec)))])
    return _written(_columns(schema, rows, {GROUP: None}), schema)


def to_dataset(spec: ModelSpec, rows: Sequence[dict[str, Any]]) -> bytes:
    """Write the columns of `to_parquet` with the time, and the provenance of each row."""
    texts = [(name, pa.string()) for name in (*_time(spec), *_group(spec), *PROVENANCE)]
    schema = pa.schema([*_fields(spec), *texts])
    defaults = {**dict.fromkeys((GROUP, *PROVENANCE)), ORIGIN: Origin.FILE.value}
    return _written(_columns(schema, rows, defaults), schema)


def read_frame(content: bytes) -> pd.DataFrame:
    """Read a Parquet file as float64 columns with NaN, and object columns of str with `None`."""
    frame: pd.DataFrame = pq.read_table(BytesIO(content)).to_pandas()
    return frame


def read_columns(content: bytes) -> tuple[str, ...]:
    """Return the column names of a Parquet file."""
    return tuple(pq.read_schema(BytesIO(content)).names)


def read_rows(content: bytes, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Yield rows of the named columns, `None` where a value is missing."""
    yield from pq.read_table(BytesIO(content), columns=list(columns)).to_pylist()


def _time(spec: ModelSpec) -> tuple[str, ...]:
    return (spec.time.column,) if spec.time else ()


def _group(spec: ModelSpec) -> tuple[str, ...]:
    return (GROUP,) if spec.group else ()


def _fields(spec: ModelSpec) -> list[tuple[str, pa.DataType]]:
    fields = [
        (column.name, pa.string() if column.kind is ColumnKind.CATEGORY else pa.float64())
        for column in spec.features.columns()
    ]
    return [*fields, (spec.target.column, pa.string() if spec.classes else pa.float64())]


def _columns(
    schema: pa.Schema, rows: Sequence[dict[str, Any]], defaults: Mapping[str, str | None]
) -> dict[str, list[Any]]:
    return {
        name: [row.get(name, defaults[name]) if name in defaults else row[name] for row in rows]
        for name in schema.names
    }


def _written(columns: dict[str, list[Any]], schema: pa.Schema) -> bytes:
    content = BytesIO()
    pq.write_table(pa.table(columns, schema=schema), content)
    return content.getvalue()
