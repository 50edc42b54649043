"""What every object store must do, over S3's protocol and in memory."""

from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from obstore import exceptions

from modelfleet.adapters.object_store import BucketObjectStore, memory_store, s3_store
from modelfleet.spec.errors import ConflictError, ObjectNotFoundError
from modelfleet.storage.object_store import ObjectStore
from tests.aws import aws_services

BUCKET = "contract"


@pytest.fixture(scope="module")
def s3_endpoint() -> Iterator[str]:
    """Serve moto's S3 on a free port of the loopback interface."""
    with aws_services() as address:
        yield address


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> ObjectStore:
    """Open an empty store of each kind."""
    if request.param == "memory":
        return memory_store()
    endpoint = request.getfixturevalue("s3_endpoint")
    for name, value in {
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    for found in client.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        client.delete_object(Bucket=BUCKET, Key=found["Key"])
    return s3_store(BUCKET)


def test_reads_what_was_written(store: ObjectStore) -> None:
    """An object is read back with the tag that its write answered."""
    etag = store.put("a/b.json", b"one")
    stored = store.get("a/b.json")
    assert (stored.content, stored.etag) == (b"one", etag)


def test_absent_object(store: ObjectStore) -> None:
    """Reading a key that holds nothing says so."""
    with pytest.raises(ObjectNotFoundError):
        store.get("absent")
    with pytest.raises(ObjectNotFoundError):
        store.get_if_changed("absent", '"tag"')


def test_conditional_read(store: ObjectStore) -> None:
    """An unchanged object is not sent again, a changed one is."""
    etag = store.put("key", b"one")
    assert store.get_if_changed("key", etag) is None
    store.put("key", b"two")
    changed = store.get_if_changed("key", etag)
    assert changed is not None
    assert changed.content == b"two"


def test_create_only_once(store: ObjectStore) -> None:
    """A key is created once, and the second attempt changes nothing."""
    store.create("key", b"one")
    with pytest.raises(ConflictError):
        store.create("key", b"two")
    assert store.get("key").content == b"one"


def test_replace_what_was_read(store: ObjectStore) -> None:
    """A write on a stale tag is refused and changes nothing."""
    first = store.put("key", b"one")
    store.replace("key", b"two", first)
    with pytest.raises(ConflictError):
        store.replace("key", b"three", first)
    assert store.get("key").content == b"two"


def test_replace_what_is_gone(store: ObjectStore) -> None:
    """A conditional write never brings a deleted object back."""
    with pytest.raises(ConflictError):
        store.replace("never", b"one", '"tag"')


def test_keys_of_a_folder(store: ObjectStore) -> None:
    """Keys are listed by folder, sorted, without those of a neighbour with the same beginning."""
    for key in ("x/2", "x/1", "x/deep/3", "xy/4"):
        store.put(key, b"")
    assert list(store.keys("x")) == ["x/1", "x/2", "x/deep/3"]


def test_objects_have_the_type_of_their_ending(store: ObjectStore) -> None:
    """A browser that opens a link shows what it can show, however the object was written."""
    tag = store.put("put.html", b"1")
    store.create("created.html", b"1")
    store.replace("put.html", b"2", tag)
    assert isinstance(store, BucketObjectStore)
    with store.writing("written.csv") as file:
        file.write(b"a,b")
    store.put("put.json", b"{}")
    store.put("put.onnx", b"1")
    types = {
        key: store._store.get(key).attributes.get("Content-Type")
        for key in ("put.html", "created.html", "written.csv", "put.json", "put.onnx")
    }
    page = "text/html; charset=utf-8"
    assert types["put.html"] == types["created.html"] == page
    assert types["written.csv"] == "text/csv; charset=utf-8"
    assert types["put.json"] == "application/json"
    assert types["put.onnx"] in (None, "binary/octet-stream", "application/octet-stream")


class _Denying:
    """A bucket that may not be read."""

    def get(self, key: str, **_: object) -> None:
        raise exceptions.PermissionDeniedError(key)


def test_a_denied_object_is_missing_only_where_the_bucket_may_not_be_listed() -> None:
    """S3 does not tell the two apart there; elsewhere, a missing permission stays an error."""
    denying: Any = _Denying()
    with pytest.raises(ObjectNotFoundError):
        BucketObjectStore(denying, may_list=False).get("a")
    with pytest.raises(exceptions.PermissionDeniedError):
        BucketObjectStore(denying).get("a")
