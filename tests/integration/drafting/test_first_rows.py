"""The table of a new model is its first data set, and none of its rows is in the model's folder."""

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from cli import new_model
from cli.commands.models import check
from cli.datasets import first_dataset
from cli.datasets.first_dataset import FirstDataset
from cli.drafting import draft, source_text
from cli.drafting.draft import ModelDraft
from cli.local_cloud.layout import Layout
from cli.output.errors import FleetError
from modelfleet.drafting import limits
from modelfleet.drafting.table import PlanRequest
from modelfleet.spec.errors import DatasetError
from modelfleet.tables.table_format import AS_FOUND
from tests import tables
from tests.integration.drafting.conftest import forget
from tests.integration.drafting.made import run

ROWS, TARGET = 300, "quality"


def new(model: str, table: Path, *options: str) -> dict[str, Any]:
    """Make a model of a table, and take down what the command says."""
    arguments = ("new", model, "--csv", str(table), "--target", TARGET, "--yes", "--json")
    told: dict[str, Any] = json.loads(run(*arguments, *options).stdout)
    return told


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """Rows with names, numbers, and e-mail addresses of people."""
    return tables.write(tables.identified(ROWS), tmp_path, "identified")


@pytest.fixture(autouse=True)
def gone_afterwards(home: Path) -> Any:
    """Each test starts without models of its own."""
    yield
    for model in [each.name for each in home.iterdir()]:
        run("remove", model, "--yes")
    forget()


def test_the_table_is_kept_and_none_of_it_is_written(home: Path, table: Path) -> None:
    """Its rows passed the checks of `data load`; its folder names no person, number, or row."""
    told = new("firsta", table)
    assert told["first_data_set"]["rows"] == ROWS
    first = first_dataset.find(Layout(), "firsta")
    assert first is not None
    assert first.table.read_bytes() == table.read_bytes()
    assert home not in first.folder.parents
    written = "".join(file.read_text() for file in (home / "firsta").glob("*.py"))
    frame = tables.identified(ROWS)
    for name in ("Full name", "contact", "customer_id"):
        assert not [value for value in frame[name].astype(str) if value in written]


def test_the_next_commands_are_said(table: Path) -> None:
    """With the table and how it is read, for a stage that has no access to this machine."""
    command = ("new", "firsta", "--csv", str(table), "--target", TARGET, "--yes")
    text = run(*command, "--encoding", "utf-8").stderr
    assert f"kept the table as its first data set, outside of the repository: {ROWS} rows" in text
    assert "fleet check firsta\n" in text
    assert "fleet up\n" in text
    assert f"fleet data load firsta {table} --encoding utf-8 --stage dev\n" in text


def test_a_check_trains_on_it(table: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without `--csv`, as `fleet up` would, and read as `fleet new` read it."""
    new("firsta", table, "--encoding", "utf-8")
    asked: list[Any] = []

    def stop(*arguments: Any) -> None:
        asked.extend(arguments)
        raise FleetError("stopped")

    monkeypatch.setattr(check, "_checked", stop)
    with pytest.raises(FleetError, match="stopped"):
        run("check", "firsta")
    _spec, csv, options = asked
    assert csv.read_bytes() == table.read_bytes()
    assert options.encoding == "utf-8"


def test_a_table_that_could_not_be_loaded_makes_no_model(
    home: Path, table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is found later by `data load` is found now, and neither folder nor table is left."""

    def refuse(*_: Any) -> None:
        raise DatasetError("identified.csv: column age: predicts quality on its own")

    monkeypatch.setattr(FirstDataset, "load", refuse)
    with pytest.raises(FleetError, match=r"nothing was written.*predicts quality.*--drop"):
        new("firsta", table)
    assert list(home.iterdir()) == []
    assert first_dataset.find(Layout(), "firsta") is None


def test_a_large_table_is_checked_when_it_is_loaded(
    table: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reading it a second time would take as long as the first; its sample is small."""
    columns = table.read_text().splitlines()[0].count(",") + 1
    monkeypatch.setattr("cli.new_model._CHECKED_CELLS", (ROWS - 1) * columns)
    monkeypatch.setattr(limits, "PLANNED_ROWS_MAXIMUM", ROWS - 50)
    monkeypatch.setattr(limits, "PLANNED_ROWS_MINIMUM", ROWS - 50)
    assert new("firsta", table)["first_data_set"] is None
    assert first_dataset.find(Layout(), "firsta") is not None


def test_two_attempts_at_once_make_one_model(home: Path, table: Path, tmp_path: Path) -> None:
    """The folder and the table that is kept for it are of the same attempt."""
    other = tmp_path / "other" / "identified.csv"
    other.parent.mkdir()
    tables.identified(2 * ROWS, seed=2).to_csv(other, index=False)
    drafts = [(each, made(each)) for each in (table, other)]

    def write(each: Path, found: ModelDraft) -> int:
        new_model.write(found, each, source_text.render(found), AS_FOUND)
        return found.plan.rows

    with ThreadPoolExecutor() as pool:
        attempts = [pool.submit(write, *each) for each in drafts]
    (rows,) = [attempt.result() for attempt in attempts if attempt.exception() is None]
    (lost,) = [str(error) for attempt in attempts if (error := attempt.exception())]
    assert "model firsta already exists" in lost
    first = first_dataset.find(Layout(), "firsta")
    assert first is not None
    assert len(first.table.read_text().splitlines()) == rows + 1
    assert f"DEFAULT_ROWS = {rows}\n" in (home / "firsta" / "sample.py").read_text()


def made(table: Path) -> ModelDraft:
    """The draft of a model."""
    return draft.draft(draft.inspect(table, PlanRequest(model="firsta", target=TARGET)))


def test_a_removed_model_leaves_no_table(table: Path) -> None:
    """A later model of its name does not train on it."""
    new("firsta", table)
    run("remove", "firsta", "--yes")
    assert first_dataset.find(Layout(), "firsta") is None
    assert not list(Layout().root.rglob("*.csv"))
