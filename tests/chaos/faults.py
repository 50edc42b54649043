"""What is missing, double or stuck, compared with what was acknowledged."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import httpx
import psycopg

from cli.cloud import Cloud
from cli.local_cloud.processes.record import CloudRecord
from cli.local_cloud.state import registry_agreement
from modelfleet.batch.job_files import BatchJob
from modelfleet.captures.lake import read_captures
from modelfleet.registry.manifest import MANIFEST_FILE
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.release.lock import ReleaseLock
from modelfleet.resource_names import Output
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import FileKind
from tests.chaos.acknowledged import Acknowledged

# What a kill may lose of predictions, by the promise of docs/decisions/0004.
SECONDS = 5.0
_PATIENCE_SECONDS = 90.0
_LATE_SECONDS = 20.0
_SKEW = timedelta(minutes=5)
_RUNS = "SELECT run_id, count(*) FROM model_versions WHERE name = %s GROUP BY run_id"


def faults(
    cloud: Cloud, record: CloudRecord, model: str, told: Acknowledged, struck: float
) -> Iterator[str]:
    """Every fault, in words.

    Parameters
    ----------
    cloud, record
        The restarted cloud.
    model
        The one model.
    told
        What was acknowledged.
    struck
        When something was killed, in seconds since 1970.
    """
    lake, artifacts = cloud.store(Output.LAKE_BUCKET), cloud.store(Output.ARTIFACTS_BUCKET)
    yield from _datasets(lake, model, told)
    yield from _feedback(lake, model, told)
    yield from _batches(lake, model, told)
    yield from _releases(artifacts, model, told)
    yield from _registry(artifacts, record, model)
    yield from _answer(cloud, artifacts, model)
    yield from _lock(artifacts, model)
    yield from _predictions(lake, model, told, struck)


def _datasets(lake: ObjectStore, model: str, told: Acknowledged) -> Iterator[str]:
    there = set(lake.keys(f"datasets/{model}/"))
    for version in told.datasets:
        if f"{keys.dataset(model, version)}/manifest.json" not in there:
            yield f"data set version {version} is lost"


def _feedback(lake: ObjectStore, model: str, told: Acknowledged) -> Iterator[str]:
    folder = keys.all_feedback(model).removesuffix("/*")
    # The caller goes on reporting: what is acknowledged after the listing cannot be in it.
    wanted = told.reported()
    there = {key.rpartition("/")[2].removesuffix(".json") for key in lake.keys(folder)}
    if lost := wanted - there:
        yield f"{len(lost)} of {len(wanted)} outcomes are lost"


def _batches(lake: ObjectStore, model: str, told: Acknowledged) -> Iterator[str]:
    for job, rows in told.batches.items():
        try:
            content = lake.get(BatchJob(model, job).results(FileKind.CSV)).content
        except ObjectNotFoundError:
            yield f"the results of job {job} are lost"
            continue
        there = [line.partition(b",")[0] for line in content.splitlines()[1:]]
        if len(set(there)) != rows or len(there) != rows:
            yield f"job {job} has {len(there)} results for {rows} rows"


def _releases(artifacts: ObjectStore, model: str, told: Acknowledged) -> Iterator[str]:
    pointer = ReleasePointer.parse(artifacts.get(keys.release_pointer(model)).content)
    if told.champions and int(pointer.champion) < int(told.champions[-1]):
        yield f"version {told.champions[-1]} was released, and {pointer.champion} serves"


def _registry(artifacts: ObjectStore, record: CloudRecord, model: str) -> Iterator[str]:
    versions, _ = registry_agreement.registered(record.tracking_uri, [model])
    pointer = ReleasePointer.parse(artifacts.get(keys.release_pointer(model)).content)
    if pointer.champion not in versions[model]:
        yield f"the champion {pointer.champion} is not registered"
    with psycopg.connect(record.tracking_uri.replace("+psycopg", "")) as connection:
        for run, count in connection.execute(_RUNS, [model]):
            if count > 1:
                yield f"run {run} registered {count} versions"


def _answer(cloud: Cloud, artifacts: ObjectStore, model: str) -> Iterator[str]:
    pointer = ReleasePointer.parse(artifacts.get(keys.release_pointer(model)).content)
    try:
        artifacts.get(f"{keys.bundle(model, pointer.champion)}/{MANIFEST_FILE}")
    except ObjectNotFoundError:
        yield f"the champion {pointer.champion} has no bundle"

    def answers() -> bool:
        try:
            with cloud.http() as http:
                return http.get(f"/{model}/ready").status_code == httpx.codes.OK
        except httpx.HTTPError:
            return False

    if not _comes_true(answers):
        yield "the champion does not answer"


def _lock(artifacts: ObjectStore, model: str) -> Iterator[str]:
    def is_free() -> bool:
        try:
            content = artifacts.get(keys.release_lock(model)).content
        except ObjectNotFoundError:
            return True
        return ReleaseLock.parse(content).holder is None

    if not _comes_true(is_free):
        yield "the model's lock is held by nobody that runs"


def _predictions(lake: ObjectStore, model: str, told: Acknowledged, struck: float) -> Iterator[str]:
    wanted = {each for each, at in told.predicted().items() if at < struck - SECONDS}

    _comes_true(lambda: wanted <= _arrived(lake, model, told))
    if lost := wanted - _arrived(lake, model, told):
        yield f"{len(lost)} of {len(wanted)} predictions are lost"


def late_losses(cloud: Cloud, model: str, told: Acknowledged, struck: float) -> int:
    """Predictions of the last seconds before a blow, and until the restart, that are lost.

    They may be: it is how much of the promise was needed.
    """
    wanted = {each for each, at in told.predicted().items() if at > struck - SECONDS}
    lake = cloud.store(Output.LAKE_BUCKET)
    deadline = time.monotonic() + _LATE_SECONDS
    while (lost := wanted - _arrived(lake, model, told)) and time.monotonic() < deadline:
        time.sleep(1.0)
    return len(lost)


def _arrived(lake: ObjectStore, model: str, told: Acknowledged) -> set[str]:
    end = datetime.now(UTC) + _SKEW
    return {each.prediction_id for each in read_captures(lake, model, told.began - _SKEW, end)}


def _comes_true(condition: Callable[[], bool]) -> bool:
    """Whether something becomes so within the patience: what was interrupted is taken up first."""
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(1.0)
    return True
