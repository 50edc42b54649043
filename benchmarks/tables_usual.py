"""The usual ways of reading and validating the benchmark's table: pandas with pandera, and Polars.

Both check the types, ranges, categories, and lengths that the benchmark's spec declares, and that
nothing is missing, and return the valid rows.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from modelfleet.spec.categories import CATEGORY_LENGTH
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec

_FLAG = (0, 1)


def pandera_rows(spec: ModelSpec, path: Path) -> int:
    """Return the number of valid rows by pandas and pandera."""
    import pandas as pd  # noqa: PLC0415  # each way is measured in a process without the others
    import pandera.pandas as pa  # noqa: PLC0415  # as above

    def declared(column: Column) -> pa.Column:
        if column.kind is not ColumnKind.CATEGORY:
            kind = int if column.kind is ColumnKind.INTEGER else float
            return pa.Column(kind, pa.Check.in_range(column.minimum, column.maximum))
        if column.categories:
            return pa.Column(str, pa.Check.isin(column.categories))
        return pa.Column(str, pa.Check.str_length(1, CATEGORY_LENGTH))

    columns = {column.name: declared(column) for column in spec.features.columns()}
    target = {spec.target.column: pa.Column(int, pa.Check.isin(_FLAG))}
    found = pa.DataFrameSchema(columns | target).validate(pd.read_csv(path), lazy=True)
    return len(found)


def polars_rows(spec: ModelSpec, path: Path) -> int:
    """Return the number of valid rows by Polars."""
    import polars as pl  # noqa: PLC0415  # as above

    def is_valid(column: Column) -> pl.Expr:
        values = pl.col(column.name)
        if column.kind is not ColumnKind.CATEGORY:
            return values.is_between(pl.lit(column.minimum), pl.lit(column.maximum))
        if column.categories:
            return values.is_in(column.categories)
        return values.str.len_chars().is_between(1, CATEGORY_LENGTH)

    features = spec.features.columns()
    types = {ColumnKind.NUMBER: pl.Float64, ColumnKind.INTEGER: pl.Int64}
    schema = {column.name: types.get(column.kind, pl.String) for column in features}
    rows = pl.read_csv(path, schema_overrides={**schema, spec.target.column: pl.Int64})
    rules = [is_valid(column) for column in features]
    target = pl.col(spec.target.column).is_in(_FLAG)
    # A missing value satisfies no rule.
    return len(rows.filter(pl.all_horizontal([*rules, target])))


IMPORTED = {"pandera": "pandera.pandas", "polars": "polars"}
USUAL: Mapping[str, Callable[[ModelSpec, Path], int]] = {
    "pandera": pandera_rows,
    "polars": polars_rows,
}
