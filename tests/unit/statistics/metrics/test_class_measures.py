"""The metrics of more than two classes: scikit-learn's own, and those of resampled rows."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn import metrics

from modelfleet.spec.model import Metric
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.metrics import realized
from modelfleet.statistics.metrics.class_measures import class_measures
from modelfleet.statistics.metrics.expected import expected_class_measures
from modelfleet.statistics.metrics.realized import expected_classes, realised_classes

ROWS, CLASSES = 900, 4
Values = NDArray[np.float64]


def drawn(seed: int, rows: int = ROWS) -> tuple[Values, Values]:
    """Probabilities that are right, and outcomes drawn from them; the last class is rare."""
    rng = np.random.default_rng(seed)
    p = rng.dirichlet([1.0, 1.0, 1.0, 0.2], rows)
    y = (rng.random((rows, 1)) > p.cumsum(axis=1)).sum(axis=1)
    return np.minimum(y, CLASSES - 1).astype(np.float64), p


def measured(y: Values, p: Values) -> dict[Metric, float]:
    """The metrics of rows that count once each."""
    return {metric: on_rows(each, y.size) for metric, each in class_measures(y, p).items()}


def reference(y: Values, p: Values) -> dict[Metric, float]:
    """What scikit-learn says of them."""
    called, labels = p.argmax(axis=1), range(CLASSES)
    return {
        Metric.LOG_LOSS: metrics.log_loss(y, p, labels=labels),
        Metric.BRIER: metrics.brier_score_loss(y, p, labels=labels),
        Metric.ACCURACY: metrics.accuracy_score(y, called),
        Metric.BALANCED_ACCURACY: metrics.balanced_accuracy_score(y, called),
        Metric.F1_MACRO: metrics.f1_score(y, called, average="macro"),
        Metric.ROC_AUC_OVR: metrics.roc_auc_score(y, p, multi_class="ovr", average="macro"),
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_metrics_are_those_of_scikit_learn(seed: int) -> None:
    """Every metric that it has agrees with the reference implementation."""
    y, p = drawn(seed)
    found = measured(y, p)
    for metric, expected in reference(y, p).items():
        assert found[metric] == pytest.approx(expected, abs=1e-12)


def test_weights_are_rows_drawn_again() -> None:
    """A row that counts twice is the row twice, in every measure but the calibration's bins."""
    y, p = drawn(3)
    counts = np.random.default_rng(4).integers(0, 3, ROWS)
    again = np.repeat(np.arange(ROWS), counts)
    measures = class_measures(y, p)
    for metric, expected in reference(y[again], p[again]).items():
        found = measures[metric](counts[None, :].astype(np.float64))[0]
        assert found == pytest.approx(expected, abs=1e-12), metric


def test_the_calibration_error_is_that_of_the_likeliest_class() -> None:
    """Probabilities that are right have none beyond chance, sharpened ones have much."""
    y, p = drawn(5, rows=20_000)
    sharp = p**3 / (p**3).sum(axis=1, keepdims=True)
    honest, bold = (measured(y, each)[Metric.CALIBRATION_ERROR] for each in (p, sharp))
    assert honest < 0.02
    assert bold > 0.1


def test_a_class_that_is_not_there_is_left_out() -> None:
    """A group of rows without a class is measured by the others."""
    y, p = drawn(6)
    there = y != CLASSES - 1
    found = measured(y[there], p[there])
    assert found[Metric.BALANCED_ACCURACY] == pytest.approx(
        np.mean([(p[y == k].argmax(axis=1) == k).mean() for k in range(CLASSES - 1)])
    )
    areas = [metrics.roc_auc_score(y[there] == k, p[there, k]) for k in range(CLASSES - 1)]
    assert found[Metric.ROC_AUC_OVR] == pytest.approx(np.mean(areas))


def test_one_class_alone_tells_nothing_apart() -> None:
    """Metrics that need two classes are left out, and none of them is invented."""
    _, p = drawn(7)
    found = realised_classes(np.zeros(ROWS), p, list(class_measures(np.zeros(ROWS), p)))
    assert set(found) == {Metric.LOG_LOSS, Metric.BRIER, Metric.ACCURACY}


def test_what_was_ruled_out_costs_what_scikit_learn_says() -> None:
    """A class of probability 0 that comes true has a finite loss."""
    y, p = np.array([0.0, 1.0, 2.0]), np.array([[1.0, 0, 0], [0, 1.0, 0], [0, 1.0, 0]])
    expected = metrics.log_loss(y, p, labels=[0, 1, 2])
    assert measured(y, p)[Metric.LOG_LOSS] == pytest.approx(expected)


def test_expectations_are_what_comes_true_on_average() -> None:
    """Over many draws from the same probabilities, realised metrics have the expected means."""
    _, p = drawn(8, rows=400)
    expected = expected_class_measures(p)
    rng = np.random.default_rng(9)
    found: dict[Metric, list[float]] = {metric: [] for metric in expected}
    for _ in range(60):
        y = (rng.random((len(p), 1)) > p.cumsum(axis=1)).sum(axis=1).clip(0, CLASSES - 1)
        realised = measured(y.astype(np.float64), p)
        for metric, values in found.items():
            values.append(realised[metric])
    for metric, values in found.items():
        error = 4 * np.std(values) / np.sqrt(len(values)) + 0.003
        assert on_rows(expected[metric], len(p)) == pytest.approx(np.mean(values), abs=error)


def test_intervals_need_rows_of_each_class() -> None:
    """Means over rows have an interval where one class is rare, means over classes have none."""
    y, p = drawn(10, rows=200)
    wanted = (Metric.LOG_LOSS, Metric.BALANCED_ACCURACY)
    rare = (y != CLASSES - 1) | (np.cumsum(y == CLASSES - 1) < 4)
    found = realised_classes(y[rare], p[rare], wanted)
    assert found[Metric.LOG_LOSS].lower is not None
    assert found[Metric.BALANCED_ACCURACY].lower is None
    whole = realised_classes(*drawn(11), wanted)
    assert all(estimate.lower is not None for estimate in whole.values())
    assert all(each.lower is None for each in expected_classes(p[:20], wanted).values())


def test_many_rows_are_measured_by_some_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every class of all rows would take too long, rows at even distances say the same."""
    monkeypatch.setattr(realized, "_CELLS", 2_000 * CLASSES)
    few, p = drawn(12, rows=1_999)
    y, many = np.tile(few, 10), np.tile(p, (10, 1))
    wanted = (Metric.LOG_LOSS, Metric.ACCURACY)
    for metric, found in realised_classes(y, many, wanted).items():
        assert found.value == pytest.approx(measured(few, p)[metric], abs=0.02)
    expected = expected_classes(many, wanted)[Metric.ACCURACY].value
    assert expected == pytest.approx(p.max(axis=1).mean(), abs=0.02)
