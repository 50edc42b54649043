"""Last step of a batch job: one file of results, one of errors, and exact counts."""

import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from modelfleet.batch.job import BatchOutcome, BatchPlan, BatchRequest, PartOutcome
from modelfleet.batch.job_files import BatchJob, finished, job_of, json_lines, planned
from modelfleet.batch.results import ROW, CarriedType, prediction_fields
from modelfleet.spec.errors import BatchError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import FileStore, ObjectStore
from modelfleet.tables.spreadsheet import write_rows
from modelfleet.tables.table_format import FileKind

Records = list[dict[str, Any]]
Write = Callable[[BinaryIO, pa.Schema, Iterable[Records]], None]

# Column types of an outcome's fields; all others are strings.
_TYPES: Mapping[type, pa.DataType] = {int: pa.int8(), float: pa.float64()}
_CARRIED_TYPES: Mapping[CarriedType, pa.DataType] = {
    CarriedType.BOOLEAN: pa.bool_(),
    CarriedType.INTEGER: pa.int64(),
    CarriedType.NUMBER: pa.float64(),
    CarriedType.TEXT: pa.string(),
}


def merge_batch(spec: ModelSpec, request: BatchRequest, lake: FileStore) -> BatchOutcome:
    """Merge the parts in the order of the input.

    Raises
    ------
    BatchError
        If a part has not been scored, in which case the job can be resumed, or the counts do not
        add up.
    """
    job = job_of(request)
    plan = planned(lake, job)
    if plan is None:
        raise BatchError(f"job {request.job} has not been split")
    outcomes = _finished(lake, job, plan)
    results = job.results(request.output_format)
    with lake.writing(results) as file:
        records = (_records(lake, job.part_results(part)) for part in plan.parts)
        _WRITERS[request.output_format](file, _schema(spec, plan), records)
    with lake.writing(job.errors) as file:
        for part in plan.parts:
            file.write(lake.get(job.part_errors(part)).content)
    return BatchOutcome(
        version=plan.version,
        read=plan.rows,
        scored=sum(outcome.scored for outcome in outcomes),
        failed=sum(outcome.failed for outcome in outcomes),
        results=results,
        errors=job.errors,
    )


def _finished(lake: ObjectStore, job: BatchJob, plan: BatchPlan) -> list[PartOutcome]:
    found = [finished(lake, job, part) for part in plan.parts]
    outcomes = [outcome for outcome in found if outcome is not None]
    if missing := len(found) - len(outcomes):
        raise BatchError(f"{missing:,} of {len(found):,} parts are not scored yet; resume the job")
    counted = sum(outcome.scored + outcome.failed for outcome in outcomes)
    if counted != plan.rows:
        raise BatchError(
            f"{plan.rows:,} rows were read, but only {counted:,} have a result or an error"
        )
    return outcomes


def _records(lake: ObjectStore, key: str) -> Records:
    return list(json_lines(lake.get(key).content))


def _schema(spec: ModelSpec, plan: BatchPlan) -> pa.Schema:
    carried = [(column.name, _CARRIED_TYPES[column.type]) for column in plan.carried]
    fields = prediction_fields(spec)
    told = [(name, _TYPES.get(kind, pa.string())) for name, kind in fields.items()]
    return pa.schema([(ROW, pa.int64()), *carried, *told])


def _write_csv(file: BinaryIO, schema: pa.Schema, parts: Iterable[Records]) -> None:
    for number, records in enumerate(parts):
        text = io.StringIO(newline="")
        write_rows(text, schema.names, records, header=number == 0)
        file.write(text.getvalue().encode())


def _write_json_lines(file: BinaryIO, _schema: pa.Schema, parts: Iterable[Records]) -> None:
    for records in parts:
        file.write("".join(f"{json.dumps(record)}\n" for record in records).encode())


def _write_parquet(file: BinaryIO, schema: pa.Schema, parts: Iterable[Records]) -> None:
    with pq.ParquetWriter(file, schema) as writer:
        for table in _tables(schema, parts):
            writer.write_table(table)


def _tables(schema: pa.Schema, parts: Iterable[Records]) -> Iterator[pa.Table]:
    texts = [field.name for field in schema if pa.types.is_string(field.type)]
    for records in parts:
        yield pa.Table.from_pylist([_as_text(record, texts) for record in records], schema=schema)


def _as_text(record: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Spell the values of columns of text; a carried column may be of several types."""
    other = {n: v for n in names if not isinstance(v := record.get(n), str | None)}
    return record | {name: json.dumps(value) for name, value in other.items()}


_WRITERS: Mapping[FileKind, Write] = {
    FileKind.CSV: _write_csv,
    FileKind.JSONL: _write_json_lines,
    FileKind.PARQUET: _write_parquet,
}
