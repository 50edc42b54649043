"""Response bodies of predictions."""

from collections.abc import Iterator, Sequence
from typing import Any

from functions.predict.faults import FaultReport
from functions.predict.rows import ROW_DEPTH, Rows
from modelfleet.serving.explain import Explanation
from modelfleet.serving.score import Prediction, Predictions
from modelfleet.spec.model import ModelSpec

# Plain dictionaries, because creating a model for each of 1,000 rows takes longer than scoring.
Answer = dict[str, Any]

_NOT_VALID = "This row is not valid."


def single(spec: ModelSpec, made: Predictions) -> Answer:
    """Return the response for one row."""
    return _row(_made(spec.name, made), made.items[0], spec.class_names)


def batch(spec: ModelSpec, made: Predictions, rows: Rows, report: FaultReport) -> Answer:
    """Return the response for a batch, with each prediction or error at its row's index."""
    shared, classes = _made(spec.name, made), spec.class_names
    items = [_row(shared, item, classes) for item in made.items]
    if rows.faults:
        items = list(_with_errors(iter(items), rows, report))
    return {**shared, "failed": len(rows.faults), "predictions": items}


def ranking(model: str, made: Predictions, request_id: str) -> Answer:
    """The probabilities to rank rows by."""
    return {
        "probabilities": [item.outcome.score for item in made.items],
        "meta": {
            **_made(model, made),
            "count": len(made.items),
            "prediction_ids": [item.prediction_id for item in made.items],
            "request_id": request_id,
        },
    }


def explained(model: str, explanation: Explanation) -> Answer:
    """Return the response with an explanation."""
    errors = [each.standard_error for each in explanation.contributions]
    label = {} if explanation.label is None else {"label": explanation.label}
    return {
        "model": model,
        "version": explanation.version,
        "variant": explanation.variant,
        **label,
        "prediction": explanation.prediction,
        "base_value": explanation.base_value,
        "contributions": explanation.contributions,
        "accuracy": {
            "method": "exact" if explanation.exact else "sampled",
            "evaluations": explanation.evaluations,
            "background_rows": explanation.background_rows,
            "maximum_standard_error": max(errors, default=0.0),
        },
    }


def _made(model: str, made: Predictions) -> Answer:
    return {"model": model, "version": made.version, "variant": made.variant.value}


def _row(shared: Answer, item: Prediction, classes: Sequence[str]) -> Answer:
    answer = {**shared, "prediction_id": item.prediction_id, **item.outcome.body(classes)}
    return answer if item.arm is None else answer | {"version": item.arm[0], "variant": item.arm[1]}


def _with_errors(answered: Iterator[Answer], rows: Rows, report: FaultReport) -> Iterator[Answer]:
    for index in range(rows.count):
        faults = rows.faults.get(index)
        yield next(answered) if faults is None else _row_error(index, faults, report)


def _row_error(index: int, faults: Any, report: FaultReport) -> Answer:
    detail, errors = report.describe(faults, ROW_DEPTH)
    details = {} if errors is None else {"errors": [error.model_dump() for error in errors]}
    return {"index": index, "error": detail or _NOT_VALID, **details}
