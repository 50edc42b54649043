"""What the command knows about a batch job without a cloud."""

from pathlib import Path
from typing import Any

import pytest

from cli.batch import jobs
from cli.batch.files import errors_path, require_different
from cli.batch.jobs import Progress, follow, new_job
from cli.commands.serving.batch import batch
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import memory_store
from modelfleet.batch.job import JOB_PATTERN, BatchPlan, BatchRequest, input_kind, result_kind
from modelfleet.batch.job_files import BatchJob
from modelfleet.spec.errors import BatchError
from modelfleet.tables.table_format import FileKind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rows.csv", FileKind.CSV),
        ("rows.TSV", FileKind.CSV),
        ("s3://bucket/folder.v1/rows.parquet", FileKind.PARQUET),
        ("rows.ndjson", FileKind.JSONL),
        ("rows.xlsx", FileKind.XLSX),
        ("rows.csv.gz", FileKind.CSV),
        ("rows.JSON.GZ", FileKind.JSON),
    ],
)
def test_the_suffix_determines_the_format(name: str, kind: FileKind) -> None:
    """Files and addresses follow the same rule."""
    assert input_kind(name) is kind


@pytest.mark.parametrize("name", ["rows", "rows.ods", "s3://bucket/folder.csv/rows"])
def test_an_unknown_suffix_is_rejected(name: str) -> None:
    """The error lists the supported suffixes."""
    with pytest.raises(BatchError, match=r"\.csv.*\.parquet"):
        input_kind(name)


@pytest.mark.parametrize("name", ["out.tsv", "out.csv.gz", "out.xlsx", "out"])
def test_results_are_never_of_another_format_than_their_name_says(name: str) -> None:
    """A file of commas is not called .tsv; the error lists what results can be."""
    with pytest.raises(BatchError, match=r"use one of \.csv, \.jsonl, \.ndjson, \.parquet"):
        result_kind(name)
    assert result_kind("s3://bucket/out.NDJSON") is FileKind.JSONL


@pytest.mark.parametrize(
    ("target", "errors"),
    [
        ("out.csv", "out.csv.errors.jsonl"),
        ("out.parquet", "out.parquet.errors.jsonl"),
        ("folder.v1/out", "folder.v1/out.errors.jsonl"),
        ("s3://bucket/a/out.parquet", "s3://bucket/a/out.parquet.errors.jsonl"),
    ],
)
def test_the_errors_file_is_next_to_the_results(target: str, errors: str) -> None:
    """It has the whole name, so that results of two formats have an errors file each."""
    assert errors_path(target) == errors


def test_job_ids_are_unique() -> None:
    """Two jobs started in the same second get different IDs, which are safe in keys."""
    first, second = new_job(), new_job()
    assert first != second
    request = BatchRequest(
        model="m", job=first, input_format=FileKind.CSV, output_format=FileKind.CSV
    )
    assert request.job == first
    assert "/" not in JOB_PATTERN


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"in": "a.csv", "out": "./a.csv", "errors": "e"}, "--in and --out"),
        ({"in": None, "out": "a.csv", "errors": "a.csv"}, "--out and --errors"),
        ({"in": "a.csv", "out": "b.csv", "errors": "a.csv"}, "--in and --errors"),
        ({"in": "s3://b/a.csv", "out": "s3://b/a.csv", "errors": "e"}, "--in and --out"),
    ],
)
def test_no_file_is_written_over_another(files: dict[str, str | None], named: str) -> None:
    """Results never replace the input, nor errors the results."""
    with pytest.raises(FleetError, match=named):
        require_different(**files)
    require_different(**files | {"in": "x", "out": "y", "errors": "z"})


def test_a_link_to_the_input_is_the_input(tmp_path: Path) -> None:
    """Two names of one file are the same file."""
    (tmp_path / "in.csv").touch()
    (tmp_path / "out.csv").symlink_to("in.csv")
    with pytest.raises(FleetError, match="--in and --out"):
        require_different(**{"in": str(tmp_path / "in.csv"), "out": str(tmp_path / "out.csv")})


class _Job:
    """A stage whose batch job finishes another part, of the size that it has, at each call."""

    def __init__(self, sizes: tuple[int, ...]) -> None:
        self._job, self._lake, self._calls = BatchJob("m", "j"), memory_store(), 0
        self._plan = BatchPlan(
            version="1", rows=sum(sizes), parts=tuple(range(len(sizes))), sizes=sizes
        )

    def store(self, _bucket: object) -> Any:
        """The lake."""
        return self._lake

    def client(self, _service: str) -> "_Job":
        """Step Functions."""
        return self

    def describe_execution(self, **_: object) -> dict[str, str]:
        """First the input is read, then part after part is finished."""
        self._calls += 1
        if self._calls > 1:
            self._lake.put(self._job.plan, self._plan.to_json())
        if (part := self._calls - 3) >= 0:
            self._lake.put(self._job.finished(part), b"{}")
        ended = part == len(self._plan.parts) - 1
        return {"status": "SUCCEEDED" if ended else "RUNNING"}


def test_progress_is_in_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts differ in size, because they are limited in bytes as well."""
    monkeypatch.setattr(jobs, "_POLL_SECONDS", 0.0)
    cloud: Any = _Job((10_000, 300, 10_000))
    seen = list(follow(cloud, "arn", BatchJob("m", "j")))
    assert [each.done for each in seen] == [0, 0, 10_000, 10_300, 20_300]
    assert (str(seen[0]), str(seen[3])) == ("reading the input", "rows 10,300/20,300")


def test_a_job_of_an_earlier_release_has_no_progress_in_rows() -> None:
    """Its plan lacks the sizes of its parts."""
    plan = BatchPlan(version="1", rows=5, parts=(0,))
    assert jobs._progress(plan, ["finished/000000.json"]) == Progress(0, 5)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"resume": "j1", "carry": ["id"]}, "omit --carry"),
        ({"source": "a.csv", "carry": ["Probability"]}, "results have a column probability"),
        ({"source": "a.csv", "carry": [""]}, "has no name"),
        ({"source": "a.csv", "errors": "out.csv"}, "--out and --errors"),
    ],
)
def test_what_cannot_be_done_is_said_before_the_upload(options: dict[str, Any], named: str) -> None:
    """No stage is connected to, and nothing is written."""
    with pytest.raises((FleetError, BatchError), match=named):
        batch("bankchurn", "out.csv", **options)
