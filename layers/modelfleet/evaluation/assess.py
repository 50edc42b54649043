"""Evaluates a model on held-out rows: metrics with intervals, and per slice."""

from collections.abc import Collection, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.evaluation.measure import strata
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

# Of the resampling: the same rows have the same intervals.
SEED = 1


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
    wanted = dict.fromkeys((*spec.metrics, *spec.task.kind.always_measured))
    found = Evaluation(
        rows=y.size,
        metrics=_estimates(spec, y, predicted, rule, wanted),
        classes=class_results(y, predicted, spec.classes),
        slice_metric=spec.slices.metric.value if spec.slices else None,
        slices=_slices(spec, spec.slices, rule, rows, y, predicted) if spec.slices else (),
    )
    confidence = STATISTICS[spec.task].confidence(y, predicted)
    if confidence is None:
        return found
    true, probability = confidence
    calibration = {
        "calibration": calibration_curve(true, probability),
        "calibration_noise": calibration_noise(probability, SEED),
    }
    return found.model_copy(update=calibration)


def _estimates(
    spec: ModelSpec, y: Values, predicted: Values, rule: Rule, wanted: Collection[Metric]
) -> dict[str, Estimate]:
    measures = STATISTICS[spec.task].measures(y, predicted, rule)
    found = metric_estimates(measures, wanted, y, predicted, strata(spec, y), SEED)
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
        if count < declared.minimum_rows:
            return SliceResult(**named, note=f"fewer than {declared.minimum_rows} rows")
        if note := STATISTICS[spec.task].obstacle(declared.metric, y[here]):
            return SliceResult(**named, note=note)
        found = _estimates(spec, y[here], predicted[here], rule, (declared.metric,))
        return SliceResult(**named, estimate=found[declared.metric.value])

    return tuple(map(result, _groups(spec, declared, rows)))


def _groups(spec: ModelSpec, declared: Slices, rows: pd.DataFrame) -> Iterator[Group]:
    columns = {column.name: column for column in spec.features.columns()}
    for name, edges in declared.columns.items():
        yield from groups(columns[name], rows[name], edges)


def class_results(y: Values, predicted: Values, classes: Classes) -> tuple[ClassResult, ...]:
    """How much of each class is found, and how much of what is called so is it.

    Parameters
    ----------
    y
        The index of each row's class, shape (n,).
    predicted
        Of each class, shape (n, classes).
    classes
        The classes' names; without any there is no result.
    """
    called = predicted.argmax(axis=-1)
    return tuple(_class(name, y == k, called == k) for k, name in enumerate(classes))


def _class(name: str, there: NDArray[np.bool_], called: NDArray[np.bool_]) -> ClassResult:
    """How many rows of a class are found, and how many of those called so are it."""
    right = int((there & called).sum())
    rows, calls = int(there.sum()), int(called.sum())
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
