"""The drift reports in the artifacts bucket."""

from cli.cloud import Cloud
from cli.output.errors import FleetError
from modelfleet.adapters.object_store import BucketObjectStore
from modelfleet.drift.reports import report_folders
from modelfleet.resource_names import Output
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore


def artifacts_bucket(cloud: Cloud) -> BucketObjectStore:
    """The artifacts bucket, as a store that can sign links."""
    store = cloud.store(Output.ARTIFACTS_BUCKET)
    if not isinstance(store, BucketObjectStore):
        raise TypeError(f"{type(store).__name__} cannot sign links")
    return store


def require_reports(store: ObjectStore, model: str) -> list[str]:
    """The folders of a model's reports, newest last.

    Raises
    ------
    FleetError
        If there are none.
    """
    found = report_folders(store, model)
    if not found:
        raise FleetError(f"{model} has no report yet; create one with `fleet drift {model} --wait`")
    return found


def report_name(folder: str, model: str) -> str:
    """A report's name in commands: the end of its window."""
    return folder.removeprefix(f"{keys.reports(model)}/")
