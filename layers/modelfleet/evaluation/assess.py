"""Evaluates a model on held-out rows: metrics with intervals, and per slice."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.evaluation.assess_classes import class_results, told
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

# Of the resampling: the same rows have the same intervals.
SEED = 1
# A group with fewer of one outcome says nothing of how the model tells outcomes apart.
_LEAST_OF_EACH_OUTCOME = 10
_SEVERAL = 2


def assess(spec: ModelSpec, rule: Rule, rows: pd.DataFrame, predicted: Values) -> Evaluation:
    """Measure predictions of held-out rows.

    Parameters
    ----------
    spec
        The model; its metrics are measured, a classifier's calibration error always.
    rule
        What the model decides with.
    rows
        Features and target, shape (n, columns).
    predicted
        Probabilities or values as the exported model answers them, shape (n,), or of more than two
        classes (n, classes).
    """
    y = outcomes(spec, rows)
    found = Evaluation(
        rows=y.size,
        metrics=_estimates(y, predicted, rule, _metrics(spec)),
        classes=class_results(y, predicted, rule) if isinstance(rule, tuple) else (),
        slice_metric=spec.slices.metric.value if spec.slices else None,
        slices=_slices(spec, spec.slices, rule, rows, y, predicted) if spec.slices else (),
    )
    if spec.task is Task.REGRESSION:
        return found
    true, probability = told(y, predicted)
    calibration = {
        "calibration": calibration_curve(true, probability),
        "calibration_noise": calibration_noise(probability, SEED),
    }
    return found.model_copy(update=calibration)


def _metrics(spec: ModelSpec) -> tuple[Metric, ...]:
    wanted = spec.metrics
    if spec.task.has_classes and Metric.CALIBRATION_ERROR not in wanted:
        return (*wanted, Metric.CALIBRATION_ERROR)
    return wanted


def _estimates(
    y: Values, predicted: Values, rule: Rule, wanted: Collection[Metric]
) -> dict[str, Estimate]:
    measures = measures_of(y, predicted, rule)
    found = metric_estimates(measures, wanted, y, predicted, strata_of(y, rule), SEED)
    return {metric.value: estimate for metric, estimate in found.items()}


def _slices(
    spec: ModelSpec,
    declared: Slices,
    rule: Rule,
    rows: pd.DataFrame,
    y: Values,
    predicted: Values,
) -> tuple[SliceResult, ...]:
    def result(group: Group) -> SliceResult:
        here, count = group.rows, int(group.rows.sum())
        named = {"column": group.column, "group": group.name, "rows": count}
        if note := _obstacle(declared, spec.task, y[here]):
            return SliceResult(**named, note=note)
        found = _estimates(y[here], predicted[here], rule, (declared.metric,))
        return SliceResult(**named, estimate=found[declared.metric.value])

    return tuple(map(result, _groups(spec, declared, rows)))


def _groups(spec: ModelSpec, declared: Slices, rows: pd.DataFrame) -> Iterator[Group]:
    columns = {column.name: column for column in spec.features.columns()}
    for name, edges in declared.columns.items():
        yield from groups(columns[name], rows[name], edges)


def _obstacle(declared: Slices, task: Task, y: Values) -> str:
    """Why a group cannot be measured, in words; empty where it can."""
    if y.size < declared.minimum_rows:
        return f"fewer than {declared.minimum_rows} rows"
    if task is Task.REGRESSION:
        return "" if np.unique(y).size > 1 else "its target never varies"
    if task is Task.MULTICLASS:
        return _class_obstacle(declared, y)
    rarer = int(min(y.sum(), y.size - y.sum()))
    return f"{rarer} rows of one outcome" if rarer < _LEAST_OF_EACH_OUTCOME else ""


def _class_obstacle(declared: Slices, y: Values) -> str:
    """A mean over rows says something of a group of any classes, a mean over classes of several."""
    counts = np.unique(y, return_counts=True)[1]
    if declared.metric in OVER_CLASSES and (counts >= _LEAST_OF_EACH_OUTCOME).sum() < _SEVERAL:
        return f"fewer than {_SEVERAL} classes with {_LEAST_OF_EACH_OUTCOME} rows"
    return ""
