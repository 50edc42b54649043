"""Second step of a batch job, once per part: validate, encode, score."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any

from modelfleet.batch.job import BatchRequest, PartOutcome
from modelfleet.batch.job_files import BatchJob, finished, job_of, json_lines, planned
from modelfleet.batch.results import REASONS, ROW, probability_column, with_carried
from modelfleet.serving.answers import outcomes
from modelfleet.serving.load import ServedModel
from modelfleet.serving.tasks.task_answers import Outcome
from modelfleet.spec.errors import BatchError, ObjectNotFoundError, ScoringError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import validate_features

# Maximum number of reasons per rejected row, and length of each.
_REASONS = 20
_REASON_LENGTH = 300

LoadVersion = Callable[[str], ServedModel]


def score_batch(
    spec: ModelSpec, request: BatchRequest, part: int, lake: ObjectStore, load: LoadVersion
) -> PartOutcome:
    """Score a part with the job's version; a part that has been scored is not scored again.

    Parameters
    ----------
    spec
        The model.
    request, part
        The job and the number of its part.
    lake
        Bucket with the parts; results are written next to them.
    load
        Loads a version and verifies its integrity.

    Raises
    ------
    BatchError
        If the job has not been split, or the part does not exist.
    BundleError
        If the pinned version has been altered.
    """
    job = job_of(request)
    if (outcome := finished(lake, job, part)) is not None:
        return outcome
    plan = planned(lake, job)
    if plan is None:
        raise BatchError(f"job {request.job} has not been split")
    records = _read(lake, job, part)
    names = [column.name for column in plan.carried]
    carried = {record[0]: record[3:] for record in records}
    rows, errors = _validated(spec, records)
    model = load(plan.version)
    results: list[dict[str, Any]] = []
    for found in _scored(model, rows, spec.class_names):
        (errors if REASONS in found else results).append(found)
    errors.sort(key=itemgetter(ROW))
    for key, told in ((job.part_results(part), results), (job.part_errors(part), errors)):
        lake.put(key, _lines(with_carried(each, names, carried[each[ROW]]) for each in told))
    outcome = PartOutcome(part=part, scored=len(results), failed=len(errors))
    # Written last, because it marks the other objects as complete.
    lake.put(job.finished(part), outcome.model_dump_json().encode())
    return outcome


def _read(lake: ObjectStore, job: BatchJob, part: int) -> list[Any]:
    try:
        content = lake.get(job.part(part)).content
    except ObjectNotFoundError as error:
        raise BatchError(f"part {part} of job {job.job} does not exist") from error
    return list(json_lines(content))


_Rows = list[tuple[int, dict[str, Any]]]


def _validated(spec: ModelSpec, records: Iterable[Any]) -> tuple[_Rows, list[dict[str, Any]]]:
    """Return the valid rows with their numbers, and the others with their reasons."""
    rows: _Rows = []
    errors: list[dict[str, Any]] = []
    for number, values, fault, *_carried in records:
        row, reasons = ({}, (fault,)) if fault else validate_features(spec.features, values)
        if reasons:
            errors.append(_failed(number, reasons))
        else:
            rows.append((number, row))
    return rows, errors


def _failed(number: int, reasons: Sequence[str]) -> dict[str, Any]:
    shown = [reason[:_REASON_LENGTH] for reason in reasons[:_REASONS]]
    more = [f"and {len(reasons) - _REASONS:,} more"] if len(reasons) > _REASONS else []
    return {ROW: number, REASONS: shown + more}


def _scored(model: ServedModel, rows: _Rows, classes: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Yield each row's outcome; rows that the model cannot score are isolated by bisection."""
    if not rows:
        return
    try:
        scores = model.scorer.score(model.manifest.encoding.encode([row for _, row in rows]))
        made = outcomes(model.manifest, scores)
    except ScoringError as error:
        if len(rows) == 1:
            yield _failed(rows[0][0], [str(error)])
            return
        middle = len(rows) // 2
        yield from _scored(model, rows[:middle], classes)
        yield from _scored(model, rows[middle:], classes)
        return
    yield from (
        {ROW: number, **_columns(each, classes)}
        for (number, _), each in zip(rows, made, strict=True)
    )


def _columns(outcome: Outcome, classes: Sequence[str]) -> dict[str, Any]:
    """Flatten an outcome to table columns, with one column per class probability."""
    told = outcome.body(classes)
    each = told.pop("probabilities", {})
    interval: dict[str, Any] = told.pop("interval", {})
    named = {probability_column(name): value for name, value in each.items()}
    return told | interval | named


def _lines(records: Iterable[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()
