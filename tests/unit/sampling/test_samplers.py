"""Finding what draws a model's rows."""

from typing import Any

import numpy as np
import pytest
from pydantic import create_model

from modelfleet import catalogue
from modelfleet.catalogue import find, names
from modelfleet.sampling.samplers import from_schema, sampler
from modelfleet.spec.features import ColumnKind, Features, number
from modelfleet.spec.model import ModelSpec, Target
from modelfleet.statistics.leakage import predictive_power
from modelfleet.tables.validate import validate
from tests.fleet.beside import GRADED, beside_the_fleet


@pytest.fixture(scope="module", params=[*names(), GRADED])
def spec(request: pytest.FixtureRequest) -> Any:
    """Each model."""
    with beside_the_fleet():
        yield find(request.param)


def test_a_models_own_generator_is_taken(spec: ModelSpec) -> None:
    """With the number of rows that its real table has."""
    module: Any = catalogue.module(spec.name, "sample")
    assert sampler(spec).rows == module.DEFAULT_ROWS
    assert sampler(spec).draw(5, 1) == module.sample(5, 1)


def test_without_one_rows_come_from_the_schema(
    spec: ModelSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are valid, repeatable and have every column and class; numbers tell the target."""
    monkeypatch.setattr(catalogue, "module", lambda *_: None)
    found = sampler(spec)
    rows = found.draw(found.rows, 1)
    assert rows == found.draw(found.rows, 1)
    aside = (*spec.identifiers, *spec.known_afterwards, *spec.ignored)
    assert set(rows[0]) == {*spec.data_columns, *aside, *([spec.group] if spec.group else [])}
    known = ({name: row[name] for name in spec.data_columns} for row in rows)
    accepted = validate(spec, enumerate(known)).accepted
    assert len(accepted) == found.rows
    target = np.array([row[spec.target.column] for row in accepted])
    classes, codes = np.unique(target, return_inverse=True)
    if spec.outcomes:
        assert len(classes) == max(2, len(spec.classes))
    for column in spec.features.columns():
        if column.kind is not ColumnKind.CATEGORY:
            drawn = [row[column.name] for row in accepted]
            values = np.array(
                drawn if column.date is None else [column.date.days(text) for text in drawn],
                dtype=np.float64,
            )
            y = (codes if spec.outcomes else target).astype(np.float64)
            guess = 0.5 if spec.outcomes else 0.0
            assert predictive_power(values, y, spec.task) > guess + 0.1


def test_a_schema_can_be_shifted() -> None:
    """As any generator can."""
    spec = find("bankchurn")
    generator = from_schema(spec)
    usual, moved = generator.sample(spec, 50, 1), generator.sample(spec, 50, 1, {"Tenure": 3})
    assert [min(row["Tenure"] + 3, 60) for row in usual] == [row["Tenure"] for row in moved]


@pytest.mark.parametrize(
    ("kind", "low", "high"),
    [
        (float, 0, 5e-324),
        (float, -1e306, 1e306),
        (float, 0, 2e19),
        (float, 3, 3),
        (int, 3, 3),
        (int, -(2**63) + 1, 2**62),
    ],
)
def test_a_range_may_be_as_wide_or_narrow_as_numbers_are(
    kind: type, low: float, high: float
) -> None:
    """Rows of a schema lie within it."""
    declared = number("x", minimum=low, maximum=high, example=low)
    target = Target(column="y", description="y", minimum=low, maximum=high)
    spec = find("carvision").model_copy(
        update={
            "features": create_model("Wide", __base__=Features, x=(kind, declared)),
            "target": target,
            **dict.fromkeys(("identifiers", "known_afterwards", "ignored"), ()),
            "time": None,
        }
    )
    for row in from_schema(spec).sample(spec, 50, 1):
        assert low <= row["x"] <= high
        assert low <= row["y"] <= high
