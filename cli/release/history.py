"""Release pointers and release records as they are stored."""

from collections.abc import Iterator
from operator import itemgetter

from cli.cloud import Cloud
from cli.output.console import warn
from cli.output.errors import FleetError
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.registry.pointer_store import current, read
from modelfleet.release.history import ReleaseRecord
from modelfleet.resource_names import Output
from modelfleet.spec.errors import ReleaseError
from modelfleet.storage import keys
from modelfleet.storage.documents import parsed


def require_pointer(cloud: Cloud, model: str) -> ReleasePointer:
    """A model's release pointer.

    Raises
    ------
    FleetError
        If the model has not been released.
    """
    found = current(cloud.store(Output.ARTIFACTS_BUCKET), model)
    if found is None:
        raise FleetError(
            f"{model} has not been released; release it with `fleet retrain {model} --wait`"
        )
    return found


def readable_pointers(cloud: Cloud, model: str) -> Iterator[ReleasePointer]:
    """The readable versions of a model's release pointer, newest first."""
    client, bucket = cloud.client("s3"), cloud.output(Output.ARTIFACTS_BUCKET)
    key = keys.release_pointer(model)
    pages = client.get_paginator("list_object_versions").paginate(Bucket=bucket, Prefix=key)
    versions = [each for page in pages for each in page.get("Versions", []) if each["Key"] == key]
    for each in sorted(versions, key=itemgetter("LastModified"), reverse=True):
        stored = client.get_object(Bucket=bucket, Key=key, VersionId=each["VersionId"])
        try:
            yield read(model, stored["Body"].read())
        except ReleaseError:
            # A damaged version is the reason to look for an earlier one.
            continue


def release_records(cloud: Cloud, model: str) -> list[ReleaseRecord]:
    """The records of a model's releases and rollbacks, newest first; warns of unreadable ones."""
    store = cloud.store(Output.ARTIFACTS_BUCKET)
    found = []
    for key in store.keys(keys.release_history(model)):
        try:
            found.append(parsed(key, store.get(key).content, ReleaseRecord.parse))
        except ReleaseError as error:
            warn(str(error))
    return sorted(found, key=lambda record: record.written_at, reverse=True)
