"""Comparison of a model with guessing: one answer to every row."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.evaluation.assess import SEED
from modelfleet.evaluation.compare import Answers
from modelfleet.evaluation.measure import dependent_rows, primary_metric, strata
from modelfleet.spec.model import Metric, ModelSpec
from modelfleet.statistics.bootstrap import Measure, affordable_replicates
from modelfleet.statistics.comparison.delong import delong_test
from modelfleet.statistics.comparison.paired import bootstrap_tests
from modelfleet.statistics.results import PairedTest
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.target import outcomes

Values = NDArray[np.float64]

# These need a decision or an order, which one answer to every row does not have; answers drawn at
# random beat it at the macro F1; and average precision rises when rows are drawn again, so that
# a tenth of random scores would pass.
_WITHOUT_A_GUESS = frozenset(
    {
        *(Metric.RECALL, Metric.PRECISION, Metric.CALIBRATION_ERROR, Metric.F1_MACRO),
        *(Metric.PRECISION_AT_25, Metric.PRECISION_AT_50, Metric.PRECISION_AT_100, Metric.PR_AUC),
    }
)


def compare_with_guessing(spec: ModelSpec, rows: pd.DataFrame, candidate: Answers) -> PairedTest:
    """Test the gate's primary metric against the best constant answer to these very rows.

    For classes that answer is their shares, for a regression the constant with the least loss: the
    mean (RMSE, R²), the median (MAE), or the median weighted by 1 / |y| (MAPE). Where the primary
    metric cannot be compared with a constant, such as recall, the ROC AUC takes its place.

    Parameters
    ----------
    spec
        The model.
    rows
        Features and target of the holdout, shape (n, columns).
    candidate
        The candidate's predictions of these rows.

    Returns
    -------
    PairedTest
        The candidate minus the guess, which stands in for the champion.
    """
    y = outcomes(spec, rows)
    metric = primary_metric(spec, y)
    if metric in _WITHOUT_A_GUESS:
        metric = Metric.ROC_AUC_OVR if spec.classes else Metric.ROC_AUC
    related = dependent_rows(spec, rows)
    guess = np.broadcast_to(_guess(y, candidate.predicted, metric), candidate.predicted.shape)
    if metric is Metric.ROC_AUC:
        return delong_test(y, candidate.predicted, guess, related)
    measures = STATISTICS[spec.task].measures
    mine, theirs = (
        dict[Metric, Measure]({metric: measures(y, predicted, candidate.rule)[metric]})
        for predicted in (candidate.predicted, guess)
    )
    replicates = affordable_replicates(candidate.predicted.size)
    found = strata(spec, y)
    return bootstrap_tests(mine, theirs, found, SEED, replicates, related)[metric]


def _guess(y: Values, predicted: Values, metric: Metric) -> Values:
    if predicted.ndim > 1:
        shares = np.bincount(y.astype(np.int64), minlength=predicted.shape[1]) / y.size
        return np.asarray(shares, dtype=np.float64)
    if metric is Metric.MAE:
        return np.array([np.median(y)])
    if metric is Metric.MAPE:
        return _weighted_median(y, 1.0 / np.abs(y))
    return np.array([y.mean()])


def _weighted_median(y: Values, weights: Values) -> Values:
    order = np.argsort(y)
    cumulated = np.cumsum(weights[order])
    middle: Values = y[order][np.searchsorted(cumulated, [cumulated[-1] / 2.0])]
    return middle
