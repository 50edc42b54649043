"""`fleet columns`: what a model accepts, what was refused, and accepting it."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet import catalogue
from modelfleet.datasets.data_report import DataReport, RefusedRows
from modelfleet.datasets.manifest import REPORT_FILE
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.errors import UnknownModelError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.watching import SPEC, World, sampled


class MemoryCloud:
    """A stage with a single bucket, in memory."""

    def __init__(self, lake: ObjectStore) -> None:
        self.lake = lake

    def store(self, _bucket: object) -> ObjectStore:
        """The lake bucket."""
        return self.lake


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """A model with 80 predictions and 20 refused requests within the last day."""
    made = World(now=datetime.now(UTC) - timedelta(minutes=1))
    made.predict(sampled(80, seed=2), "7", hours=0)
    made.refuse("Italy", rows=20, hours=0)
    monkeypatch.setattr(Cloud, "connect", lambda *_: MemoryCloud(made.lake))
    return made


@pytest.fixture
def spec_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the model's declaration, which may be edited."""
    file = tmp_path / "spec.py"
    file.write_bytes((catalogue.folder(SPEC.name) / "spec.py").read_bytes())
    monkeypatch.setattr(catalogue, "folder", lambda _: tmp_path)
    return file


def run(*arguments: str) -> Result:
    """Run a command; raise its error."""
    return CliRunner().invoke(app, ["columns", *arguments], catch_exceptions=False)


def test_refused_values_of_requests_are_shown(world: World) -> None:
    """With their share, and the command that accepts them; `show` need not be typed."""
    told = run(SPEC.name).stdout
    assert "France, Germany, Spain" in told
    line = "Geography: 'Italy' in 20.0% of requests (20 rows) was refused; accept it with: "
    assert f"{line}fleet columns accept bankchurn Geography Italy" in told
    document = json.loads(run("show", SPEC.name, "--json").stdout)
    found = {column["name"]: column for column in document["columns"]}
    assert found["Geography"]["unseen"] == "refuse"
    assert found["Geography"]["refused"] == [
        {"source": "requests", "value": "Italy", "rows": 20, "share": 0.2, "proposed": True}
    ]
    assert found["Age"]["refused"] == []
    assert document["refused_known"] is True


def test_refused_values_of_data_are_shown(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of the newest data set, unless they are accepted by now."""
    refused = tuple(
        RefusedRows(column="Geography", value=value, rows=rows)
        for value, rows in (("Malta", 50), ("Spain", 20))
    )
    report = DataReport(
        model=SPEC.name, version="v1", previous=None, source="t.csv", created_at=world.now,
        rows=930, rows_before=None, rejected=70, positive_share=0.2, findings=(), columns=(),
        refused=refused,
    )  # fmt: skip
    folder = keys.dataset(SPEC.name, "v1")
    world.lake.put(f"{folder}/{REPORT_FILE}", report.model_dump_json().encode())
    monkeypatch.setattr(DatasetStore, "newest", lambda _: "v1")
    document = json.loads(run(SPEC.name, "--json").stdout)
    found = {column["name"]: column["refused"] for column in document["columns"]}
    assert [(each["source"], each["value"], each["share"]) for each in found["Geography"]] == [
        ("requests", "Italy", 0.2),
        ("data", "Malta", 0.05),
    ]


def test_columns_are_shown_without_a_cloud(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the spec declares is known all the same."""

    def refuse(*_: object) -> None:
        raise FleetError("the local cloud is not running")

    monkeypatch.setattr(Cloud, "connect", refuse)
    result = run(SPEC.name, "--json")
    assert json.loads(result.stdout)["refused_known"] is False
    assert "the local cloud is not running" in result.stderr
    with pytest.raises(FleetError):
        run(SPEC.name, "--stage", "dev")


def test_a_value_is_accepted_once(spec_file: Path) -> None:
    """The second time changes nothing, and neither does another spelling of a category."""
    before = spec_file.read_text()
    made = json.loads(run("accept", SPEC.name, "Geography", " Italy ", "--json").stdout)
    assert (made["value"], made["added"], made["file"]) == ("Italy", True, str(spec_file))
    after = spec_file.read_text()
    assert after.replace(', "Italy"', "") == before
    told = run("accept", SPEC.name, "Geography", "FRANCE").stdout
    assert told == (
        "bankchurn: Geography already accepts 'FRANCE' as 'France'; nothing is changed\n"
    )
    assert spec_file.read_text() == after


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("Geograpy", "Italy"), "no column 'Geograpy'; did you mean Geography"),
        (("Exited", "maybe"), "Exited is the target"),
        (("Age", "Italy"), "Age lists no categories: it is a column of kind integer"),
        (("Geography", " "), "cannot be a category"),
        (("Geography", "x" * 65), "cannot be a category"),
        (("Geography", "a\nb"), r"'a\\nb' cannot be a category"),
        (("Geography", "\u202eevil"), "cannot be a category"),
    ],
)
def test_what_cannot_be_accepted_is_refused(
    spec_file: Path, arguments: tuple[str, str], says: str
) -> None:
    """With the reason; the file is unchanged."""
    before = spec_file.read_bytes()
    with pytest.raises(FleetError, match=says):
        run("accept", SPEC.name, *arguments)
    assert spec_file.read_bytes() == before


def test_an_unknown_model_is_an_error() -> None:
    """With the closest name."""
    with pytest.raises(UnknownModelError, match="did you mean bankchurn"):
        run("bankchrn")


@pytest.mark.parametrize("command", [(), ("show",), ("accept",)])
def test_the_help_has_an_example(command: tuple[str, ...]) -> None:
    """As that of every command."""
    assert "Example: fleet columns" in run(*command, "--help").stdout
