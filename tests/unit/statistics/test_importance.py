"""Permutation importance on models of which one knows what they go by."""

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.inspection import permutation_importance as reference
from sklearn.linear_model import LinearRegression

from modelfleet.statistics.importance import Importance, permutation_importance

Values = NDArray[np.float64]

WEIGHTS = np.array([3.0, 0.0, 1.0])
MATRIX = np.random.default_rng(0).normal(size=(2_000, 3))
Y = MATRIX @ WEIGHTS


def predict(matrix: Values) -> Values:
    """A model that goes by the first and the last column."""
    return np.asarray(matrix @ WEIGHTS)


def mean_square(predicted: Values) -> float:
    """The loss."""
    return float(((Y - predicted) ** 2).mean())


def found(seed: int = 1, repeats: int = 5) -> tuple[Importance, ...]:
    """The importance of the three columns."""
    owners = (0, 1, 2)
    return permutation_importance(predict, MATRIX, tuple("abc"), owners, mean_square, seed, repeats)


def test_the_inputs_of_a_column_are_shuffled_together() -> None:
    """Two inputs that cancel each other out matter to no one as one column."""
    matrix = np.column_stack([MATRIX[:, 0], -MATRIX[:, 0], MATRIX[:, 2]])
    made = permutation_importance(
        lambda rows: np.asarray(rows.sum(axis=1)),
        matrix,
        ("pair", "alone"),
        (0, 0, 1),
        lambda predicted: float(((matrix.sum(axis=1) - predicted) ** 2).mean()),
        1,
        2,
    )
    losses = {each.column: each.loss for each in made}
    assert losses["pair"] == pytest.approx(0.0, abs=1e-12)
    assert losses["alone"] > 1


def test_what_the_model_goes_by_comes_first() -> None:
    """Columns are in the order of their weight, and one without weight loses nothing at all."""
    assert [each.column for each in found()] == ["a", "c", "b"]
    assert (found()[-1].loss, found()[-1].spread) == (0.0, 0.0)


def test_it_is_scikit_learns_measure() -> None:
    """The mean loss is that of scikit-learn's own permutation importance, within its spread."""
    model = LinearRegression().fit(MATRIX, Y)
    theirs = reference(
        model, MATRIX, Y, scoring="neg_mean_squared_error", n_repeats=20, random_state=0
    ).importances_mean
    ours = {each.column: each.loss for each in found(repeats=20)}
    assert [ours[name] for name in "abc"] == pytest.approx(theirs.tolist(), rel=0.05, abs=1e-9)


def test_it_is_the_known_loss() -> None:
    """A shuffled column of weight w and variance v costs 2 w² v in mean square."""
    expected = 2.0 * WEIGHTS[0] ** 2 * MATRIX[:, 0].var()
    assert found(repeats=20)[0].loss == pytest.approx(expected, rel=0.05)


def test_same_seed_same_numbers() -> None:
    """The permutations are the seed's, and the rows are left as they were."""
    before = MATRIX.copy()
    assert found(seed=7) == found(seed=7)
    assert found(seed=7) != found(seed=8)
    assert np.array_equal(before, MATRIX)
