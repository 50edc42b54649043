"""Shapley values: what they must satisfy, and what the shap package says of the same rows."""

from typing import Any

import numpy as np
import pytest
import shap
from hypothesis import given, settings
from hypothesis import strategies as st

from modelfleet.statistics.shapley import Attribution, Matrix, Vector, shapley_values

ENOUGH = 1_000_000


def score(rows: Matrix) -> Vector:
    """A model whose columns interact by threes and fours, and which ignores the last of them."""
    x = rows.astype(np.float64)
    made = np.sin(x[:, 0] * x[:, 1]) * np.tanh(x[:, 2] - x[:, 3])
    for column in range(4, rows.shape[1] - 1):
        made = made + np.cos(x[:, column] * x[:, column - 3] + x[:, column - 2])
    return np.asarray(made)


def rows(columns: int, count: int, seed: int = 1) -> Matrix:
    """Rows of which many agree in some columns, as categories do."""
    drawn = np.random.default_rng(seed).normal(size=(count, columns)).astype(np.float32)
    drawn[:, ::2] = np.round(drawn[:, ::2])
    return drawn


def explain(row: Matrix, background: Matrix, evaluations: int, seed: int = 1) -> Attribution:
    """Explain a row of the model above."""
    return shapley_values(
        score,
        row,
        background,
        row_score=float(score(row[None])[0]),
        evaluations=evaluations,
        seed=seed,
    )


def by_shap(row: Matrix, background: Matrix) -> Any:
    """What the shap package's exact explainer says of a row."""
    masker = shap.maskers.Independent(background, max_samples=len(background))
    return shap.explainers.Exact(score, masker)(row[None]).values[0]


@pytest.mark.parametrize("columns", [5, 8, 11])
def test_the_enumerated_values_are_those_of_shap(columns: int) -> None:
    """With enough evaluations, the values are those of shap's exact explainer."""
    row, background = rows(columns, 1)[0], rows(columns, 30, seed=2)
    made = explain(row, background, ENOUGH)
    assert made.exact
    assert made.values == pytest.approx(by_shap(row, background), abs=1e-9)


def test_the_sampled_values_are_those_of_shap_within_their_errors() -> None:
    """Too few evaluations make errors, and the stated standard errors are as large as those."""
    background = rows(11, 30, seed=2)
    distances: list[float] = []
    for seed in range(20):
        row = rows(11, 1, seed=seed)[0]
        made = explain(row, background, 2_000, seed)
        assert not made.exact
        uncertain = made.errors > 1e-9
        wrong = made.values - by_shap(row, background)
        assert wrong[~uncertain] == pytest.approx(0, abs=1e-9)
        distances.extend((wrong[uncertain] / made.errors[uncertain]).tolist())
    spread = float(np.sqrt(np.mean(np.square(distances))))
    assert 0.7 < spread < 1.4, spread


def test_shap_explains_by_permutations_what_is_explained_here() -> None:
    """The package's permutation explainer agrees as well, within the accuracy of both."""
    row, background = rows(8, 1)[0], rows(8, 30, seed=2)
    masker = shap.maskers.Independent(background, max_samples=len(background))
    explainer = shap.explainers.Permutation(score, masker, seed=3)
    theirs = explainer(row[None], max_evals=4_000, silent=True).values[0]
    assert explain(row, background, ENOUGH).values == pytest.approx(theirs, abs=0.02)


@settings(max_examples=50)
@given(
    columns=st.integers(5, 14),
    count=st.integers(1, 12),
    evaluations=st.integers(0, 3_000),
    seed=st.integers(0, 2**32),
)
def test_values_add_up_to_the_score(columns: int, count: int, evaluations: int, seed: int) -> None:
    """However few evaluations there are, base and values make up the row's own score."""
    row, background = rows(columns, 1, seed)[0], rows(columns, count, seed + 1)
    made = explain(row, background, evaluations)
    assert made.base + made.values.sum() == pytest.approx(float(score(row[None])[0]), abs=1e-9)
    assert made.base == pytest.approx(float(score(background).mean()), abs=1e-9)


def test_a_column_that_the_model_ignores_adds_nothing() -> None:
    """The last column has no say, whether its games are enumerated or sampled."""
    row, background = rows(11, 1)[0], rows(11, 30, seed=2)
    for evaluations in (2_000, ENOUGH):
        assert explain(row, background, evaluations).values[-1] == pytest.approx(0, abs=1e-12)


def test_the_same_question_has_the_same_answer() -> None:
    """Values depend on row, background and seed alone."""
    row, background = rows(11, 1)[0], rows(11, 30, seed=2)
    first, again = (explain(row, background, 2_000) for _ in range(2))
    assert (first.values == again.values).all()
    assert (first.errors == again.errors).all()
    assert (explain(row, background, 2_000, seed=2).values != first.values).any()


def test_the_evaluations_are_kept_to() -> None:
    """What is scored is no more than allowed, and most of it is used."""
    row, background = rows(11, 1)[0], rows(11, 30, seed=2)
    for evaluations in (2_000, 5_000, 10_000):
        made = explain(row, background, evaluations)
        assert 0.8 * evaluations < made.evaluations <= evaluations


def test_absent_values_that_agree_are_no_difference() -> None:
    """A number missing on both sides is the same on both sides."""
    background = rows(6, 4)
    row = background[0].copy()
    row[5] = background[:, 5] = np.nan
    made = explain(row, background, ENOUGH)
    assert made.values[5] == 0
    assert made.exact


def test_a_row_that_is_its_own_background_has_nothing_to_explain() -> None:
    """Without a difference there are no contributions, and the base is the score."""
    row = rows(6, 1)[0]
    made = explain(row, row[None], ENOUGH)
    assert not made.values.any()
    assert made.evaluations == 1


def test_columns_of_one_feature_are_one_player() -> None:
    """The values of grouped columns are those of shap's explainer for the features as a whole."""
    row, background = rows(6, 1)[0], rows(6, 30, seed=2)
    owners = np.array([0, 1, 1, 1, 2, 3])
    made = shapley_values(
        score,
        row,
        background,
        row_score=float(score(row[None])[0]),
        evaluations=ENOUGH,
        seed=1,
        owners=owners.tolist(),
    )

    def grouped(masks: Any) -> Vector:
        hybrids = [np.where(mask[owners], row, background) for mask in masks > 0]
        return np.array([score(each).mean() for each in hybrids])

    masker = shap.maskers.Independent(np.zeros((1, 4)), max_samples=1)
    theirs = shap.explainers.Exact(grouped, masker)(np.ones((1, 4))).values[0]
    assert made.exact
    assert made.values == pytest.approx(theirs, abs=1e-9)
