"""Copies the objects' versions of an earlier time to a bucket next to the live one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelfleet.storage import keys

# What serving and its audit trail need; candidates and MLflow's plots can be restored later.
RESTORED = (keys.RELEASES, keys.MODELS, keys.HISTORY, keys.ALIASES)
_DELETED_AT_ONCE = 1_000


@dataclass(frozen=True)
class ObjectVersion:
    """A version of an object, current since a time; `version_id` is `None` if it was deleted."""

    key: str
    version_id: str | None
    since: datetime


def versions_at(client: Any, bucket: str, prefix: str, at: datetime) -> list[ObjectVersion]:
    """The version of each object with a prefix at a time, without deleted objects."""
    newest: dict[str, ObjectVersion] = {}
    for version in _versions(client, bucket, prefix):
        known = newest.get(version.key)
        if version.since <= at and (known is None or known.since < version.since):
            newest[version.key] = version
    return [version for version in newest.values() if version.version_id is not None]


@contextmanager
def restored_bucket(
    client: Any, bucket: str, copy: str, at: datetime, region: str
) -> Iterator[int]:
    """Copy the objects of a time to a new bucket, which is deleted when the block ends.

    Yields the number of objects. S3 copies them without downloading.
    """
    where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=copy, **({} if region == "us-east-1" else where))
    try:
        found = [v for prefix in RESTORED for v in versions_at(client, bucket, f"{prefix}/", at)]
        for version in found:
            source = {"Bucket": bucket, "Key": version.key, "VersionId": version.version_id}
            client.copy_object(Bucket=copy, Key=version.key, CopySource=source)
        yield len(found)
    finally:
        _remove(client, copy)


def restore_live(client: Any, copy: str, bucket: str) -> int:
    """Copy missing and changed objects to the live bucket; returns their number.

    Unchanged objects are skipped, so that they do not get a new version.
    """
    live = _tags(client, bucket)
    differing = [key for key, tag in _tags(client, copy).items() if live.get(key) != tag]
    for key in differing:
        client.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": copy, "Key": key})
    return len(differing)


def _versions(client: Any, bucket: str, prefix: str) -> Iterator[ObjectVersion]:
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=prefix)
    for page in pages:
        for each in page.get("Versions", []):
            yield ObjectVersion(each["Key"], each["VersionId"], each["LastModified"])
        for each in page.get("DeleteMarkers", []):
            yield ObjectVersion(each["Key"], None, each["LastModified"])


def _tags(client: Any, bucket: str) -> dict[str, str]:
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket)
    return {each["Key"]: each["ETag"] for page in pages for each in page.get("Contents", [])}


def _remove(client: Any, bucket: str) -> None:
    listed = list(_tags(client, bucket))
    for start in range(0, len(listed), _DELETED_AT_ONCE):
        batch = [{"Key": key} for key in listed[start : start + _DELETED_AT_ONCE]]
        client.delete_objects(Bucket=bucket, Delete={"Objects": batch})
    client.delete_bucket(Bucket=bucket)
