"""Comparison of two models on the same rows, each with its own decision rule."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.evaluation.assess import SEED
from modelfleet.evaluation.measure import dependent_rows, primary_metric, strata
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.bootstrap import Measure, affordable_replicates
from modelfleet.statistics.comparison.delong import delong_test
from modelfleet.statistics.comparison.paired import bootstrap_tests, mcnemar_test
from modelfleet.statistics.decision_rule import Rule
from modelfleet.statistics.results import Comparison, PairedTest
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.target import outcomes

Values = NDArray[np.float64]

# Coverage is best at its nominal level, calibration error near 0: differences do not rank models.
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
    tests = _tests(spec, y, candidate, champion, dependent_rows(spec, rows))
    primary = tests.pop(primary_metric(spec, y))
    return Comparison(
        champion_version=champion.version,
        champion_dataset=champion.dataset_version,
        candidate_dataset=candidate.dataset_version,
        rows=y.size,
        primary=primary,
        others=(*tests.values(), *_decisions(spec, y, candidate, champion)),
    )


def _tests(
    spec: ModelSpec,
    y: Values,
    candidate: Answers,
    champion: Answers,
    related: NDArray[np.generic] | None,
) -> dict[Metric, PairedTest]:
    primary = primary_metric(spec, y)
    wanted = dict.fromkeys((primary, *spec.metrics, *spec.task.kind.always_compared))
    metrics = [m for m in wanted if m == primary or m not in _NO_RIVALRY]
    mine, theirs = (_resampled(spec, y, one, metrics) for one in (candidate, champion))
    replicates = affordable_replicates(candidate.predicted.size)
    found = strata(spec, y)
    tests = bootstrap_tests(mine, theirs, found, SEED, replicates, related) if mine else {}
    if Metric.ROC_AUC in metrics:
        tests[Metric.ROC_AUC] = delong_test(y, candidate.predicted, champion.predicted, related)
    return {metric: tests[metric] for metric in metrics if metric in tests}


def _resampled(
    spec: ModelSpec, y: Values, one: Answers, metrics: Sequence[Metric]
) -> dict[Metric, Measure]:
    found = STATISTICS[spec.task].measures(y, one.predicted, one.rule)
    known = (metric for metric in metrics if metric in found and metric != Metric.ROC_AUC)
    return {metric: found[metric] for metric in known}


def _decisions(
    spec: ModelSpec, y: Values, candidate: Answers, champion: Answers
) -> tuple[PairedTest, ...]:
    decide = STATISTICS[spec.task].decisions
    mine, theirs = (decide(one.predicted, one.rule) for one in (candidate, champion))
    return () if mine is None or theirs is None else (mcnemar_test(y, mine, theirs),)
