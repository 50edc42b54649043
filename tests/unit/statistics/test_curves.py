"""The points that plots are drawn of, against scikit-learn and SciPy."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.stats import binomtest
from sklearn import metrics

from modelfleet.statistics.curves import (
    confusion,
    precision_recall_points,
    roc_points,
    score_shares,
    share_interval,
    value_groups,
)

Values = NDArray[np.float64]


def scored(rows: int, seed: int = 0) -> tuple[Values, Values]:
    """Outcomes and scores that know something of them."""
    rng = np.random.default_rng(seed)
    y = (rng.random(rows) < 0.3).astype(np.float64)
    return y, np.clip(rng.normal(0.3 + 0.3 * y, 0.2), 0.0, 1.0)


def test_few_rows_give_scikit_learns_curves() -> None:
    """Where every point can be seen, the curves are scikit-learn's own."""
    y, scores = scored(60)
    alarms, recall, _ = metrics.roc_curve(y, scores)
    assert roc_points(y, scores) == list(zip(alarms, recall, strict=True))
    precision, recall, _ = metrics.precision_recall_curve(y, scores)
    assert precision_recall_points(y, scores) == list(zip(recall, precision, strict=True))


def test_many_rows_give_few_points_on_the_curve() -> None:
    """A long curve is thinned: its ends stay, its points lie on it, its area hardly changes."""
    y, scores = scored(20_000)
    points = roc_points(y, scores)
    assert len(points) <= 200
    assert (points[0], points[-1]) == ((0.0, 0.0), (1.0, 1.0))
    assert set(points) <= set(zip(*metrics.roc_curve(y, scores)[:2], strict=True))
    area = metrics.auc(*zip(*points, strict=True))
    assert area == pytest.approx(metrics.roc_auc_score(y, scores), abs=1e-3)


def test_confusion_counts_the_threshold_itself_as_positive() -> None:
    """Counts are scikit-learn's, and a score at the threshold is called."""
    y, scores = scored(500)
    threshold = float(scores[0])
    counts = confusion(y, scores, threshold)
    expected = metrics.confusion_matrix(y, scores >= threshold).ravel()
    found = counts.true_negative, counts.false_positive, counts.false_negative, counts.true_positive
    assert found == tuple(expected)


def test_score_shares_add_up_within_each_class() -> None:
    """Both histograms add up to 1, the score 1.0 included; a class that is absent has zeros."""
    y = np.array([0.0, 0.0, 0.0, 1.0])
    negative, positive = score_shares(y, np.array([0.0, 0.05, 0.95, 1.0]), 10)
    assert negative.tolist() == pytest.approx([2 / 3, *[0.0] * 8, 1 / 3])
    assert positive.tolist() == [*[0.0] * 9, 1.0]
    _, absent = score_shares(np.zeros(4), np.full(4, 0.5), 10)
    assert absent.tolist() == [0.0] * 10


@given(rows=st.integers(1, 500), share=st.floats(0.0, 1.0))
def test_share_interval_is_wilsons(rows: int, share: float) -> None:
    """The interval of a share is SciPy's score interval, and contains the share."""
    hits = round(share * rows)
    lower, upper = share_interval(hits / rows, rows)
    expected = binomtest(hits, rows).proportion_ci(0.95, method="wilson")
    assert (lower, upper) == pytest.approx((expected.low, expected.high), abs=1e-6)
    assert lower - 1e-12 <= hits / rows <= upper + 1e-12


def test_value_groups_are_tenths_by_prediction() -> None:
    """Ten groups of as many rows, by rising prediction, each with its quantiles and coverage."""
    value = np.arange(1.0, 101.0)[::-1]
    y = value - 2.0
    y[value > 90] = 0.0
    groups = value_groups(y, value, value - 5.0, value + 5.0)
    assert [group.typical for group in groups] == [5.5 + 10 * n for n in range(10)]
    assert [group.coverage for group in groups] == [1.0] * 9 + [0.0]
    assert groups[0].residuals == (2.0, 2.0, 2.0)
    assert groups[0].coverage_ends == share_interval(1.0, 10)


def test_fewer_rows_than_groups() -> None:
    """A few rows make as many groups."""
    values = np.array([1.0, 2.0, 3.0])
    assert len(value_groups(values, values, values, values)) == 3
