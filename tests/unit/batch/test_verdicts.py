"""A batch job accepts and refuses the values that the API accepts and refuses, in every format."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from modelfleet.catalogue import find, names
from modelfleet.spec.features import Column, ColumnKind, row_of
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.table_format import FileKind
from tests.unit.batch.test_batch import table
from tests.unit.batch.test_formats import scored


def probes(column: Column) -> Iterator[Any]:
    """Values at and beyond each rule of a column, and of other types."""
    yield None
    if column.kind is ColumnKind.CATEGORY:
        for name in column.categories[:2]:
            yield from (name, f" {name.upper()} ", f"{name}?")
        yield from ("x" * 64, "x" * 65, "x" * 1_000, "Zürich", 3)
        return
    low = 0.0 if column.minimum is None else column.minimum
    high = low + 1 if column.maximum is None else column.maximum
    yield from (int(low), int(high), low - 1, high + 1, (low + high) / 2 + 0.25, 1e300, -1e300)
    yield from ("many", "1 2", "x")


def answered(spec: ModelSpec, row: dict[str, Any]) -> dict[str, Any] | None:
    """The row that the API scores; `None` if it refuses the request."""
    try:
        return dict(row_of(spec.features.model_validate_json(json.dumps(row))))
    except ValidationError:
        return None


def cases(spec: ModelSpec) -> Iterator[tuple[str, Any]]:
    """Every probe of every column."""
    for column in spec.features.columns():
        for value in probes(column):
            yield column.name, value


@pytest.mark.parametrize("kind", [FileKind.JSONL, FileKind.JSON, FileKind.XLSX])
@pytest.mark.parametrize("model", names())
def test_typed_values_are_judged_alike(model: str, kind: FileKind) -> None:
    """The API's rule decides, and what is accepted has the same value."""
    spec = find(model)
    good = spec.features.example()
    rows = [good | {name: value} for name, value in cases(spec)]
    found = scored(spec, table([good, *rows], kind), f"t.{kind}", None)
    assert found[1:] == [answered(spec, row) for row in rows]


@pytest.mark.parametrize("model", names())
def test_columns_of_any_type_are_judged_alike(model: str) -> None:
    """All values of a Parquet column have one type, which may be another than the model's."""
    spec = find(model)
    good = spec.features.example()
    of_type: dict[tuple[str, type], list[dict[str, Any]]] = {}
    for name, value in cases(spec):
        of_type.setdefault((name, type(value)), []).append(good | {name: value})
    for case, rows in of_type.items():
        found = scored(spec, table(rows, FileKind.PARQUET), "t.parquet", None)
        assert found == [answered(spec, row) for row in rows], case


@pytest.mark.parametrize("model", names())
def test_texts_are_judged_as_what_they_say(model: str) -> None:
    """A number in a CSV is a number, and any text is a category."""
    spec = find(model)
    good = spec.features.example()
    categories = {c.name for c in spec.features.columns() if c.kind is ColumnKind.CATEGORY}
    rows = [good | {name: value} for name, value in cases(spec)]
    said = [
        row | {name: str(row[name]) for name in categories if row[name] is not None} for row in rows
    ]
    found = scored(spec, table([good, *rows], FileKind.CSV), "t.csv", None)
    assert found[1:] == [answered(spec, row) for row in said]
