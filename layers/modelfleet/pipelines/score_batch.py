"""The second step of a bulk scoring job, once for each part: validate, encode, score."""

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from modelfleet.domain.batch import BatchRequest, PartOutcome
from modelfleet.domain.errors import BatchError, ObjectNotFoundError
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.prediction import Outcome, outcomes
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.batch_job import BatchJob, finished, job_of, planned
from modelfleet.pipelines.load import ServedModel
from modelfleet.pipelines.validate import validate_features

ROW = "row"

LoadVersion = Callable[[str], ServedModel]


def score_batch(
    spec: ModelSpec, request: BatchRequest, part: int, lake: ObjectStore, load: LoadVersion
) -> PartOutcome:
    """Score a part with the job's version; a part that is scored already stays as it is.

    Parameters
    ----------
    spec
        The model.
    request, part
        The job, and which of its parts.
    lake
        The bucket with the parts; results are written beside them.
    load
        Loads a version, which proves that it is whole.

    Raises
    ------
    BatchError
        If the job is not cut into parts, or the part is gone.
    BundleError
        If the pinned version is altered.
    ScoringError
        If the model answers something that is no number.
    """
    job = job_of(request)
    if (outcome := finished(lake, job, part)) is not None:
        return outcome
    plan = planned(lake, job)
    if plan is None:
        raise BatchError(f"the job {request.job} is not cut into parts")
    numbers, rows, errors = _validated(spec, _read(lake, job, part))
    results = _scored(load(plan.version), numbers, rows)
    lake.put(job.part_results(part), _lines(results))
    lake.put(job.part_errors(part), _lines(errors))
    outcome = PartOutcome(part=part, scored=len(results), failed=len(errors))
    # Last, because it says that the others are whole.
    lake.put(job.finished(part), outcome.model_dump_json().encode())
    return outcome


def _read(lake: ObjectStore, job: BatchJob, part: int) -> list[Any]:
    try:
        content = lake.get(job.part(part)).content
    except ObjectNotFoundError as error:
        raise BatchError(f"part {part} of the job {job.job} is gone") from error
    return [json.loads(line) for line in content.splitlines()]


def _validated(
    spec: ModelSpec, records: Iterable[Any]
) -> tuple[list[int], list[dict[str, Any]], list[dict[str, Any]]]:
    """Numbers and values of the rows that can be scored, and the others with their reasons."""
    numbers: list[int] = []
    rows: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for number, values, fault in records:
        row, reasons = ({}, (fault,)) if fault else validate_features(spec.features, values)
        if reasons:
            errors.append({ROW: number, "reasons": reasons})
        else:
            numbers.append(number)
            rows.append(row)
    return numbers, rows, errors


def _scored(
    model: ServedModel, numbers: Sequence[int], rows: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    if not rows:
        return []
    scores = model.scorer.score(model.manifest.encoding.encode(rows))
    made = outcomes(model.manifest, scores)
    return [{ROW: number, **_columns(each)} for number, each in zip(numbers, made, strict=True)]


def probability_column(name: str) -> str:
    """The column of results that holds the probability of one of more than two classes."""
    return f"probability_{name}"


def _columns(outcome: Outcome) -> dict[str, Any]:
    """An outcome as the columns of a table: a class's probability has one of its own."""
    told = outcome._asdict()
    each = told.pop("probabilities", {})
    return told | {probability_column(name): value for name, value in each.items()}


def _lines(records: Iterable[dict[str, Any]]) -> bytes:
    return "".join(f"{json.dumps(record)}\n" for record in records).encode()
