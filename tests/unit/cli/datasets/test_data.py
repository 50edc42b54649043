"""`fleet data`, with a lake in memory."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from cli.datasets.samples import write_sample
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.record import CapturedPrediction, write_capture
from modelfleet.catalogue import find
from modelfleet.outcomes.report import Feedback
from modelfleet.spec.errors import DatasetError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

MODEL = "telecom"
ROWS = 400


class MemoryCloud:
    """A stage whose buckets are in memory."""

    def __init__(self) -> None:
        self._store = memory_store()

    def store(self, _bucket: object) -> ObjectStore:
        """The lake."""
        return self._store

    def group_key(self) -> bytes:
        """The stage's secret key."""
        return b"a secret"


@pytest.fixture(autouse=True)
def cloud(monkeypatch: pytest.MonkeyPatch) -> MemoryCloud:
    """Every stage is the same empty one."""
    memory = MemoryCloud()
    monkeypatch.setattr(Cloud, "connect", lambda *_: memory)
    return memory


def run(*arguments: str) -> Result:
    """Run a command; raise its error."""
    return CliRunner().invoke(app, ["data", *arguments], catch_exceptions=False)


@pytest.fixture
def versions(tmp_path: Path) -> list[str]:
    """Two loaded versions, older first."""
    found = []
    for seed in (1, 2):
        path = write_sample(MODEL, tmp_path / f"{seed}.csv", seed=seed, rows=ROWS)
        found.append(json.loads(run("load", MODEL, str(path), "--json").stdout)["version"])
    return found


def test_load_prints_the_manifest(tmp_path: Path) -> None:
    """JSON contains the version's whole manifest."""
    path = write_sample(MODEL, tmp_path / "data.csv", seed=1, rows=ROWS)
    done = run("load", MODEL, str(path), "--json")
    manifest = json.loads(done.stdout)
    assert done.exit_code == 0
    assert (manifest["rows"], manifest["source"]) == (ROWS, "data.csv")
    assert manifest["sha256"].startswith(manifest["version"])
    assert manifest["declaration"][0]["name"] == "calls"


def test_generated_rows_are_marked(tmp_path: Path) -> None:
    """Rows loaded with --generated are shown as such."""
    path = write_sample(MODEL, tmp_path / "data.csv", seed=1, rows=ROWS)
    assert json.loads(run("load", MODEL, str(path), "--generated", "--json").stdout)["generated"]
    assert "data.csv, generated" in run("show", MODEL).stdout


def test_load_prints_warnings(tmp_path: Path) -> None:
    """Warnings are printed, one per line."""
    path = write_sample(MODEL, tmp_path / "data.csv", seed=1, rows=ROWS)
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, *lines[1:]]))
    text = run("load", MODEL, str(path)).stdout
    assert f"warning: {ROWS} of {2 * ROWS} rows (50.0%) repeat another one" in text


def test_load_says_why_rows_were_rejected(tmp_path: Path) -> None:
    """By reason, with the line of an example, and never with a value."""
    path = write_sample(MODEL, tmp_path / "data.csv", seed=1, rows=ROWS)
    header, *rows = path.read_text().splitlines()
    first, target = header.split(",")[0], header.split(",")[-1]
    bad = [f"secret{row[row.index(',') :]}" for row in rows[:2]]
    odd = f"{rows[2].rpartition(',')[0]},private"
    path.write_text("\n".join([header, rows[0], *bad, odd, *rows[3:]]))
    text = run("load", MODEL, str(path)).stdout
    reasons = [line for line in text.splitlines() if " on line " in line or "(1 row, " in line]
    assert reasons[0].startswith(f"  {first}: ")
    assert reasons[0].endswith("(2 rows, the first on line 3)")
    assert any(r.startswith(f"  {target}: ") and r.endswith("(1 row, line 5)") for r in reasons)
    assert "secret" not in text
    assert "private" not in text
    assert "the first on line 3" in run("show", MODEL).stdout


def test_list_shows_every_version(versions: list[str]) -> None:
    """A star marks the newest version, and each names its parent."""
    text = run("list", MODEL).stdout
    old, new = versions
    assert f"{new} *" in text
    assert f"{old} *" not in text
    found = json.loads(run("list", MODEL, "--json").stdout)
    assert found["newest"] == new
    assert {v["version"]: v["parent"] for v in found["versions"]} == {new: old, old: None}


def test_show_defaults_to_the_newest(versions: list[str]) -> None:
    """A prefix of a version is enough."""
    old, new = versions
    assert json.loads(run("show", MODEL, "--json").stdout)["manifest"]["version"] == new
    shown = json.loads(run("show", MODEL, old[:6], "--json").stdout)
    assert shown["manifest"]["version"] == shown["report"]["version"] == old


@pytest.mark.usefixtures("versions")
def test_show_prints_a_table_and_writes_a_page(tmp_path: Path) -> None:
    """The table has each column's statistics, and --page writes the report."""
    page = tmp_path / "report.html"
    text = run("show", MODEL, "--page", str(page)).stdout
    assert all(column in text for column in ("calls", "minutes", "messages", "mb_used"))
    assert page.read_text().startswith("<!doctype html>")


def test_show_has_how_the_file_was_read(tmp_path: Path) -> None:
    """With examples of cells and of what was read, in the table and on the page."""
    path = write_sample(MODEL, tmp_path / "data.csv", seed=1, rows=ROWS)
    header, *rows = path.read_text().splitlines()
    path.write_text("\n".join([header, *rows]).replace(",", ";").replace(".", ","))
    run("load", MODEL, str(path))
    page = tmp_path / "report.html"
    text = run("show", MODEL, "--page", str(page)).stdout
    assert "read as  delimited text, utf-8, divided by semicolons" in text
    (minutes,) = [line for line in text.splitlines() if line.startswith("minutes\tnumber")]
    _, told, examples = minutes.split("\t")
    assert "decimal comma" in told
    pairs = [pair.split(" → ") for pair in examples.split("; ")]
    assert len(pairs) == 3
    for before, after in pairs:
        assert re.fullmatch(r"\d+,\d+", before)
        assert after == before.replace(",", ".")
    for shown in (*pairs[0], "decimal comma", "divided by semicolons"):
        assert shown in page.read_text()


def test_diff_compares_two_versions(versions: list[str]) -> None:
    """Rows, classes, and columns are compared."""
    text = run("diff", MODEL, *versions).stdout
    assert f"{ROWS} added, {ROWS} removed, 0 in both" in text
    assert "positive" in text
    found = json.loads(run("diff", MODEL, *versions, "--json").stdout)
    assert (found["before"], found["after"]) == tuple(versions)
    assert len(found["columns"]) == 5


@pytest.mark.parametrize("arguments", [("show", MODEL), ("diff", MODEL, "a", "b")])
def test_without_data_the_error_says_what_to_do(arguments: tuple[str, ...]) -> None:
    """The error contains the command to load data."""
    with pytest.raises(DatasetError, match="fleet data l"):
        run(*arguments)


def test_each_help_has_an_example() -> None:
    """The help of every command has an example."""
    for command in ("load", "list", "show", "diff"):
        assert f"Example: fleet data {command}" in run(command, "--help").stdout


def test_join_creates_a_version(versions: list[str], cloud: MemoryCloud) -> None:
    """Predictions with outcomes become new rows; without any, the error says what to do."""
    with pytest.raises(FleetError, match="no outcomes have been reported"):
        run("join", MODEL)
    lake = cloud.store(None)
    spec = find(MODEL)
    now = datetime.now(UTC)
    prediction = CapturedPrediction(
        prediction_id="one",
        request_id="request",
        timestamp=now - timedelta(minutes=5),
        model=MODEL,
        version="1",
        variant="champion",
        latency_ms=1.0,
        features=spec.features.example(),
        output={"label": 1},
    )
    outcome = Feedback(
        prediction_id="one", model=MODEL, actual=1.0, received_at=now, request_id="request"
    )
    day = prediction.timestamp.date().isoformat()
    lake.put(keys.feedback(MODEL, day, "one"), outcome.model_dump_json().encode())
    with pytest.raises(FleetError, match="none of 1 reported outcomes"):
        run("join", MODEL)
    lake.put(f"{keys.captures(MODEL, day)}/part.jsonl", write_capture(prediction).encode())
    joined = json.loads(run("join", MODEL, "--json").stdout)
    assert (joined["labelled"], joined["unmatched"]) == (1, 0)
    assert (joined["parent"], joined["rows"]) == (versions[1], ROWS + 1)
    assert "joined 1, outcomes without a prediction: 0" in run("join", MODEL).stdout
