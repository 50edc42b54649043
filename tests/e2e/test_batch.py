"""Bulk scoring on the deployed local cloud: exact counts, the API's answers, and a resume."""

import csv
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from cli.cloud import Cloud
from cli.datasets.samples import write_sample
from modelfleet.adapters.object_store import BucketObjectStore
from modelfleet.batch.job import BatchRequest
from modelfleet.batch.job_files import BatchJob
from modelfleet.batch.split import split_batch
from modelfleet.catalogue import find
from modelfleet.resource_names import Output
from modelfleet.spec.features import ColumnKind
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import FileKind
from tests.e2e.conftest import MODEL, Fleet

pytestmark = pytest.mark.e2e

ROWS = 5_000
BAD = {2: ("Geography", "Atlantis"), 1_700: ("Age", "7"), 4_999: ("Balance", "plenty")}
COMPARED = 500
PARTS = 5


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CSV of 5,000 rows as people have it, three of which break the schema."""
    path = write_sample(MODEL, tmp_path_factory.mktemp("batch") / "in.csv", rows=ROWS, seed=7)
    rows = _read(path)
    for number, (name, value) in BAD.items():
        rows[number - 1][name] = value
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def test_a_table_is_scored_as_the_api_scores_it(
    fleet: Fleet,
    http: httpx.Client,
    table: Path,
    tmp_path: Path,
    second_release: dict[str, Any],
) -> None:
    """Counts are exact, each bad row has its number and reason, and results are the API's."""
    assert second_release["champion"]
    target = tmp_path / "out.csv"
    command = ("batch", MODEL, "--in", str(table), "--out", str(target), "--carry", "customerid")
    found = fleet.ask(*command, "--json")
    assert (found["read"], found["scored"], found["failed"]) == (ROWS, ROWS - len(BAD), len(BAD))
    errors = [json.loads(line) for line in Path(found["errors"]).read_text().splitlines()]
    assert {error["row"]: error["reasons"][0].split(":")[0] for error in errors} == {
        number: name for number, (name, _) in BAD.items()
    }
    results = {int(result["row"]): result for result in _read(target)}
    customers = {number: row["CustomerId"] for number, row in enumerate(_read(table), start=1)}
    for record in (*results.values(), *errors):
        assert record["CustomerId"] == customers[int(record["row"])]
    assert set(found["ignored"]) == {"RowNumber", "Surname", "Exited"}
    assert set(results) == set(range(1, ROWS + 1)) - set(BAD)
    _compare(http, found["version"], _read(table), results)


def test_a_job_goes_from_bucket_to_bucket(
    fleet: Fleet, cloud: Cloud, table: Path, second_release: dict[str, Any]
) -> None:
    """Input and results may be objects, in another format than each other."""
    assert second_release["champion"]
    lake = cloud.store(Output.LAKE_BUCKET)
    bucket = cloud.output(Output.LAKE_BUCKET)
    lake.put("elsewhere/in.csv", table.read_bytes())
    found = fleet.ask(
        "batch",
        MODEL,
        "--in",
        f"s3://{bucket}/elsewhere/in.csv",
        "--out",
        f"s3://{bucket}/elsewhere/out.jsonl",
        "--json",
    )
    lines = lake.get("elsewhere/out.jsonl").content.splitlines()
    assert len(lines) == found["scored"] == ROWS - len(BAD)
    assert found["errors"] == f"s3://{bucket}/elsewhere/out.jsonl.errors.jsonl"
    assert len(lake.get("elsewhere/out.jsonl.errors.jsonl").content.splitlines()) == len(BAD)


def test_a_part_that_fails_once_is_resumed(
    fleet: Fleet, cloud: Cloud, table: Path, tmp_path: Path, second_release: dict[str, Any]
) -> None:
    """The other parts are scored in spite of it; the resume scores that part and no other."""
    assert second_release["champion"]
    lake, job = _cut(cloud, table)
    broken = job.part(2)
    part = lake.get(broken).content
    lake.put(broken, b"not JSON")
    resume = ("batch", MODEL, "--resume", job.job, "--out", str(tmp_path / "out.csv"), "--json")

    failed = fleet.run(*resume)
    assert failed.returncode == 1
    assert f"1 of {PARTS} parts are not scored" in failed.stderr
    assert f"--resume {job.job}" in failed.stderr
    before = {key: lake.get(key).etag for key in lake.keys(job.finished_parts)}
    assert len(before) == PARTS - 1
    # Were one of them scored again, it would fail now.
    for number in (0, 1, 3, 4):
        lake.put(job.part(number), b"not JSON")

    lake.put(broken, part)
    found = fleet.ask(*resume)
    assert (found["read"], found["scored"], found["failed"]) == (ROWS, ROWS - len(BAD), len(BAD))
    assert found["job"] == job.job


def test_an_input_that_cannot_be_used_is_one_line(
    fleet: Fleet, tmp_path: Path, second_release: dict[str, Any]
) -> None:
    """The line names the columns that are missing."""
    assert second_release["champion"]
    file = tmp_path / "bad.csv"
    file.write_text("CreditScore,Age\n600,40\n")
    failed = fleet.run("batch", MODEL, "--in", str(file), "--out", str(tmp_path / "out.csv"))
    assert failed.returncode == 1
    assert "columns Geography, Gender" in failed.stderr
    assert "are missing" in failed.stderr
    assert "Traceback" not in failed.stderr


def _cut(cloud: Cloud, table: Path) -> tuple[ObjectStore, BatchJob]:
    """A job whose input is cut into five parts already."""
    lake, artifacts = cloud.store(Output.LAKE_BUCKET), cloud.store(Output.ARTIFACTS_BUCKET)
    assert isinstance(lake, BucketObjectStore)
    job = BatchJob(MODEL, "five-parts")
    request = BatchRequest(
        model=MODEL,
        job=job.job,
        input_format=FileKind.CSV,
        output_format=FileKind.CSV,
    )
    lake.put(job.input(FileKind.CSV), table.read_bytes())
    plan = split_batch(find(MODEL), request, lake, artifacts, part_rows=ROWS // PARTS)
    assert len(plan.parts) == PARTS
    return lake, job


def _compare(
    http: httpx.Client,
    version: str,
    rows: list[dict[str, str]],
    results: dict[int, dict[str, str]],
) -> None:
    numbers = [number for number in sorted(results) if number <= COMPARED]
    answer = http.post(
        f"/{MODEL}/predict/batch", json={"instances": [_request(rows[n - 1]) for n in numbers]}
    )
    assert answer.status_code == httpx.codes.OK, answer.text
    body = answer.json()
    assert body["version"] == version
    for number, prediction in zip(numbers, body["predictions"], strict=True):
        assert float(results[number]["probability"]) == prediction["probability"]
        assert int(results[number]["label"]) == prediction["label"]
        assert results[number]["risk"] == prediction["risk"]


def _request(row: dict[str, str]) -> dict[str, Any]:
    """A CSV's row as a request carries it."""
    return {
        column.name: None
        if not row[column.name]
        else row[column.name]
        if column.kind is ColumnKind.CATEGORY
        else float(row[column.name])
        for column in find(MODEL).features.columns()
    }


def _read(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))
