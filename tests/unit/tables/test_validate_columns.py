"""A column's verdict is that of the rule for single rows, for every rule and type."""

from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import create_model, field_validator

from modelfleet.spec.features import (
    CLIENT,
    ORIGIN,
    PREDICTION_ID,
    Features,
    category,
    number,
    open_category,
)
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task
from modelfleet.spec.time_column import TimeColumn
from modelfleet.tables import validate_columns as module
from modelfleet.tables.columns.arrow_cells import ArrowCells
from modelfleet.tables.validate import ValidatedRows, validate, validated
from modelfleet.tables.validate_columns import validate_columns


class EveryRule(Features):
    """A field for each kind of column, with and without gaps."""

    share: float = number("Share", minimum=-0.5, maximum=1e6, example=0.5)
    count: int | None = number("Count", minimum=-3, maximum=1e17, example=4, nullable=True)
    half: int = number("With an alias", minimum=1, maximum=99, example=4, alias="half full")
    colour: Literal["red", "Blue", "NA"] = category("Colour", example="red")
    size: Literal["S", "s", "L"] | None = category("Size", example="S", nullable=True)
    town: str | None = open_category("Town", example="Pisa", nullable=True)


TARGETS = {
    Task.BINARY: Target(column="y", description="Outcome"),
    Task.MULTICLASS: Target(column="y", description="Outcome", labels=("Low", "Mid", "1")),
    Task.REGRESSION: Target(column="y", description="Outcome", minimum=-2, maximum=1e5),
}
MEASURES = {
    Task.BINARY: Metric.ROC_AUC,
    Task.MULTICLASS: Metric.ACCURACY,
    Task.REGRESSION: Metric.R2,
}
GOOD = {
    "share": "0.25", "count": "4", "half full": "7", "colour": "red", "size": "L", "town": "Pisa",
    "y": "1", "day": "2026-01-31",
}  # fmt: skip
NUMERALS = st.from_regex(r"\A[-+ ]?[0-9]{0,20}[.,]?[0-9]{0,20}([eE][-+]?[0-9]{1,4})?\Z")
TEXTS = st.one_of(
    NUMERALS,
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(repr),
    st.sampled_from(
        ["red", "RED", " blue", "Bleu", "S", "s", "l", "na", "NA", "none", "?", "yes", "No", "TRUE",
         "true", "off", "low", "Mid ", "1.0", "0", "inf", "-nan", "1_000", "0x1F", "٣", "½", "-0",
         "-0.0", "0.5", "99.5", "100000000000000000", "100000000000000001", "1e6", "1000000.1",
         "x" * 64, "x" * 65, "é" * 64, " " * 70, "a\x00b", "\x1f", "\u00a0", "2026-02-30",
         "2026-02-28 10:00", "2026-02-28T10:00:00+14:00", "31.01.2026", "0001-01-01T00:00+14:00"]
    ),
    st.text(max_size=70).filter(str.isprintable),
)  # fmt: skip
TYPED = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from([0.0, -0.0, 4.0, 4, 7, 2**53, 2.0**53 + 2, -0.5, 99.5, 10**17]),
    TEXTS,
)


def spec_of(task: Task, features: type[Features] = EveryRule, *, timed: bool = True) -> ModelSpec:
    """A model with every rule."""
    return ModelSpec(
        name="toy",
        title="Toy",
        description="A model of the tests.",
        task=task,
        target=TARGETS[task],
        features=features,
        metrics=(MEASURES[task],),
        gate=Gate(primary=MEASURES[task], margin=0.01),
        time=TimeColumn(column="day") if timed else None,
    )


def rows_from(values: st.SearchStrategy[Any]) -> st.SearchStrategy[list[dict[str, Any]]]:
    """Rows in which some values are anything."""
    changed = st.dictionaries(st.sampled_from(list(GOOD)), values, max_size=3)
    return st.lists(changed.map(lambda changes: GOOD | changes), min_size=1, max_size=8)


def columns_of(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    """The rows by column."""
    return {name: [row[name] for row in rows] for name in rows[0]}


def exact(found: ValidatedRows) -> Any:
    """All of a result, with the type and sign of each value."""
    # Integers beyond 2**53 are rounded, as in the stored file.
    return [repr(row) for row in found.accepted], found.rejected, dict(found.faults)


@pytest.mark.parametrize("task", Task)
@given(rows=rows_from(st.none() | TEXTS))
def test_texts_are_judged_as_in_rows(task: Task, rows: list[dict[str, Any]]) -> None:
    """Text in Arrow gives the rows, values, and messages of the rule for single rows."""
    spec = spec_of(task)
    cells = {name: ArrowCells(pa.array(c, pa.string())) for name, c in columns_of(rows).items()}
    found = validate_columns(spec, range(2, len(rows) + 2), cells)
    assert exact(found) == exact(validate(spec, enumerate(rows, start=2)))


@pytest.mark.parametrize("task", Task)
@given(rows=rows_from(TYPED))
def test_typed_values_are_judged_as_in_rows(task: Task, rows: list[dict[str, Any]]) -> None:
    """So do values of JSON, Parquet, and workbooks."""
    spec = spec_of(task)
    found = validate_columns(spec, range(2, len(rows) + 2), columns_of(rows))
    assert exact(found) == exact(validate(spec, enumerate(rows, start=2)))


@given(
    numbers=st.lists(
        st.none() | st.floats(allow_nan=False) | st.floats(-1, 5).map(float.__round__),
        min_size=1, max_size=8,
    )
)  # fmt: skip
def test_numbers_in_arrow_are_judged_as_in_rows(numbers: list[float | None]) -> None:
    """So do the float64 columns of a stored version."""
    spec = spec_of(Task.REGRESSION)
    rows = [
        GOOD | dict.fromkeys(("share", "count", "half full", "y"), number) for number in numbers
    ]
    array = ArrowCells(pa.array([None if n is None else float(n) for n in numbers], pa.float64()))
    columns = columns_of(rows) | dict.fromkeys(("share", "count", "half full", "y"), array)
    typed = [row | {n: v if v is None else float(v) for n, v in row.items() if n in columns
                    and isinstance(v, int | float)} for row in rows]  # fmt: skip
    found = validate_columns(spec, range(2, len(rows) + 2), columns)
    assert exact(found) == exact(validate(spec, enumerate(typed, start=2)))


def test_only_rows_that_may_break_a_rule_are_built(monkeypatch: pytest.MonkeyPatch) -> None:
    """A valid row is never validated on its own."""
    built: list[Any] = []
    true_rule = validated

    def counting(spec: ModelSpec, values: Any) -> Any:
        built.append(values)
        return true_rule(spec, values)

    monkeypatch.setattr(module, "validated", counting)
    rows = [GOOD] * 50 + [GOOD | {"colour": "green"}] + [GOOD] * 50
    found = validate_columns(spec_of(Task.BINARY), range(101), columns_of(rows))
    assert built == [GOOD | {"colour": "green"}]
    assert len(found.accepted) == 100
    assert [row.line for row in found.rejected] == [50]


def test_a_rule_of_the_models_own_is_kept() -> None:
    """A validator in the spec applies to files as it does to requests."""

    class Own(EveryRule):
        @field_validator("share")
        @classmethod
        def _not_a_quarter(cls, value: float) -> float:
            if value == 0.25:
                raise ValueError("no quarters")
            return value

    spec = spec_of(Task.BINARY, create_model("Child", __base__=Own))
    rows = [GOOD, GOOD | {"share": "0.5"}]
    found = validate_columns(spec, (2, 3), columns_of(rows))
    assert exact(found) == exact(validate(spec, enumerate(rows, start=2)))
    assert [row.line for row in found.rejected] == [2]


def test_the_provenance_of_a_row_stays_with_it() -> None:
    """Rows that are not from a file record where they are from, also behind a rejected row."""
    spec = spec_of(Task.BINARY)
    told = {ORIGIN: "feedback", PREDICTION_ID: "a", CLIENT: None}
    rows: list[dict[str, Any]] = [GOOD | {"y": "?"}, GOOD, GOOD | told | {"half full": " 7"}]
    provenance = np.empty(3, dtype=object)
    provenance[2] = told
    cells = {name: values for name, values in columns_of(rows).items() if name not in told}
    found = validate_columns(spec, (1, 2, 3), cells, provenance)
    assert exact(found) == exact(validate(spec, enumerate(rows, start=1)))
    assert [ORIGIN in row for row in found.accepted] == [False, True]
