"""Rows as Parquet files, byte for byte reproducible."""

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from modelfleet.datasets.manifest import Origin
from modelfleet.spec.features import ORIGIN, PROVENANCE
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.rows import Numbers, Row, Rows, Values


def to_parquet(spec: ModelSpec, rows: Sequence[Row], *, with_time: bool = False) -> bytes:
    """Write features in declaration order, then the target, and the group's hash if declared.

    Numbers become float64, categories and dates strings, and missing values nulls; a multiclass
    target is a string too. `with_time` adds the time, if declared.
    """
    found = Rows.of(spec, rows).columns
    time = spec.time_apart.column if spec.time_apart and not with_time else None
    names = [name for name in found if name != time]
    return _written({name: _array(found[name]) for name in names})


def to_dataset(rows: Rows) -> bytes:
    """Write the columns of `to_parquet` with the time, and the provenance of each row."""
    columns = {name: _array(values) for name, values in rows.columns.items()}
    for name in PROVENANCE:
        recorded = pa.array(rows.recorded(name), pa.string())
        if name == ORIGIN:
            recorded = recorded.fill_null(Origin.FILE.value)
        columns[name] = recorded
    return _written(columns)


def read_frame(content: bytes) -> pd.DataFrame:
    """Read a Parquet file as float64 columns with NaN, and object columns of str with `None`."""
    frame: pd.DataFrame = pq.read_table(BytesIO(content)).to_pandas()
    return frame


def read_columns(content: bytes) -> tuple[str, ...]:
    """Return the column names of a Parquet file."""
    return tuple(pq.read_schema(BytesIO(content)).names)


def read_arrays(content: bytes, columns: Iterable[str]) -> dict[str, Any]:
    """Return the named columns as Arrow arrays, null where a value is missing."""
    table = pq.read_table(BytesIO(content), columns=list(columns))
    return {name: table.column(name).combine_chunks() for name in table.column_names}


def _array(values: Values) -> Any:
    if isinstance(values, Numbers):
        return pa.array(values.array, from_pandas=True)
    codes = pa.array(values.codes, mask=values.codes < 0)
    return pa.array(values.names, pa.string()).take(codes)


def _written(columns: dict[str, Any]) -> bytes:
    content = BytesIO()
    pq.write_table(pa.table(columns), content)
    return content.getvalue()
