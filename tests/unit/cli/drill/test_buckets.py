"""The objects of an earlier time are restored next to the live ones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from moto import mock_aws

from cli.drill.buckets import ObjectVersion, restore_live, restored_bucket, versions_at

LIVE, COPY = "live", "copy"
NOON = datetime(2026, 1, 5, 12, tzinfo=UTC)


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """S3 with a versioned live bucket."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    with mock_aws():
        s3 = boto3.client("s3", region_name="us-east-1")
        s3.create_bucket(Bucket=LIVE)
        enabled = {"Status": "Enabled"}
        s3.put_bucket_versioning(Bucket=LIVE, VersioningConfiguration=enabled)
        yield s3


class Listing:
    """A client that lists versions with given times."""

    def __init__(self, versions: list[ObjectVersion]) -> None:
        self._versions = versions

    def get_paginator(self, _: str) -> "Listing":
        """The client is its own paginator."""
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        """Return one version per page."""
        return [self._page(each) for each in self._versions]

    @staticmethod
    def _page(version: ObjectVersion) -> dict[str, Any]:
        entry = {"Key": version.key, "LastModified": version.since}
        if version.version_id is None:
            return {"DeleteMarkers": [entry]}
        return {"Versions": [entry | {"VersionId": version.version_id}]}


def at(hour: int, version_id: str | None, key: str = "releases/a.json") -> ObjectVersion:
    """A version of an object, a number of hours after noon."""
    return ObjectVersion(key, version_id, NOON + timedelta(hours=hour))


@pytest.mark.parametrize(
    ("moment", "expected"),
    [(-1, []), (0, ["first"]), (1, ["second"]), (2, []), (3, ["third"]), (9, ["third"])],
)
def test_the_version_at_a_time(moment: int, expected: list[str]) -> None:
    """It is the last version up to that time; objects deleted by then are left out."""
    listing = Listing([at(3, "third"), at(0, "first"), at(2, None), at(1, "second")])
    found = versions_at(listing, LIVE, "releases/", NOON + timedelta(hours=moment))
    assert [each.version_id for each in found] == expected


def read(client: Any, bucket: str) -> dict[str, bytes]:
    """A bucket's content."""
    listed = client.list_objects_v2(Bucket=bucket).get("Contents", [])
    keys = [each["Key"] for each in listed]
    return {key: client.get_object(Bucket=bucket, Key=key)["Body"].read() for key in keys}


def test_copied_and_restored(client: Any) -> None:
    """Objects are copied, missing and changed ones are restored, and the copy is deleted."""
    before = {"releases/a.json": b"a", "models/a/1/model.onnx": b"m", "models/a/1/card.html": b"c"}
    for key, content in before.items():
        client.put_object(Bucket=LIVE, Key=key, Body=content)
    client.put_object(Bucket=LIVE, Key="staging/x", Body=b"of no use")
    moment = datetime.now(UTC)
    with restored_bucket(client, LIVE, COPY, moment, "us-east-1") as copied:
        assert (copied, read(client, COPY)) == (3, before)
        client.delete_object(Bucket=LIVE, Key="models/a/1/model.onnx")
        client.put_object(Bucket=LIVE, Key="models/a/1/card.html", Body=b"damaged")
        assert restore_live(client, COPY, LIVE) == 2
    assert read(client, LIVE) == before | {"staging/x": b"of no use"}
    assert [each["Name"] for each in client.list_buckets()["Buckets"]] == [LIVE]


def test_the_copy_is_always_deleted(client: Any) -> None:
    """A failed drill leaves nothing behind that costs money."""
    client.put_object(Bucket=LIVE, Key="releases/a.json", Body=b"a")
    with (
        pytest.raises(RuntimeError),
        restored_bucket(client, LIVE, COPY, datetime.now(UTC), "eu-central-1"),
    ):
        raise RuntimeError
    assert [each["Name"] for each in client.list_buckets()["Buckets"]] == [LIVE]
