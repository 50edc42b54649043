"""Measures an exported model by what it decides with: its threshold, or its interval."""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.domain.bundle import BundleManifest, PredictionInterval
from modelfleet.domain.encoding import RowEncoding
from modelfleet.domain.errors import BundleError
from modelfleet.domain.ports import Scorer
from modelfleet.domain.spec import Metric, ModelSpec, Task
from modelfleet.pipelines.export import predict
from modelfleet.statistics.bootstrap import Measure
from modelfleet.statistics.conformal import fit_interval
from modelfleet.statistics.measures import binary_measures, regression_measures
from modelfleet.statistics.metrics import binary_metrics, regression_metrics
from modelfleet.statistics.threshold import choose_threshold

Values = NDArray[np.float64]

# A classifier decides by a threshold, a regression by how far around its value the truth may lie.
Rule = float | PredictionInterval


def measure(
    spec: ModelSpec, scorer: Scorer, encoding: RowEncoding, rule: Rule, rows: pd.DataFrame
) -> dict[str, float]:
    """The metrics that a spec declares, on held-out rows that carry the target."""
    return measure_predicted(spec, outcomes(spec, rows), predict(scorer, encoding, rows), rule)


def measure_predicted(
    spec: ModelSpec, y: Values, predicted: Values, rule: Rule
) -> dict[str, float]:
    """The metrics that a spec declares, of outcomes and what was predicted; both shape (n,)."""
    measured: Mapping[Metric, float] = (
        regression_metrics(y, predicted, rule)
        if isinstance(rule, PredictionInterval)
        else binary_metrics(y, predicted, rule)
    )
    return {metric.value: measured[metric] for metric in spec.metrics}


def measures_of(y: Values, predicted: Values, rule: Rule) -> dict[Metric, Measure]:
    """Every metric of the rule's task, for resampling; outcomes and predictions have shape (n,)."""
    if isinstance(rule, PredictionInterval):
        return regression_measures(y, predicted, rule)
    return binary_measures(y, predicted, rule)


def strata_of(y: Values, rule: Rule) -> Values:
    """What resampling keeps the shares of: the outcomes of a classifier, else nothing."""
    return np.zeros_like(y) if isinstance(rule, PredictionInterval) else y


def choose_rule(spec: ModelSpec, y: Values, predicted: Values) -> Rule:
    """The threshold or the interval that a spec asks for, from rows that no model was fitted on.

    Parameters
    ----------
    spec
        The model.
    y, predicted
        Outcomes and probabilities, or values, shape (n,).
    """
    if spec.task is Task.BINARY:
        return choose_threshold(y, predicted, spec.threshold)
    return fit_interval(y, predicted, spec.interval_level)


def outcomes(spec: ModelSpec, rows: pd.DataFrame) -> Values:
    """The target of each row, shape (n,)."""
    return rows[spec.target.column].to_numpy(dtype=np.float64)


def rule_of(manifest: BundleManifest) -> Rule:
    """What a bundle's model decides with.

    Raises
    ------
    BundleError
        If the manifest lacks what its task needs.
    """
    rule = manifest.threshold if manifest.task is Task.BINARY else manifest.interval
    if rule is None:
        raise BundleError(f"{manifest.model} {manifest.version}: no threshold and no interval")
    return rule
