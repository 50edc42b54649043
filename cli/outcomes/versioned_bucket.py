"""A bucket with all versions of its objects, through the credentials of the person at work."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from modelfleet.outcomes.forget import ObjectVersion
from modelfleet.spec.errors import ConflictError

_LOST_RACES = frozenset({"PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey"})


class S3Versions:
    """A `VersionedBucket` in S3.

    Parameters
    ----------
    client
        A boto3 client of S3.
    bucket
        Name of the bucket.
    """

    def __init__(self, client: Any, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def versions(self, prefix: str) -> Iterator[ObjectVersion]:
        """Iterate over versions; see `VersionedBucket.versions`."""
        pages = self._client.get_paginator("list_object_versions")
        for page in pages.paginate(Bucket=self._bucket, Prefix=prefix):
            for each in page.get("Versions", []):
                yield ObjectVersion(each["Key"], each["VersionId"], each["ETag"], each["IsLatest"])

    def read(self, version: ObjectVersion) -> bytes:
        """Read a version; see `VersionedBucket.read`."""
        answer = self._client.get_object(
            Bucket=self._bucket, Key=version.key, VersionId=version.version_id
        )
        content: bytes = answer["Body"].read()
        return content

    def replace(self, version: ObjectVersion, content: bytes) -> None:
        """Write a new version; see `VersionedBucket.replace`."""
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=version.key, Body=content, IfMatch=version.etag
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in _LOST_RACES:
                raise ConflictError(
                    f"{version.key} changed meanwhile; run the command again"
                ) from error
            raise

    def hide(self, key: str) -> None:
        """Add a deletion marker; see `VersionedBucket.hide`."""
        self._client.delete_object(Bucket=self._bucket, Key=key)

    def erase(self, version: ObjectVersion) -> None:
        """Delete a version; see `VersionedBucket.erase`."""
        self._client.delete_object(
            Bucket=self._bucket, Key=version.key, VersionId=version.version_id
        )
