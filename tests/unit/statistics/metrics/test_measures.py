"""Metrics: by hand, and those of scikit-learn on rows repeated as often as they count."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelfleet.spec.metric import Metric
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.metrics.estimates import metric_estimates
from modelfleet.statistics.metrics.measures import binary_measures, r_squared, regression_measures
from tests.scikit_metrics import binary_metrics, regression_metrics

INTERVAL = PredictionInterval(level=0.8, lower_offset=-0.3, upper_offset=0.4, scale="relative")
AT = (Metric.PRECISION_AT_25, Metric.PRECISION_AT_50, Metric.PRECISION_AT_100)
# Bins are made on the rows themselves and places counted by them, so repeated rows get others.
BY_ROWS = {Metric.CALIBRATION_ERROR, *AT}


def binary_rows(seed: int, rows: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Outcomes of both kinds, probabilities with ties, and how often each row counts."""
    rng = np.random.default_rng(seed)
    y = (np.arange(rows) % 3 == 0).astype(float)
    probability = rng.integers(0, 12, rows) / 12
    weights = rng.integers(0, 4, rows).astype(float)
    weights[:2] = 1.0  # one row of each outcome is always there
    return y, probability, weights


@settings(max_examples=60)
@given(seed=st.integers(0, 10_000), rows=st.integers(3, 80))
def test_binary_weights_are_repetitions(seed: int, rows: int) -> None:
    """A row that counts three times is a row that stands there three times, ties included."""
    y, probability, weights = binary_rows(seed, rows)
    repeated = np.repeat(np.arange(rows), weights.astype(int))
    expected = binary_metrics(y[repeated], probability[repeated], 0.5)
    measures = binary_measures(y, probability, 0.5)
    for metric in expected.keys() - BY_ROWS:
        measured = measures[metric](weights[None, :])[0]
        assert measured == pytest.approx(expected[metric], abs=1e-12), metric


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000))
def test_places_of_precision_at_are_filled_by_weight(seed: int) -> None:
    """A row that counts twice takes two of the k places."""
    y, probability, weights = binary_rows(seed, 120)
    repeated = np.repeat(np.arange(120), weights.astype(int))
    measures = binary_measures(y, probability, 0.5)
    for metric in AT:
        measured = measures[metric](weights[None, :])[0]
        expected = binary_metrics(y[repeated], probability[repeated], 0.5)[metric]
        assert measured == pytest.approx(expected, abs=1e-12), metric


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), rows=st.integers(30, 150))
def test_binary_without_weights(seed: int, rows: int) -> None:
    """Rows that count once give the metrics of scikit-learn."""
    y, probability, _ = binary_rows(seed, rows)
    measures = binary_measures(y, probability, 0.5)
    for metric, value in binary_metrics(y, probability, 0.5).items():
        measured = measures[metric](np.ones((1, rows)))[0]
        assert measured == pytest.approx(value, abs=1e-12), metric


@settings(max_examples=40)
@given(seed=st.integers(0, 10_000), rows=st.integers(4, 60))
def test_regression_weights_are_repetitions(seed: int, rows: int) -> None:
    """The same holds of every regression metric."""
    rng = np.random.default_rng(seed)
    y = rng.lognormal(9, 1, rows)
    value = y * rng.lognormal(0, 0.3, rows)
    weights = np.maximum(rng.integers(0, 4, rows), [1, 1, *([0] * (rows - 2))]).astype(float)
    repeated = np.repeat(np.arange(rows), weights.astype(int))
    measures = regression_measures(y, value, INTERVAL)
    for metric, expected in regression_metrics(y[repeated], value[repeated], INTERVAL).items():
        assert measures[metric](weights[None, :])[0] == pytest.approx(expected, rel=1e-9), metric


def test_every_replicate_gets_its_own_value() -> None:
    """Replicates do not mix: each row of weights gives what it would give alone."""
    y, probability, _ = binary_rows(3, 60)
    weights = np.random.default_rng(1).integers(1, 4, (5, 60)).astype(float)
    for measure in binary_measures(y, probability, 0.5).values():
        alone = [measure(row[None, :])[0] for row in weights]
        assert measure(weights) == pytest.approx(np.array(alone), abs=1e-12)


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
    assert on_rows(binary_measures(Y, SCORES, 0.5)[metric], Y.size) == pytest.approx(value)


def test_threshold_itself_is_positive() -> None:
    """A row that stands on the threshold is called positive, as serving calls it."""
    assert on_rows(binary_measures(Y, SCORES, 0.4)[Metric.RECALL], Y.size) == 1.0


@given(st.permutations([0.0] * 45 + [1.0] * 15))
def test_ties_do_not_depend_on_order(outcomes: list[float]) -> None:
    """Rows that all tie give the share of positives, whatever their order."""
    measure = binary_measures(np.array(outcomes), np.full(60, 0.5), 0.5)[Metric.PRECISION_AT_25]
    assert on_rows(measure, 60) == pytest.approx(0.25)


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
    assert on_rows(regression_measures(y, predicted, interval)[metric], y.size) == pytest.approx(
        value
    )


def test_a_target_that_never_varies_is_explained_by_right_values_alone() -> None:
    """As scikit-learn has it, R² is then 1 or 0, and never infinite."""
    y = np.full(5, 3.0)
    assert on_rows(r_squared(y, y), 5) == 1.0
    assert on_rows(r_squared(y, y + 1), 5) == 0.0


def test_a_target_with_zeros_has_no_mape() -> None:
    """A relative error of zero is not defined, and one of almost zero says nothing."""
    rule = PredictionInterval(level=0.8, lower_offset=-1.0, upper_offset=1.0, scale="absolute")
    y = np.array([0.0, 1.0, 2.0, 3.0])
    assert Metric.MAPE not in regression_measures(y, y + 0.5, rule)
    assert Metric.MAPE in regression_measures(y + 1, y + 0.5, rule)
    wanted = (Metric.MAPE, Metric.MAE)
    found = metric_estimates(
        regression_measures(y, y + 0.5, rule), wanted, y, y + 0.5, np.zeros(4), 1
    )
    assert list(found) == [Metric.MAE]


def test_few_covered_rows_say_little_of_the_coverage() -> None:
    """Ten of ten may be 80 % of all rows."""
    rule = PredictionInterval(level=0.8, lower_offset=-1.0, upper_offset=1.0, scale="absolute")
    y = np.arange(10.0)
    found = metric_estimates(
        regression_measures(y, y, rule), [Metric.INTERVAL_COVERAGE], y, y, np.zeros(10), 1
    )[Metric.INTERVAL_COVERAGE]
    assert found.value == 1.0
    assert found.lower is not None
    assert found.lower < 0.8
