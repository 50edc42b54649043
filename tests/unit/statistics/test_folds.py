"""Dividing rows into folds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.model_selection import KFold, StratifiedKFold

from modelfleet.spec.task import Task
from modelfleet.statistics.folds import Folds, divide, rarest, stratified

Floats = NDArray[np.float64]

TASKS = st.sampled_from(list(Task))
# A class, a group, and a time for each row.
ROWS = st.lists(
    st.tuples(st.integers(0, 2), st.integers(0, 12), st.integers(0, 9)), min_size=12, max_size=80
)


def columns(task: Task, rows: list[tuple[int, int, int]]) -> tuple[Floats, Floats, Floats]:
    """Target, groups, and times of rows; a binary target has two classes."""
    table = np.array(rows, dtype=np.float64)
    y = np.minimum(table[:, 0], 1.0) if task is Task.BINARY else table[:, 0]
    return y, table[:, 1], table[:, 2]


def shared(folds: Folds, keys: Floats) -> list[set[float]]:
    """The keys on both sides of each fold."""
    return [set(keys[fitted_on]) & set(keys[left_out]) for fitted_on, left_out in folds]


@given(task=TASKS, rows=ROWS, count=st.integers(2, 6), seed=st.integers(0, 9))
def test_no_group_is_on_both_sides(
    task: Task, rows: list[tuple[int, int, int]], count: int, seed: int
) -> None:
    """Whatever the groups, they stay whole, and every row is left out exactly once."""
    y, groups, _ = columns(task, rows)
    folds = divide(task, y, count, seed, groups)
    assert 2 <= len(folds) <= count
    assert not any(shared(folds, groups))
    assert sorted(np.concatenate([left_out for _, left_out in folds])) == list(range(y.size))


@given(task=TASKS, rows=ROWS, grouped=st.booleans(), seed=st.integers(0, 9))
def test_later_rows_are_left_out(
    task: Task, rows: list[tuple[int, int, int]], grouped: bool, seed: int
) -> None:
    """Folds by time are fitted on earlier rows alone, and keep groups on one side."""
    y, groups, times = columns(task, rows)
    # One row of each class at each end, so that there are folds by time.
    ends = np.arange(3.0) if task is Task.MULTICLASS else np.arange(2.0)
    y = np.concatenate([*[ends] * 4, y])
    times = np.concatenate([np.repeat([-4.0, -3.0, 10.0, 11.0], ends.size), times])
    groups = np.concatenate([100.0 + np.arange(4 * ends.size), groups])
    folds = divide(task, y, 3, seed, groups if grouped else None, times)
    if sum(left_out.size + fitted_on.size for fitted_on, left_out in folds) == len(folds) * y.size:
        return  # no two folds by time had every class
    for fitted_on, left_out in folds:
        assert times[fitted_on].max() < times[left_out].min()
    if grouped:
        assert not any(shared(folds, groups))


def test_folds_by_time_cover_all_but_the_oldest_rows() -> None:
    """Without groups, each block is left out once, and each fold is fitted on all rows before."""
    y = np.tile([0.0, 1.0], 60)
    folds = divide(Task.BINARY, y, 5, 0, times=np.arange(120))
    assert [(fitted_on.size, left_out.size) for fitted_on, left_out in folds] == [
        (20, 20),
        (40, 20),
        (60, 20),
        (80, 20),
        (100, 20),
    ]


def test_a_group_over_time_keeps_some_rows_on_each_side() -> None:
    """Customers with a row per month are tested on in later months than others are fitted on."""
    customers, months = np.repeat(np.arange(40), 12), np.tile(np.arange(12), 40)
    folds = divide(Task.REGRESSION, np.arange(480.0), 5, 0, customers, months)
    assert len(folds) == 5
    for fitted_on, left_out in folds:
        assert not set(customers[fitted_on]) & set(customers[left_out])
        assert len(set(customers[left_out])) >= 10


@pytest.mark.parametrize("task", list(Task))
def test_distinct_rows_are_divided_as_without_groups(task: Task) -> None:
    """Groups of one row change nothing: the folds are those of scikit-learn."""
    y = (np.arange(90) % 3).astype(np.float64)
    kind = KFold if task is Task.REGRESSION else StratifiedKFold
    expected = kind(5, shuffle=True, random_state=3).split(np.zeros((90, 1)), y)
    found = divide(task, y, 5, 3, np.arange(90)[::-1])
    for (fitted_on, left_out), (train, test) in zip(found, expected, strict=True):
        assert np.array_equal(fitted_on, train)
        assert np.array_equal(left_out, test)


def test_groups_are_dealt_evenly() -> None:
    """Folds get about as many rows of each class, although groups differ in size and mix."""
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(400), rng.integers(1, 30, 400))
    y = (rng.random(groups.size) < 0.1).astype(np.float64)
    folds = stratified(y, 5, 0, groups)
    sizes = np.array([left_out.size for _, left_out in folds]) / y.size
    shares = np.array([y[left_out].mean() for _, left_out in folds])
    assert sizes == pytest.approx([0.2] * 5, abs=0.01)
    assert shares == pytest.approx([y.mean()] * 5, rel=0.15)


def test_the_rarest_class_limits_the_folds() -> None:
    """A class that occurs in three groups gives three folds, and each of them has it."""
    groups = np.repeat(np.arange(30), 4)
    y = np.isin(groups, [3, 11, 20]).astype(np.float64)
    assert rarest(y) == 12
    assert rarest(y, groups) == 3
    folds = stratified(y, 5, 0, groups)
    assert [y[left_out].sum() for _, left_out in folds] == [4.0, 4.0, 4.0]


def test_times_that_do_not_vary_are_ignored() -> None:
    """Rows of a single day are divided as if they had no time."""
    y = np.tile([0.0, 1.0], 30)
    folds = divide(Task.BINARY, y, 5, 0, times=np.zeros(60))
    assert sum(left_out.size for _, left_out in folds) == 60
