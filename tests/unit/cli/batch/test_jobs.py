"""What the command knows of a bulk scoring job without asking the cloud."""

import pytest

from cli.batch.jobs import errors_beside, new_job
from modelfleet.domain.batch import JOB_PATTERN, BatchRequest, TableFormat, table_format
from modelfleet.domain.errors import BatchError


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("rows.csv", TableFormat.CSV),
        ("rows.TSV", TableFormat.CSV),
        ("s3://bucket/folder.v1/rows.parquet", TableFormat.PARQUET),
        ("rows.ndjson", TableFormat.JSONL),
    ],
)
def test_the_suffix_names_the_format(name: str, kind: TableFormat) -> None:
    """Files and objects alike."""
    assert table_format(name) is kind


@pytest.mark.parametrize("name", ["rows", "rows.xlsx", "s3://bucket/folder.csv/rows"])
def test_an_unknown_suffix_names_those_that_are_known(name: str) -> None:
    """A guess could read a table wrongly."""
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
def test_errors_lie_beside_the_results(target: str, errors: str) -> None:
    """Under the same name, whatever the format."""
    assert errors_beside(target) == errors


def test_jobs_have_names_of_their_own() -> None:
    """Two jobs of one second do not meet, and a name is a safe part of a key."""
    first, second = new_job(), new_job()
    assert first != second
    request = BatchRequest(
        model="m", job=first, input_format=TableFormat.CSV, output_format=TableFormat.CSV
    )
    assert request.job == first
    assert "/" not in JOB_PATTERN
