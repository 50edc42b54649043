"""What the command knows about a batch job without a cloud."""

import pytest

from cli.batch.files import errors_path
from cli.batch.jobs import new_job
from modelfleet.batch.job import JOB_PATTERN, BatchRequest, TableFormat, table_format
from modelfleet.spec.errors import BatchError


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rows.csv", TableFormat.CSV),
        ("rows.TSV", TableFormat.CSV),
        ("s3://bucket/folder.v1/rows.parquet", TableFormat.PARQUET),
        ("rows.ndjson", TableFormat.JSONL),
    ],
)
def test_the_suffix_determines_the_format(name: str, kind: TableFormat) -> None:
    """Files and addresses follow the same rule."""
    assert table_format(name) is kind


@pytest.mark.parametrize("name", ["rows", "rows.xlsx", "s3://bucket/folder.csv/rows"])
def test_an_unknown_suffix_is_rejected(name: str) -> None:
    """The error lists the supported suffixes."""
    with pytest.raises(BatchError, match=r"\.csv.*\.parquet"):
        table_format(name)


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
        model="m", job=first, input_format=TableFormat.CSV, output_format=TableFormat.CSV
    )
    assert request.job == first
    assert "/" not in JOB_PATTERN
