"""Metrics against values worked out by hand and by scikit-learn."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.spec.model import Metric
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.metrics.values import binary_metrics, precision_at, regression_metrics

Y = np.array([1.0, 0.0, 1.0, 0.0])
SCORES = np.array([0.9, 0.6, 0.4, 0.1])


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Metric.ROC_AUC, 3 / 4),  # of four pairs, one is in the wrong order
        (Metric.PR_AUC, (1 + 2 / 3) / 2),  # mean precision at the two positives
        (Metric.BRIER, (0.01 + 0.36 + 0.36 + 0.01) / 4),
        (Metric.LOG_LOSS, -(np.log(0.9) + np.log(0.4) + np.log(0.4) + np.log(0.9)) / 4),
        (Metric.RECALL, 1 / 2),
        (Metric.PRECISION, 1 / 2),
        (Metric.PRECISION_AT_25, 1 / 2),  # fewer rows than places: all of them count
    ],
)
def test_binary_metric_by_hand(metric: Metric, value: float) -> None:
    """Each classification metric has the value that its definition gives for four rows."""
    assert binary_metrics(Y, SCORES, 0.5)[metric] == pytest.approx(value)


def test_threshold_itself_is_positive() -> None:
    """A row that stands on the threshold is called positive, as serving calls it."""
    assert binary_metrics(Y, SCORES, 0.4)[Metric.RECALL] == 1.0


def test_one_outcome_cannot_be_measured() -> None:
    """Rows with a single outcome are an error and not a metric of NaN."""
    with pytest.raises(ValueError, match="same outcome"):
        binary_metrics(np.ones(3), SCORES[:3], 0.5)


def test_precision_at_takes_the_best() -> None:
    """Precision at k is the share of positives among the k best scores."""
    assert precision_at(Y, SCORES, 1) == 1.0
    assert precision_at(Y, SCORES, 3) == pytest.approx(2 / 3)


@given(st.permutations([0.0, 0.0, 0.0, 1.0]))
def test_ties_do_not_depend_on_order(outcomes: list[float]) -> None:
    """Rows that all tie give the share of positives, whatever their order."""
    assert precision_at(np.array(outcomes), np.full(4, 0.5), 2) == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        (Metric.RMSE, np.sqrt((1 + 4 + 9) / 3)),
        (Metric.MAE, 2.0),
        (Metric.MAPE, (1 / 10 + 2 / 20 + 3 / 30) / 3),
        (Metric.R2, 1 - 14 / 200),
        (Metric.INTERVAL_COVERAGE, 2 / 3),
    ],
)
def test_regression_metric_by_hand(metric: Metric, value: float) -> None:
    """Each regression metric has the value that its definition gives for three rows."""
    interval = PredictionInterval(level=0.8, lower_offset=-2.0, upper_offset=2.0, scale="absolute")
    y, predicted = np.array([10.0, 20.0, 30.0]), np.array([11.0, 18.0, 33.0])
    assert regression_metrics(y, predicted, interval)[metric] == pytest.approx(value)
