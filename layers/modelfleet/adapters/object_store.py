"""Object store on obstore, over S3 or memory."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, cast

import obstore
from obstore import exceptions
from obstore.store import MemoryStore, S3Store

from modelfleet.adapters.aws import container_credentials
from modelfleet.adapters.object_files import ObjectReader, ObjectWriter
from modelfleet.spec.errors import ConflictError, ObjectNotFoundError
from modelfleet.storage.object_store import StoredObject

if TYPE_CHECKING:
    # Only for type checkers: these names do not exist at run time.
    from obstore import Attributes, PutMode
    from obstore.store import S3CredentialProvider

# Size of one ranged read, and of one part of an upload.
_PIECE_BYTES = 8 * 1024 * 1024

_CONTENT_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".svg": "image/svg+xml",
    ".csv": "text/csv; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
}
_LOST_RACES = (
    exceptions.AlreadyExistsError,
    exceptions.PreconditionError,
    # S3 returns 404 for a conditional write to a key that was deleted.
    exceptions.NotFoundError,
)


_MISSING = (FileNotFoundError, exceptions.NotFoundError)


class BucketObjectStore:
    """An `ObjectStore` over one obstore store."""

    def __init__(self, store: S3Store | MemoryStore, *, may_list: bool = True) -> None:
        self._store = store
        # S3 does not say of an object whether it exists to those who may not list its bucket.
        # https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
        self._missing = _MISSING if may_list else (*_MISSING, exceptions.PermissionDeniedError)

    def get(self, key: str) -> StoredObject:
        """Read an object; see `ObjectStore.get`."""
        try:
            result = self._store.get(key)
        except self._missing as error:
            raise ObjectNotFoundError(f"no object {key}") from error
        return StoredObject(bytes(result.bytes()), result.meta["e_tag"] or "")

    def get_if_changed(self, key: str, etag: str) -> StoredObject | None:
        """Read an object unless it has this ETag; see `ObjectStore.get_if_changed`."""
        try:
            result = self._store.get(key, options={"if_none_match": etag})
        except exceptions.NotModifiedError:
            return None
        except self._missing as error:
            raise ObjectNotFoundError(f"no object {key}") from error
        return StoredObject(bytes(result.bytes()), result.meta["e_tag"] or "")

    def put(self, key: str, content: bytes) -> str:
        """Write an object; see `ObjectStore.put`."""
        return self._put(key, content, "overwrite")

    def create(self, key: str, content: bytes) -> str:
        """Write an object that must not exist yet; see `ObjectStore.create`."""
        try:
            return self._put(key, content, "create")
        except _LOST_RACES as error:
            raise ConflictError(f"{key} already exists") from error

    def replace(self, key: str, content: bytes, etag: str) -> str:
        """Overwrite the object with this ETag; see `ObjectStore.replace`."""
        try:
            return self._put(key, content, {"e_tag": etag})
        except _LOST_RACES as error:
            raise ConflictError(f"{key} changed since it was read") from error

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield all keys below a folder; see `ObjectStore.keys`."""
        folder = prefix.rstrip("/") + "/"
        yield from sorted(meta["path"] for page in self._store.list(folder) for meta in page)

    def open(self, key: str) -> BinaryIO:
        """Open an object for buffered reading; see `FileStore.open`."""
        try:
            reader = obstore.open_reader(self._store, key, buffer_size=_PIECE_BYTES)
        except self._missing as error:
            raise ObjectNotFoundError(f"no object {key}") from error
        return io.BufferedReader(ObjectReader(reader))

    def link(self, key: str, lasts: timedelta) -> str:
        """Return a presigned URL that lets a browser read an object without credentials.

        It also expires with the credentials that signed it, after a few hours in a function.
        """
        return obstore.sign(cast(S3Store, self._store), "GET", key, lasts)

    @contextmanager
    def writing(self, key: str) -> Iterator[BinaryIO]:
        """Open an object for buffered writing; see `FileStore.writing`."""
        writer: Any = obstore.open_writer(
            self._store, key, attributes=_attributes(key), buffer_size=_PIECE_BYTES
        )
        yield cast(BinaryIO, ObjectWriter(writer))
        # Skipped after an error: an incomplete upload never becomes an object, and the bucket's
        # lifecycle rule aborts it.
        writer.close()

    def _put(self, key: str, content: bytes, mode: "PutMode") -> str:
        return self._store.put(key, content, mode=mode, attributes=_attributes(key))["e_tag"] or ""


def _attributes(key: str) -> "Attributes":
    """Return an object's metadata; without a content type, browsers would download pages."""
    content_type = _CONTENT_TYPES.get(PurePosixPath(key).suffix)
    return {"Content-Type": content_type} if content_type else {}


def s3_store(
    bucket: str,
    *,
    endpoint: str | None = None,
    region: str | None = None,
    credential_provider: "S3CredentialProvider | None" = None,
    patience_seconds: float | None = None,
    may_list: bool = True,
) -> BucketObjectStore:
    """Open a bucket, with defaults from the environment as in a function.

    Parameters
    ----------
    bucket
        Name of the bucket.
    endpoint, region, credential_provider
        Location of the bucket, and credentials.
    patience_seconds
        Connect, read, and retry timeout, if obstore's three minutes are too long.
    may_list
        Whether the role may list the bucket; if not, a denied object counts as missing.
    """
    if credential_provider is None and container_credentials.are_offered():
        credential_provider = container_credentials.container_credentials
    address = endpoint or os.environ.get("AWS_ENDPOINT_URL")
    given = {"endpoint": endpoint, "region": region, "credential_provider": credential_provider}
    options: Any = {name: value for name, value in given.items() if value is not None}
    client: Any = {"allow_http": bool(address and address.startswith("http://"))}
    if patience_seconds is not None:
        patience = timedelta(seconds=patience_seconds)
        client |= {"connect_timeout": patience, "read_timeout": patience}
        options["retry_config"] = {"max_retries": 2, "retry_timeout": patience}
    return BucketObjectStore(
        S3Store(
            bucket,
            virtual_hosted_style_request=address is None,
            client_options=client,
            **options,
        ),
        may_list=may_list,
    )


def memory_store() -> BucketObjectStore:
    """Create an empty in-memory bucket with the conditional reads and writes of S3."""
    return BucketObjectStore(MemoryStore())
