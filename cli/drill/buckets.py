"""Objects as they were: an earlier version of each, copied into a bucket beside the live one."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from modelfleet.storage import keys

# What serving needs, and what says why it serves; candidates and MLflow's plots can wait.
RESTORED = (keys.RELEASES, keys.MODELS, keys.HISTORY, keys.ALIASES)
_DELETED_AT_ONCE = 1_000


@dataclass(frozen=True)
class ObjectVersion:
    """What an object was from a moment on; `version_id` is `None` where it was deleted."""

    key: str
    version_id: str | None
    since: datetime


def versions_at(client: Any, bucket: str, prefix: str, at: datetime) -> list[ObjectVersion]:
    """The version of each object below a prefix at a moment; what was deleted then is left out."""
    newest: dict[str, ObjectVersion] = {}
    for version in _versions(client, bucket, prefix):
        known = newest.get(version.key)
        if version.since <= at and (known is None or known.since < version.since):
            newest[version.key] = version
    return [version for version in newest.values() if version.version_id is not None]


@contextmanager
def restored_bucket(
    client: Any, bucket: str, beside: str, at: datetime, region: str
) -> Iterator[int]:
    """Copy the objects of a moment into a bucket of their own; it goes when the block ends.

    Gives their number. The copies are made within S3, so nothing of them passes through here.
    """
    where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    client.create_bucket(Bucket=beside, **({} if region == "us-east-1" else where))
    try:
        found = [v for prefix in RESTORED for v in versions_at(client, bucket, f"{prefix}/", at)]
        for version in found:
            source = {"Bucket": bucket, "Key": version.key, "VersionId": version.version_id}
            client.copy_object(Bucket=beside, Key=version.key, CopySource=source)
        yield len(found)
    finally:
        _remove(client, beside)


def bring_back(client: Any, beside: str, bucket: str) -> int:
    """Copy what is gone or altered in the live bucket back; gives the number of objects.

    An object that is as it was stays, so that no pointer or bundle gets a version for nothing.
    """
    live = _tags(client, bucket)
    differing = [key for key, tag in _tags(client, beside).items() if live.get(key) != tag]
    for key in differing:
        client.copy_object(Bucket=bucket, Key=key, CopySource={"Bucket": beside, "Key": key})
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
