"""Input and output files of batch jobs: local paths or `s3://` addresses."""

import os
from pathlib import Path

from cli.cloud import Cloud
from cli.output.errors import FleetError
from cli.output.files import atomic_file, require_writable
from modelfleet.batch.job import input_kind
from modelfleet.batch.job_files import BatchJob
from modelfleet.resource_names import Output
from modelfleet.tables.table_format import FileKind

_S3 = "s3://"


def upload_input(cloud: Cloud, source: str, job: BatchJob) -> FileKind:
    """Copy the input to the job's folder, because only the user has access to the source.

    Raises
    ------
    FleetError
        If there is no such file.
    """
    kind = input_kind(source)
    client, bucket, key = cloud.client("s3"), cloud.output(Output.LAKE_BUCKET), job.input(kind)
    if source.startswith(_S3):
        client.copy(_address(source), bucket, key)
    elif Path(source).is_file():
        client.upload_file(source, bucket, key)
    else:
        raise FleetError(f"no such file: {source}")
    return kind


def download_result(cloud: Cloud, key: str, target: str) -> None:
    """Copy an object of the job to a path or an address."""
    client, bucket = cloud.client("s3"), cloud.output(Output.LAKE_BUCKET)
    if target.startswith(_S3):
        there = _address(target)
        client.copy({"Bucket": bucket, "Key": key}, there["Bucket"], there["Key"])
        return
    with atomic_file(Path(target)) as file:
        client.download_file(bucket, key, str(file))


def require_target(target: str) -> None:
    """Check that a path is writable, or an address complete.

    Raises
    ------
    FleetError
        If it is not.
    """
    if target.startswith(_S3):
        _address(target)
    else:
        require_writable(Path(target))


def errors_path(target: str) -> str:
    """Return the default path of the errors file: `out.csv.errors.jsonl` for `out.csv`.

    It contains the whole name, so that `out.csv` and `out.parquet` have an errors file each.
    """
    return f"{target}.errors.jsonl"


def require_different(**files: str | None) -> None:
    """Check that no file of a job is written over another, or over the input.

    Raises
    ------
    FleetError
        If two options name the same file.
    """
    known: dict[str, str] = {}
    for option, name in files.items():
        if name is None:
            continue
        place = name if name.startswith(_S3) else os.path.realpath(name)
        if (other := known.setdefault(place, option)) != option:
            raise FleetError(f"--{other} and --{option} are the same file {name}; choose another")


def _address(url: str) -> dict[str, str]:
    bucket, _, key = url.removeprefix(_S3).partition("/")
    if not bucket or not key:
        raise FleetError(f"incomplete address {url}; use s3://BUCKET/KEY")
    return {"Bucket": bucket, "Key": key}
