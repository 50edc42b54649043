"""Evaluation of a model on held-out rows: metrics with intervals, overall and per slice."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.evaluation.measure import dependent_rows, strata
from modelfleet.evaluation.slices import Group, groups
from modelfleet.spec.model import Metric, ModelSpec, Slices
from modelfleet.statistics.calibration_error import calibration_curve, calibration_noise
from modelfleet.statistics.curves import share_interval
from modelfleet.statistics.decision_rule import Classes, Rule
from modelfleet.statistics.metrics.estimates import metric_estimates
from modelfleet.statistics.results import ClassResult, Estimate, Evaluation, SliceResult
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.target import outcomes

Values = NDArray[np.float64]
Related = NDArray[np.generic] | None

# Seed of the bootstrap; the same rows get the same intervals.
SEED = 1


def assess(spec: ModelSpec, rule: Rule, rows: pd.DataFrame, predicted: Values) -> Evaluation:
    """Evaluate predictions on held-out rows.

    Parameters
    ----------
    spec
        The model. Its metrics are measured and, for a classifier, always the calibration error.
    rule
        The model's decision rule.
    rows
        Features and target, shape (n, columns).
    predicted
        Probabilities or values from the exported model, shape (n,), or class probabilities, shape
        (n, classes).
    """
    y, related = outcomes(spec, rows), dependent_rows(spec, rows)
    wanted = dict.fromkeys((*spec.metrics, *spec.task.kind.always_measured))
    evaluation = Evaluation(
        rows=y.size,
        metrics=_estimates(spec, y, predicted, rule, wanted, related),
        classes=class_results(y, predicted, spec.classes),
        slice_metric=spec.slices.metric.value if spec.slices else None,
        slices=_slices(spec, spec.slices, rule, rows, y, predicted, related) if spec.slices else (),
    )
    confidence = STATISTICS[spec.task].confidence(y, predicted)
    if confidence is None:
        return evaluation
    true, probability = confidence
    calibration = {
        "calibration": calibration_curve(true, probability),
        "calibration_noise": calibration_noise(probability, SEED)
        * _design_effect(true - probability, related) ** 0.5,
    }
    return evaluation.model_copy(update=calibration)


def _design_effect(errors: Values, related: Related) -> float:
    """Return by how much dependent rows increase the variance of the mean error (Kish 1965)."""
    total = float((errors**2).sum())
    if related is None or total == 0.0:
        return 1.0
    sums = np.bincount(np.unique(related, return_inverse=True)[1], weights=errors)
    return max(1.0, float((sums**2).sum()) / total)


def _estimates(
    spec: ModelSpec,
    y: Values,
    predicted: Values,
    rule: Rule,
    wanted: Collection[Metric],
    related: Related,
) -> dict[str, Estimate]:
    measures = STATISTICS[spec.task].measures(y, predicted, rule)
    estimates = metric_estimates(measures, wanted, y, predicted, strata(spec, y), SEED, related)
    return {metric.value: estimate for metric, estimate in estimates.items()}


def _slices(
    spec: ModelSpec,
    declared: Slices,
    rule: Rule,
    rows: pd.DataFrame,
    y: Values,
    predicted: Values,
    related: Related,
) -> tuple[SliceResult, ...]:
    def result(group: Group) -> SliceResult:
        members, count = group.rows, int(group.rows.sum())
        named = {"column": group.column, "group": group.name, "rows": count}
        if count < declared.minimum_rows:
            return SliceResult(**named, note=f"fewer than {declared.minimum_rows} rows")
        if note := STATISTICS[spec.task].obstacle(declared.metric, y[members]):
            return SliceResult(**named, note=note)
        some = None if related is None else related[members]
        metric = (declared.metric,)
        estimates = _estimates(spec, y[members], predicted[members], rule, metric, some)
        return SliceResult(**named, estimate=estimates[declared.metric.value])

    return tuple(map(result, _groups(spec, declared, rows)))


def _groups(spec: ModelSpec, declared: Slices, rows: pd.DataFrame) -> Iterator[Group]:
    columns = {column.name: column for column in spec.features.columns()}
    for name, edges in declared.columns.items():
        yield from groups(columns[name], rows[name], edges)


def class_results(y: Values, predicted: Values, classes: Classes) -> tuple[ClassResult, ...]:
    """Return recall and precision of each class.

    Parameters
    ----------
    y
        Class index of each row, shape (n,).
    predicted
        Class probabilities, shape (n, classes).
    classes
        Class names; without any, the result is empty.
    """
    called = predicted.argmax(axis=-1)
    return tuple(_class(name, y == k, called == k) for k, name in enumerate(classes))


def _class(name: str, actual: NDArray[np.bool_], called: NDArray[np.bool_]) -> ClassResult:
    """Return recall and precision of one class."""
    right = int((actual & called).sum())
    rows, calls = int(actual.sum()), int(called.sum())
    return ClassResult(
        name=name,
        rows=rows,
        called=calls,
        recall=_share(right, rows) if rows else Estimate(value=0.0),
        precision=_share(right, calls) if calls else None,
    )


def _share(part: int, whole: int) -> Estimate:
    lower, upper = share_interval(part / whole, whole)
    return Estimate(value=part / whole, lower=lower, upper=upper)
