"""What holds of every declaration in the catalogue."""

import ast
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from modelfleet.catalogue import find, folder, names
from modelfleet.spec.features import ColumnKind, row_of
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.task import Task
from tests.fleet.beside import GRADED

ALLOWED = ("datetime", "typing", "pydantic", "modelfleet.spec")
FORBIDDEN = ("numpy", "pandas", "sklearn", "scipy", "xgboost", "imblearn", "mlflow", "boto3")


@pytest.fixture(params=[*names(), GRADED])
def spec(request: pytest.FixtureRequest) -> ModelSpec:
    """Each declaration."""
    return find(request.param)


def imported(file: Path) -> set[str]:
    """The modules that a file names in its imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(node.module or "")
    return found


def test_the_spec_imports_pydantic_and_the_domain_alone(spec: ModelSpec) -> None:
    """Infrastructure reads specs, so they reach no library of training or serving."""
    file = folder(spec.name) / "spec.py"
    wrong = {name for name in imported(file) if not name.startswith(ALLOWED)}
    assert wrong == set()


def test_reading_the_fleet_loads_no_heavy_library() -> None:
    """A fresh process that reads every declaration has not imported a model library."""
    code = (
        "import sys; from modelfleet.catalogue import catalogue; assert catalogue(); "
        f"print([name for name in {FORBIDDEN!r} if name in sys.modules])"
    )
    answer = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert answer.stdout.strip() == "[]"


def test_the_example_is_valid(spec: ModelSpec) -> None:
    """What the documentation shows can be sent."""
    row = spec.features.model_validate(spec.features.example())
    assert row_of(row) == spec.features.example()


def properties(spec: ModelSpec) -> dict[str, Any]:
    """The fields of the JSON schema."""
    found: dict[str, Any] = spec.features.model_json_schema()["properties"]
    return found


def test_the_schema_describes_every_field(spec: ModelSpec) -> None:
    """Each field has a description and an example, and refuses what is not named."""
    for name, field in properties(spec).items():
        assert field["description"], name
        assert len(field["examples"]) == 1, name
    assert spec.features.model_json_schema()["additionalProperties"] is False


def test_numbers_have_ranges_and_categories_values(spec: ModelSpec) -> None:
    """What a column may hold is declared, and its example lies within."""
    for column in spec.features.columns():
        if column.kind is ColumnKind.CATEGORY:
            assert not column.categories or column.example in column.categories, column.name
        elif column.kind is not ColumnKind.DATE:
            assert column.minimum is not None, column.name
            assert column.maximum is not None, column.name
            assert column.minimum <= float(column.example) <= column.maximum, column.name


def test_only_nullable_columns_may_be_left_out(spec: ModelSpec) -> None:
    """The schema requires exactly the columns that have no gaps."""
    required = set(spec.features.model_json_schema().get("required", []))
    assert required == {c.name for c in spec.features.columns() if not c.nullable}


def test_identifiers_and_leaks_are_no_features(spec: ModelSpec) -> None:
    """What names a person or tells the answer never reaches a model."""
    features = {column.name for column in spec.features.columns()}
    aside = {*spec.identifiers, *spec.known_afterwards, *spec.ignored, spec.target.column}
    assert features.isdisjoint(aside)


def test_the_gate_catches_a_model_that_learned_nothing(spec: ModelSpec) -> None:
    """A coin, or the mean, does not reach the absolute minimum."""
    metric, value = {
        Task.BINARY: ("roc_auc", 0.5),
        Task.MULTICLASS: ("roc_auc_ovr", 0.5),
        Task.REGRESSION: ("r2", 0.0),
    }[spec.task]
    limits = {str(name): limit for name, limit in spec.gate.minimum.items()}
    assert limits[metric] > value


@pytest.mark.parametrize(
    ("name", "identifiers", "afterwards"),
    [
        ("bankchurn", {"RowNumber", "CustomerId", "Surname"}, set()),
        ("carvision", set(), {"days_listed"}),
        ("leads", set(), {"duration"}),
        ("telecom", set(), set()),
    ],
)
def test_known_identifiers_and_leaks_are_set_aside(
    name: str, identifiers: set[str], afterwards: set[str]
) -> None:
    """The columns that the real files hold and no model may see are declared as such."""
    assert set(find(name).identifiers) == identifiers
    assert set(find(name).known_afterwards) == afterwards
