"""Rows as parquet files: the same rows give the same bytes."""

from collections.abc import Iterable, Iterator, Sequence
from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modelfleet.domain.features import ColumnKind
from modelfleet.domain.spec import ModelSpec


def to_parquet(spec: ModelSpec, rows: Sequence[dict[str, Any]]) -> bytes:
    """Write features in their declared order, then the target.

    Numbers become float64, categories strings, missing values nulls.
    """
    schema = _schema(spec)
    table = pa.table({name: _column(name, rows, schema) for name in schema.names}, schema=schema)
    content = BytesIO()
    pq.write_table(table, content)
    return content.getvalue()


def read_frame(content: bytes) -> pd.DataFrame:
    """Read a parquet file: float64 with NaN, and object columns of str with `None`."""
    frame: pd.DataFrame = pq.read_table(BytesIO(content)).to_pandas()
    return frame


def read_columns(content: bytes) -> tuple[str, ...]:
    """Which columns a parquet file has."""
    return tuple(pq.read_schema(BytesIO(content)).names)


def read_rows(content: bytes, columns: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Read the named columns row by row, `None` where a value is missing."""
    yield from pq.read_table(BytesIO(content), columns=list(columns)).to_pylist()


def _schema(spec: ModelSpec) -> pa.Schema:
    fields = [
        (column.name, pa.string() if column.kind is ColumnKind.CATEGORY else pa.float64())
        for column in spec.features.columns()
    ]
    return pa.schema([*fields, (spec.target.column, pa.float64())])


def _column(name: str, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> pa.Array:
    return pa.array([row[name] for row in rows], type=schema.field(name).type)
