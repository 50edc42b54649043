"""What the command knows about a batch job without a cloud."""

import pytest

from cli.batch.files import errors_path
from cli.batch.jobs import new_job
from modelfleet.batch.job import JOB_PATTERN, BatchRequest, input_kind
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


@pytest.mark.parametrize(
    ("target", "errors"),
    [
        ("out.csv", "out.errors.jsonl"),
        ("folder.v1/out", "folder.v1/out.errors.jsonl"),
        ("s3://bucket/a/out.parquet", "s3://bucket/a/out.errors.jsonl"),
    ],
)
def test_the_errors_file_is_next_to_the_results(target: str, errors: str) -> None:
    """It has the same name and another suffix."""
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
