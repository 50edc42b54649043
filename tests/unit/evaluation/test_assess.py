"""Measures with intervals and by group, on scores that were made for it."""

from functools import cache

import numpy as np
import pandas as pd
import pytest

from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.evaluation.assess import assess
from modelfleet.evaluation.measure import measure_predicted
from modelfleet.spec.model import Metric, Slices
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.results import Evaluation, SliceResult
from tests.scikit_metrics import binary_metrics, regression_metrics
from tests.training import frame

CHURN, CARS = find("bankchurn"), find("carvision")
INTERVAL = PredictionInterval(level=0.8, lower_offset=-0.3, upper_offset=0.3, scale="relative")


@cache
def churn_rows() -> pd.DataFrame:
    """Customers with their outcome."""
    return frame("bankchurn", Side.TRAIN)


@cache
def scores() -> np.ndarray:
    """Probabilities that say something of the outcome; in Germany they are drawn at random."""
    rng = np.random.default_rng(1)
    y = churn_rows()["Exited"].to_numpy()
    informed = 1 / (1 + np.exp(-rng.normal(2.5 * y - 2.0)))
    return np.where(churn_rows()["Geography"] == "Germany", rng.random(y.size), informed)


@cache
def churn() -> Evaluation:
    """The classifier's evaluation."""
    return assess(CHURN, 0.4, churn_rows(), scores())


def group(evaluation: Evaluation, name: str) -> SliceResult:
    """One group."""
    return next(found for found in evaluation.slices if found.name == name)


def test_every_metric_of_the_spec_has_an_interval_around_it() -> None:
    """Values are those that are reported, and lie within their intervals."""
    expected = binary_metrics(churn_rows()["Exited"].to_numpy(), scores(), 0.4)
    assert churn().metrics.keys() == {metric.value for metric in CHURN.metrics}
    assert churn().rows == len(churn_rows())
    for name, found in churn().metrics.items():
        assert found.value == pytest.approx(expected[Metric(name)], abs=1e-12), name
        assert found.lower is not None, name
        assert found.upper is not None, name
        assert found.lower <= found.value <= found.upper, name
        assert found.lower < found.upper, name


def test_a_regression_has_its_own_metrics_and_no_calibration() -> None:
    """A value is measured in its unit, with how often its interval held."""
    rows = frame("carvision", Side.TEST)
    value = rows["price"].to_numpy() * np.random.default_rng(2).lognormal(0, 0.3, len(rows))
    found = assess(CARS, INTERVAL, rows, value)
    expected = regression_metrics(rows["price"].to_numpy(), value, INTERVAL)
    assert found.values == pytest.approx({m.value: expected[m] for m in CARS.metrics})
    assert found.calibration == ()
    assert found.calibration_noise is None
    assert {one.column for one in found.slices} == set(CARS.slices.columns if CARS.slices else ())


def test_one_outcome_cannot_be_measured() -> None:
    """Rows with a single outcome are an error and not a metric of NaN."""
    with pytest.raises(ValueError, match="same outcome"):
        measure_predicted(CHURN, np.ones(3), np.array([0.9, 0.6, 0.4]), 0.5)


def test_calibration_is_measured_whatever_the_spec_names() -> None:
    """A classifier's calibration error is there for the gate, with its curve and its noise."""
    without = CHURN.model_copy(update={"metrics": (Metric.ROC_AUC,), "slices": None})
    found = assess(without, 0.4, churn_rows(), scores())
    assert found.metrics.keys() == {"roc_auc", "calibration_error"}
    assert sum(point.rows for point in found.calibration) == found.rows
    assert found.calibration_noise is not None
    assert 0 < found.calibration_noise < found.values["calibration_error"]
    assert (found.slice_metric, found.slices) == (None, ())


def test_each_group_is_measured_by_itself() -> None:
    """Where the scores say nothing, the group's area is a half."""
    germany, france = (group(churn(), f"Geography = {name}") for name in ("Germany", "France"))
    assert germany.estimate is not None
    assert france.estimate is not None
    assert germany.estimate.lower is not None
    assert germany.estimate.upper is not None
    assert germany.estimate.lower < 0.5 < germany.estimate.upper
    assert france.estimate.value > 0.9


def test_a_group_that_cannot_be_measured_says_why() -> None:
    """Too few rows, or too few of one outcome, give a note in place of a value."""
    old = group(churn(), "Age = 60 or more")
    assert old.estimate is None
    assert old.note == "fewer than 100 rows"
    sliced = CHURN.model_copy(
        update={"slices": Slices(columns={"Gender": ()}, metric=Metric.BRIER, limit=0.3)}
    )
    rows = churn_rows().assign(Exited=(churn_rows()["Gender"] == "Male").astype(float))
    found = assess(sliced, 0.4, rows, scores())
    assert [one.note for one in found.slices] == ["too few rows of one outcome: 0 of 10"] * 2


def test_a_value_that_never_varies_in_a_group_says_so() -> None:
    """Nothing can be explained of a target that is the same in the whole group."""
    rows = frame("carvision", Side.TRAIN)
    declared = Slices(columns={"fuel": ()}, metric=Metric.R2, limit=0.0)
    same = rows.assign(price=rows["price"].where(rows["fuel"] != "gas", 9_000.0))
    spec = CARS.model_copy(update={"slices": declared})
    found = assess(spec, INTERVAL, same, same["price"].to_numpy() + 1.0)
    assert group(found, "fuel = gas").note == "the target is constant"


def test_the_same_rows_give_the_same_evaluation() -> None:
    """Resampling is seeded: a retry finds the same ends to the last digit."""
    assert assess(CHURN, 0.4, churn_rows(), scores()) == churn()
