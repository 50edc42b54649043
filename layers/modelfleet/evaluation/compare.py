"""Comparison of two models on the same rows, each with its own decision rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.evaluation.assess import SEED
from modelfleet.evaluation.measure import measures_of, strata_of
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.bootstrap import Measure, affordable_replicates
from modelfleet.statistics.comparison.delong import delong_test
from modelfleet.statistics.comparison.paired import bootstrap_tests, mcnemar_test
from modelfleet.statistics.decision_rule import Rule
from modelfleet.statistics.results import Comparison, PairedTest
from modelfleet.tables.target import outcomes

Values = NDArray[np.float64]

# These have a target value or are bounded by noise, so a difference does not rank two models.
_NO_RIVALRY = frozenset({Metric.CALIBRATION_ERROR, Metric.INTERVAL_COVERAGE})


@dataclass(frozen=True)
class Answers:
    """A version's predictions and its decision rule.

    `predicted` has shape (n,), or (n, classes) for more than two classes.
    """

    version: str
    dataset_version: str
    predicted: Values
    rule: Rule


def compare(
    spec: ModelSpec, rows: pd.DataFrame, candidate: Answers, champion: Answers
) -> Comparison:
    """Run paired tests of every metric in the spec, the gate's primary metric first.

    ROC AUC is compared by DeLong's test, other metrics by the paired bootstrap, and decisions (at
    each model's threshold, or the most probable class) by McNemar's test.

    Parameters
    ----------
    spec
        The model.
    rows
        Features and target, shape (n, columns).
    candidate, champion
        Predictions of both models for these rows.
    """
    y = outcomes(spec, rows)
    tests = _tests(spec, y, candidate, champion)
    primary = tests.pop(spec.gate.primary)
    return Comparison(
        champion_version=champion.version,
        champion_dataset=champion.dataset_version,
        candidate_dataset=candidate.dataset_version,
        rows=y.size,
        primary=primary,
        others=(*tests.values(), *_decisions(y, candidate, champion)),
    )


def _tests(
    spec: ModelSpec, y: Values, candidate: Answers, champion: Answers
) -> dict[Metric, PairedTest]:
    # The gate checks the Brier score even if the spec does not list it.
    always = (Metric.BRIER,) if spec.task.has_classes else ()
    wanted = dict.fromkeys((spec.gate.primary, *spec.metrics, *always))
    metrics = [m for m in wanted if m == spec.gate.primary or m not in _NO_RIVALRY]
    mine, theirs = (_resampled(y, one, metrics) for one in (candidate, champion))
    replicates = affordable_replicates(candidate.predicted.size)
    strata = strata_of(y, candidate.rule)
    tests = bootstrap_tests(mine, theirs, strata, SEED, replicates) if mine else {}
    if Metric.ROC_AUC in metrics:
        tests[Metric.ROC_AUC] = delong_test(y, candidate.predicted, champion.predicted)
    return {metric: tests[metric] for metric in metrics}


def _resampled(y: Values, one: Answers, metrics: Sequence[Metric]) -> dict[Metric, Measure]:
    measures = measures_of(y, one.predicted, one.rule)
    return {metric: measures[metric] for metric in metrics if metric != Metric.ROC_AUC}


def _decisions(y: Values, candidate: Answers, champion: Answers) -> tuple[PairedTest, ...]:
    mine, theirs = (_called(one) for one in (candidate, champion))
    return () if mine is None or theirs is None else (mcnemar_test(y, mine, theirs),)


def _called(one: Answers) -> Values | None:
    """Return the decided outcome or class index of each row; `None` for a regression."""
    if isinstance(one.rule, float):
        return np.asarray(one.predicted >= one.rule, dtype=np.float64)
    if isinstance(one.rule, tuple):
        return np.asarray(one.predicted.argmax(axis=1), dtype=np.float64)
    return None
