"""Measures an exported model by what it decides with: its threshold, classes, or interval."""

import numpy as np
import pandas as pd

from modelfleet.domain.bundle import BundleManifest, PredictionInterval, Rule
from modelfleet.domain.encoding import RowEncoding
from modelfleet.domain.errors import BundleError
from modelfleet.domain.ports import Scorer
from modelfleet.domain.spec import Metric, ModelSpec, Task
from modelfleet.pipelines.export import predict
from modelfleet.pipelines.outcomes import Values, outcomes
from modelfleet.statistics.bootstrap import Measure, on_rows
from modelfleet.statistics.class_measures import class_measures
from modelfleet.statistics.conformal import fit_interval
from modelfleet.statistics.measures import binary_measures, regression_measures
from modelfleet.statistics.threshold import choose_threshold


def measure(
    spec: ModelSpec, scorer: Scorer, encoding: RowEncoding, rule: Rule, rows: pd.DataFrame
) -> dict[str, float]:
    """The metrics that a spec declares, on held-out rows that carry the target."""
    return measure_predicted(spec, outcomes(spec, rows), predict(scorer, encoding, rows), rule)


def measure_predicted(
    spec: ModelSpec, y: Values, predicted: Values, rule: Rule
) -> dict[str, float]:
    """The metrics that a spec declares, of outcomes and what was predicted.

    Both have shape (n,); of more than two classes what was predicted has shape (n, classes).

    Raises
    ------
    ValueError
        If a classifier's outcomes are all the same.
    """
    if spec.task.has_classes and np.unique(y).size < 2:  # noqa: PLR2004 -- two classes
        raise ValueError("all rows have the same outcome, so nothing can be told apart")
    measures = measures_of(y, predicted, rule)
    return {metric.value: on_rows(measures[metric], y.size) for metric in spec.metrics}


def measures_of(y: Values, predicted: Values, rule: Rule) -> dict[Metric, Measure]:
    """Every metric of the rule's task, for resampling; shapes are those of `measure_predicted`."""
    if isinstance(rule, PredictionInterval):
        return regression_measures(y, predicted, rule)
    if isinstance(rule, tuple):
        return class_measures(y, predicted)
    return binary_measures(y, predicted, rule)


def strata_of(y: Values, rule: Rule) -> Values:
    """What resampling keeps the shares of: the outcomes of a classifier, else nothing."""
    return np.zeros_like(y) if isinstance(rule, PredictionInterval) else y


def choose_rule(spec: ModelSpec, y: Values, predicted: Values) -> Rule:
    """The threshold or the interval that a spec asks for, from rows that no model was fitted on.

    Of more than two classes it is the classes themselves.

    Parameters
    ----------
    spec
        The model.
    y, predicted
        Outcomes and probabilities, or values, shape (n,).
    """
    if spec.classes:
        return spec.classes
    if spec.task is Task.BINARY:
        return choose_threshold(y, predicted, spec.threshold)
    return fit_interval(y, predicted, spec.interval_level)


def rule_of(manifest: BundleManifest) -> Rule:
    """What a bundle's model decides with.

    Raises
    ------
    BundleError
        If the manifest lacks what its task needs.
    """
    if manifest.rule is None:
        raise BundleError(f"{manifest.model} {manifest.version}: no threshold and no interval")
    return manifest.rule
