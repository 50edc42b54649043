"""First step of a batch job: pin the version and split the input into parts."""

import json
from collections.abc import Iterable, Iterator, Sequence

from modelfleet.batch.job import BatchPlan, BatchRequest, PinnedVersion
from modelfleet.batch.job_files import BatchJob, job_of, planned
from modelfleet.batch.results import CarriedColumn, CarriedTypes
from modelfleet.batch.rows import BatchRow, BatchRows
from modelfleet.registry.bundle_store import BundleStore
from modelfleet.registry.pointer_store import read
from modelfleet.spec.errors import BatchError, ConflictError, ObjectNotFoundError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import FileStore, ObjectStore

# A part is scored within seconds, so that a failed one is cheap to retry.
PART_ROWS = 10_000
# Parts are held in memory, so their size is limited even if rows are long.
PART_BYTES = 16 << 20


def split_batch(
    spec: ModelSpec,
    request: BatchRequest,
    lake: FileStore,
    artifacts: ObjectStore,
    part_rows: int = PART_ROWS,
) -> BatchPlan:
    """Split a job's input into parts; a job that has been split is not split again.

    Parameters
    ----------
    spec
        The model.
    request
        The job.
    lake
        Bucket with the input; the parts are written next to it.
    artifacts
        Bucket with the release pointer and the bundles.
    part_rows
        Maximum rows per part, which also limits memory; parts with long rows are smaller.

    Raises
    ------
    BatchError
        If there is no input, it cannot be read, or it has no rows.
    ReleaseError
        If no version is released.
    BundleError
        If the released bundle's manifest is unreadable.
    """
    job = job_of(request)
    if (plan := planned(lake, job)) is not None:
        return plan
    pinned = _pin(spec.name, request, lake, artifacts)
    try:
        file = lake.open(job.input(request.input_format))
    except ObjectNotFoundError as error:
        raise BatchError(f"job {request.job} has no input") from error
    with file:
        stored = BundleStore(artifacts).manifest(spec.name, pinned.version).table_format
        rows = BatchRows(spec, file, request.input_format, stored, request.reading, pinned.carry)
        types = [CarriedTypes() for _ in rows.carried]
        counts = [
            _put(lake, job, *part) for part in enumerate(_parts(_seen(rows, types), part_rows))
        ]
    if not counts:
        raise BatchError("the input has no rows")
    plan = BatchPlan(
        version=pinned.version,
        rows=sum(counts),
        parts=tuple(range(len(counts))),
        sizes=tuple(counts),
        unused=rows.unused,
        ignored=rows.ignored,
        carried=tuple(
            CarriedColumn(name=name, type=each.common())
            for name, each in zip(rows.carried, types, strict=True)
        ),
        format=rows.format,
    )
    lake.put(job.plan, plan.model_dump_json().encode())
    return plan


def _pin(
    model: str, request: BatchRequest, lake: ObjectStore, artifacts: ObjectStore
) -> PinnedVersion:
    """Pin the current champion; retries keep what was pinned by the first attempt."""
    job = job_of(request)
    try:
        pointer = artifacts.get(keys.release_pointer(model)).content
    except ObjectNotFoundError as error:
        raise BatchError(
            f"no released version of {model}; train one with: fleet retrain {model}"
        ) from error
    pinned = PinnedVersion(version=read(model, pointer).champion, carry=request.carry)
    try:
        lake.create(job.pinned, pinned.model_dump_json().encode())
    except ConflictError:
        pinned = PinnedVersion.model_validate_json(lake.get(job.pinned).content)
    return pinned


def _seen(rows: Iterable[BatchRow], types: Sequence[CarriedTypes]) -> Iterator[BatchRow]:
    """Yield the rows, and take note of the types of their carried values."""
    for row in rows:
        for each, value in zip(types, row.carried, strict=False):
            each.see(value)
        yield row


def _parts(rows: Iterable[BatchRow], size: int) -> Iterator[list[bytes]]:
    """Yield serialized rows in parts of bounded count and size."""
    part, length = list[bytes](), 0
    for row in rows:
        line = _line(row)
        part.append(line)
        length += len(line)
        if len(part) == size or length >= PART_BYTES:
            yield part
            part, length = [], 0
    if part:
        yield part


def _line(row: BatchRow) -> bytes:
    return f"{json.dumps([row.number, row.values, row.fault, *row.carried])}\n".encode()


def _put(lake: ObjectStore, job: BatchJob, number: int, part: list[bytes]) -> int:
    lake.put(job.part(number), b"".join(part))
    return len(part)
