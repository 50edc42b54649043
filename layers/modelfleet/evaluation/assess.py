"""Evaluation of a model on held-out rows: metrics with intervals, overall and per slice."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.evaluation.assess_classes import class_results, top_label
from modelfleet.evaluation.measure import measures_of, strata_of
from modelfleet.evaluation.slices import Group, groups
from modelfleet.spec.model import Metric, ModelSpec, Slices, Task
from modelfleet.statistics.calibration_error import calibration_curve, calibration_noise
from modelfleet.statistics.decision_rule import Rule
from modelfleet.statistics.metrics.estimates import metric_estimates
from modelfleet.statistics.metrics.realized import OVER_CLASSES
from modelfleet.statistics.results import Estimate, Evaluation, SliceResult
from modelfleet.tables.target import outcomes

Values = NDArray[np.float64]

# Seed of the bootstrap; the same rows get the same intervals.
SEED = 1
# With fewer rows of one outcome, a group does not show how well the model discriminates.
_LEAST_OF_EACH_OUTCOME = 10
_SEVERAL = 2


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
    y = outcomes(spec, rows)
    evaluation = Evaluation(
        rows=y.size,
        metrics=_estimates(y, predicted, rule, _metrics(spec)),
        classes=class_results(y, predicted, rule) if isinstance(rule, tuple) else (),
        slice_metric=spec.slices.metric.value if spec.slices else None,
        slices=_slices(spec, spec.slices, rule, rows, y, predicted) if spec.slices else (),
    )
    if spec.task is Task.REGRESSION:
        return evaluation
    true, probability = top_label(y, predicted)
    calibration = {
        "calibration": calibration_curve(true, probability),
        "calibration_noise": calibration_noise(probability, SEED),
    }
    return evaluation.model_copy(update=calibration)


def _metrics(spec: ModelSpec) -> tuple[Metric, ...]:
    wanted = spec.metrics
    if spec.task.has_classes and Metric.CALIBRATION_ERROR not in wanted:
        return (*wanted, Metric.CALIBRATION_ERROR)
    return wanted


def _estimates(
    y: Values, predicted: Values, rule: Rule, wanted: Collection[Metric]
) -> dict[str, Estimate]:
    measures = measures_of(y, predicted, rule)
    estimates = metric_estimates(measures, wanted, y, predicted, strata_of(y, rule), SEED)
    return {metric.value: estimate for metric, estimate in estimates.items()}


def _slices(
    spec: ModelSpec,
    declared: Slices,
    rule: Rule,
    rows: pd.DataFrame,
    y: Values,
    predicted: Values,
) -> tuple[SliceResult, ...]:
    def result(group: Group) -> SliceResult:
        members, count = group.rows, int(group.rows.sum())
        named = {"column": group.column, "group": group.name, "rows": count}
        if note := _obstacle(declared, spec.task, y[members]):
            return SliceResult(**named, note=note)
        estimates = _estimates(y[members], predicted[members], rule, (declared.metric,))
        return SliceResult(**named, estimate=estimates[declared.metric.value])

    return tuple(map(result, _groups(spec, declared, rows)))


def _groups(spec: ModelSpec, declared: Slices, rows: pd.DataFrame) -> Iterator[Group]:
    columns = {column.name: column for column in spec.features.columns()}
    for name, edges in declared.columns.items():
        yield from groups(columns[name], rows[name], edges)


def _obstacle(declared: Slices, task: Task, y: Values) -> str:
    """Return why a group cannot be measured, or an empty string."""
    if y.size < declared.minimum_rows:
        return f"fewer than {declared.minimum_rows} rows"
    if task is Task.REGRESSION:
        return "" if np.unique(y).size > 1 else "the target is constant"
    if task is Task.MULTICLASS:
        return _class_obstacle(declared, y)
    rarer = int(min(y.sum(), y.size - y.sum()))
    if rarer < _LEAST_OF_EACH_OUTCOME:
        return f"too few rows of one outcome: {rarer} of {_LEAST_OF_EACH_OUTCOME}"
    return ""


def _class_obstacle(declared: Slices, y: Values) -> str:
    """Require several classes for macro averages; means over rows need none."""
    counts = np.unique(y, return_counts=True)[1]
    if declared.metric in OVER_CLASSES and (counts >= _LEAST_OF_EACH_OUTCOME).sum() < _SEVERAL:
        return f"fewer than {_SEVERAL} classes with at least {_LEAST_OF_EACH_OUTCOME} rows"
    return ""
