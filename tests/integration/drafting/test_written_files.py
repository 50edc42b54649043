"""What is written is code as the house writes it, and stays as it is until it is removed."""

import importlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cli.simulation.disturbances import Disturbances
from cli.simulation.rows import simulated_rows
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import Metric, Task
from tests import tables
from tests.integration.drafting.made import MadeModel, run

ROOT = Path(__file__).parents[3]
BIN = Path(sys.executable).parent


@pytest.fixture(scope="module")
def folder(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The models with the least usual headers and values, and one of each task."""
    for make in (tables.unicode, tables.brackets, tables.skewed, tables.graded):
        MadeModel.of(make, tmp_path_factory.mktemp("table"))
    return home


def checked(*command: str, **environment: str) -> None:
    """A program must find nothing wrong with the written files."""
    done = subprocess.run(
        [str(BIN / command[0]), *command[1:]],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_ruff_passes(folder: Path) -> None:
    """Rules and format are those of the repository."""
    checked("ruff", "check", "--config", "pyproject.toml", str(folder))
    checked("ruff", "format", "--check", "--config", "pyproject.toml", str(folder))


def test_ruff_passes_where_they_will_stand(folder: Path, tmp_path: Path) -> None:
    """Beside the other packages it sees what is of the house, which it does not see elsewhere."""
    layers = tmp_path / "layers"
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    shutil.copytree(folder, layers / "models")
    (layers / "modelfleet").symlink_to(ROOT / "layers" / "modelfleet")
    checked("ruff", "check", str(layers / "models"))


def test_mypy_passes(folder: Path) -> None:
    """Everything is typed."""
    checked("mypy", "--config-file", "pyproject.toml", *map(str, folder.rglob("*.py")),
            MYPYPATH=str(folder.parent))  # fmt: skip


def test_aliases_keep_the_tables_own_names(folder: Path) -> None:
    """Fields are what a person would call them, and columns what the file calls them."""
    spec = importlib.import_module("models.brackets.spec").SPEC
    fields = {name: field.alias or name for name, field in spec.features.model_fields.items()}
    assert fields == {
        "monthly_charges": "Monthly Charges ($)",
        "class_": "class",
        "months_since_start": "Months (since start)",
        "total_usd": "Total [USD]",
    }


def test_a_person_would_have_declared_it_so(folder: Path) -> None:
    """Types, categories, units in brackets, ranges in round numbers, gaps."""
    columns = {
        c.name: c for c in importlib.import_module("models.brackets.spec").SPEC.features.columns()
    }
    assert columns["class"].categories == ("monthly", "one year", "two years")
    months, total = columns["Months (since start)"], columns["Total [USD]"]
    assert (months.kind, months.minimum, months.maximum) == (ColumnKind.INTEGER, 0, 150)
    assert (total.kind, total.unit, total.nullable) == (ColumnKind.NUMBER, "USD", True)


def test_the_spec_fits_the_task(folder: Path) -> None:
    """A price gets an interval and its errors, a class its ranking and a threshold."""
    price = importlib.import_module("models.skewed.spec").SPEC
    left = importlib.import_module("models.unicode.spec").SPEC
    assert price.gate.primary is Metric.MAE
    assert price.target.minimum == 0
    assert left.gate.primary is Metric.ROC_AUC
    assert left.target.labels == ("нет", "да")
    assert 0.5 < left.gate.minimum[Metric.ROC_AUC] < 0.9


def test_the_spec_names_every_class(folder: Path) -> None:
    """Of more than two, log loss decides, and it must be below that of who knows shares alone."""
    grade = importlib.import_module("models.graded.spec").SPEC
    assert grade.task is Task.MULTICLASS
    assert grade.target.labels == ("extreme value", "high", "low", "middle")
    assert grade.gate.primary is Metric.LOG_LOSS
    assert 0.5 < grade.gate.minimum[Metric.ROC_AUC_OVR] < 0.9
    assert grade.gate.maximum[Metric.LOG_LOSS] <= 1.39
    (row,) = simulated_rows(grade, 1, 1, Disturbances())
    assert row.actual in grade.target.labels


def test_running_it_again_changes_nothing(folder: Path, tmp_path: Path) -> None:
    """The second time it is refused, and every byte is as it was."""
    before = {path: path.read_bytes() for path in folder.rglob("*.py")}
    table = tables.write(tables.skewed(300, seed=2), tmp_path, "skewed")
    with pytest.raises(Exception, match="model skewed already exists"):
        run("new", "skewed", "--csv", str(table), "--target", "price", "--yes")
    assert {path: path.read_bytes() for path in folder.rglob("*.py")} == before


def test_rows_may_be_split_by_time(home: Path, tmp_path: Path) -> None:
    """A column that says when becomes the spec's time, spelled as the file spells it."""
    table = tables.write(tables.dated(300), tmp_path, "dated")
    options = ("--target", "rent", "--time", "listed", "--yes", "--json")
    told = json.loads(run("new", "timed", "--csv", str(table), *options).stdout)
    importlib.invalidate_caches()
    spec = importlib.import_module("models.timed.spec").SPEC
    assert told["folder"] == str(home / "timed")
    assert spec.time.format == "%d.%m.%Y"
    drawn = importlib.import_module("models.timed.sample").sample(50, 1)
    days = [spec.time.read(row["listed"]) for row in drawn]
    assert "2022-03-01" <= min(days) < max(days) <= "2024-02-01"
