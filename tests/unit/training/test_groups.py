"""A model that recognizes customers, on tables with many rows of each."""

from collections.abc import Sequence
from statistics import fmean

import numpy as np
import pandas as pd
import pytest
from imblearn.pipeline import Pipeline
from sklearn.tree import DecisionTreeClassifier

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.datasets.split import split
from modelfleet.evaluation.assess import assess
from modelfleet.evaluation.compare import Answers, compare
from modelfleet.evaluation.guessing import compare_with_guessing
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import GROUP
from modelfleet.spec.model import ModelSpec
from modelfleet.tables.target import outcomes
from modelfleet.tables.validate import Row
from modelfleet.training.candidates.building_blocks import impute
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.fit import fit

CUSTOMERS, EACH = 150, 20


@pytest.fixture(scope="session")
def grouped(binary: ModelSpec) -> ModelSpec:
    """The model with a group for each row."""
    return binary.model_copy(update={"group": "customer"})


@pytest.fixture(scope="session")
def rows() -> Sequence[Row]:
    """Rows whose age and income say whose they are; the label is a coin toss of the customer."""
    rng = np.random.default_rng(3)
    known = zip(
        rng.integers(18, 100, CUSTOMERS),
        rng.uniform(1e3, 9e5, CUSTOMERS),
        rng.integers(0, 2, CUSTOMERS),
        strict=True,
    )
    return [
        {
            "age": int(age),
            "income": float(income + rng.uniform(0, 50)),
            "colour": "red",
            "town": None,
            "bought": float(bought),
            GROUP: f"customer{number}",
        }
        for number, (age, income, bought) in enumerate(known)
        for _ in range(EACH)
    ]


def tree(spec: ModelSpec) -> Pipeline:
    """A pipeline that memorizes its training rows."""
    steps = Pipeline([("impute", impute()), ("tree", DecisionTreeClassifier(random_state=0))])
    return with_encoding(spec, steps)


def training_rows(spec: ModelSpec, rows: Sequence[Row]) -> pd.DataFrame:
    """The training side, as staged."""
    return read_frame(to_parquet(spec, split(spec, rows)[Side.TRAIN]))


def test_folds_do_not_reward_recognizing_a_customer(
    binary: ModelSpec, grouped: ModelSpec, rows: Sequence[Row]
) -> None:
    """Without the group, a coin toss is predicted perfectly; with it, it is a coin toss."""
    scores = {}
    for spec in (binary, grouped):
        validation = CrossValidation.of(spec, training_rows(spec, rows), 0)
        scores[spec.group] = fmean(validation.out_of_fold(tree(spec)).scores)
    assert scores[None] > 0.95
    assert scores["customer"] == pytest.approx(0.5, abs=0.15)


def test_the_holdout_does_not_either(
    binary: ModelSpec, grouped: ModelSpec, rows: Sequence[Row]
) -> None:
    """Accuracy on test rows is that of guessing only if no customer is on two sides."""
    accuracy = {}
    for spec in (binary, grouped):
        pipeline = tree(spec).fit(
            training_rows(spec, rows)[list(spec.feature_names)],
            outcomes(spec, training_rows(spec, rows)),
        )
        test = read_frame(to_parquet(spec, split(spec, rows)[Side.TEST]))
        found = pipeline.predict(test[list(spec.feature_names)])
        accuracy[spec.group] = float((found == outcomes(spec, test)).mean())
    assert accuracy[None] > 0.95
    assert accuracy["customer"] == pytest.approx(0.5, abs=0.2)


def test_calibration_sees_that_unknown_customers_cannot_be_told_apart(
    grouped: ModelSpec, rows: Sequence[Row]
) -> None:
    """Scores of 0 and 1 that are worth nothing on unknown customers become about one half."""
    model = fit(grouped, tree(grouped), training_rows(grouped, rows), 0)
    test = read_frame(to_parquet(grouped, split(grouped, rows)[Side.TEST]))
    assert model.predict(test) == pytest.approx(np.full(len(test), 0.5), abs=0.2)


def test_a_class_in_one_group_cannot_be_calibrated(grouped: ModelSpec, rows: Sequence[Row]) -> None:
    """The error says so, instead of one from scikit-learn about a single class."""
    frame = training_rows(grouped, rows)
    frame["bought"] = (frame[GROUP] == frame[GROUP][0]).astype(float)
    with pytest.raises(DatasetError, match="a class of bought occurs in a single group"):
        CrossValidation.of(grouped, frame, 0)


def test_intervals_and_tests_know_that_rows_of_a_customer_are_alike(
    binary: ModelSpec, grouped: ModelSpec, rows: Sequence[Row]
) -> None:
    """Scores drawn per customer have a wide interval, and do not beat guessing or each other."""
    test = read_frame(to_parquet(grouped, rows))
    customers = test[GROUP].factorize()[0]
    rng = np.random.default_rng(1)
    first, second = (rng.uniform(0.2, 0.8, CUSTOMERS)[customers] for _ in range(2))
    widths, noises = [], []
    for spec in (binary, grouped):
        found = assess(spec, 0.5, test, first)
        metric = found.metrics["roc_auc"]
        assert metric.lower is not None
        assert metric.upper is not None
        widths.append(metric.upper - metric.lower)
        noises.append(found.calibration_noise or 0.0)
    assert widths[1] > 3 * widths[0]
    assert noises[1] > 3 * noises[0] > 0.0
    one, other = (Answers("1", "a", scores, 0.5) for scores in (first, second))
    tests = (
        compare(grouped, test, one, other).primary,
        compare_with_guessing(grouped, test, one),
    )
    for found_test in tests:
        assert found_test.lower is not None
        assert found_test.upper is not None
        assert found_test.lower < 0.0 < found_test.upper
