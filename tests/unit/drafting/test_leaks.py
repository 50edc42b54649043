"""Which columns make a plain model suspiciously good."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn import datasets

from modelfleet.drafting.leaks import DraftedTable, find_leak
from modelfleet.drafting.plan import Role, TablePlan, WarningCode
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.task import Task
from modelfleet.statistics.leakage import predictive_power
from modelfleet.tables.reader import Cells

ROWS = 1_500
RNG = np.random.default_rng(5)
NOISE = pd.DataFrame(RNG.normal(size=(ROWS, 6)), columns=[f"x{n}" for n in range(6)])
SIGNAL = (NOISE["x0"] + 0.7 * NOISE["x1"] - 0.5 * NOISE["x2"]).to_numpy() + RNG.normal(size=ROWS)
LABEL = (SIGNAL > 0.3).astype(float)
PRICE = np.exp(SIGNAL / 2) * 10
SALARY, BONUS = RNG.gamma(2, 10, ROWS), RNG.gamma(2, 5, ROWS)
GRADE = np.digitize(SIGNAL, [-1.0, 0.0, 1.0]).astype(float)
LABELS = {
    Task.BINARY: ("no", "yes"),
    Task.MULTICLASS: ("poor", "fair", "good", "best"),
    Task.REGRESSION: (),
}


def drafted(
    columns: Mapping[str, Any] | pd.DataFrame,
    y: np.ndarray,
    task: Task,
    labels: tuple[str, ...] | None = None,
) -> DraftedTable:
    """A table of numbers and categories."""
    rows = pd.DataFrame(dict(columns))
    return DraftedTable(
        columns=tuple(
            Column(
                name=str(name),
                kind=ColumnKind.CATEGORY if rows[name].dtype == object else ColumnKind.NUMBER,
                description="",
                example="a" if rows[name].dtype == object else 1.0,
            )
            for name in rows
        ),
        rows=rows,
        alone={str(name): predictive_power(rows[name].to_numpy(), y, task) for name in rows},
        target="y",
        y=y,
        task=task,
        labels=LABELS[task] if labels is None else labels,
    )


def some(values: np.ndarray, share: float, otherwise: float = 0.0) -> np.ndarray:
    """Numbers that are filled in for a share of the positives, and of the negatives."""
    filled = RNG.random(ROWS) < np.where(values == 1, share, otherwise)
    return np.where(filled, RNG.normal(size=ROWS), np.nan)


def flipped(values: np.ndarray, share: float) -> np.ndarray:
    """Labels of which a share is wrong."""
    return np.where(RNG.random(ROWS) < share, 1 - values, values)


def words(*values: Any) -> np.ndarray:
    """A category column."""
    return np.array(values, dtype=object)


LEAKS = {
    "filled for positives": ({"note": some(LABEL, 1.0)}, LABEL, Task.BINARY),
    "filled for some positives": (
        {"note": some(LABEL, 0.5), "reason": some(LABEL, 0.6), "agent": some(LABEL, 0.6)},
        LABEL,
        Task.BINARY,
    ),
    "mostly filled for positives": (
        {"note": some(LABEL, 0.9, 0.05), "reason": some(LABEL, 0.9, 0.05)},
        LABEL,
        Task.BINARY,
    ),
    "noisy copies": ({"a": flipped(LABEL, 0.05), "b": flipped(LABEL, 0.08)}, LABEL, Task.BINARY),
    "codes of each class": (
        {"code": words(*(f"{'xy'[int(y)]}{n % 7}" for n, y in enumerate(LABEL)))},
        LABEL,
        Task.BINARY,
    ),
    "a ratio whose zero tells": (
        {"spent": LABEL * SALARY, "share": LABEL * SALARY / (BONUS + 9)},
        LABEL,
        Task.BINARY,
    ),
    "another scale": ({"log": np.log(PRICE) + 0.01 * NOISE["x5"]}, PRICE, Task.REGRESSION),
    "a sum": ({"salary": SALARY, "bonus": BONUS}, SALARY + BONUS, Task.REGRESSION),
    "ranges": (
        {"band": words(*(f"b{n}" for n in np.digitize(PRICE, [4, 8, 12, 20])))},
        PRICE,
        Task.REGRESSION,
    ),
    "ranges of some rows": (
        {"band": np.where(RNG.random(ROWS) < 0.4, np.nan, np.digitize(PRICE, [4, 8, 12, 20]))},
        PRICE,
        Task.REGRESSION,
    ),
    "missing above a limit": (
        {"note": np.where(PRICE > 12, np.nan, SALARY)},
        PRICE,
        Task.REGRESSION,
    ),
    "the number behind the class": ({"score": SIGNAL}, GRADE, Task.MULTICLASS),
    "filled for one class": ({"note": some(GRADE == 3, 1.0)}, GRADE, Task.MULTICLASS),
}


@pytest.mark.parametrize(("leaking", "y", "task"), LEAKS.values(), ids=LEAKS)
def test_the_columns_that_reveal_the_target_are_named(
    leaking: Mapping[str, Any], y: np.ndarray, task: Task
) -> None:
    """They and no others, with the score that remains without them."""
    found = find_leak(drafted({**NOISE, **leaking}, y, task))
    assert found is not None
    assert set(found.columns) == set(leaking)
    assert len(found.reasons) == len(found.columns)
    assert found.without < found.score
    honest = find_leak(drafted(NOISE, y, task))
    assert honest is None


@pytest.mark.parametrize("rows", [60, 300, 1_500])
@pytest.mark.parametrize(
    ("formula", "reason"),
    [
        (lambda a: a.sum(axis=1).round(2), "a sum"),
        (lambda a: a @ np.array([1.0, 19.0, -4.0, 0.5, 2.0]), "a sum"),
        (lambda a: a.prod(axis=1), "a product"),
        (lambda a: a[:, :2].prod(axis=1) / a[:, 2:].prod(axis=1), "a product"),
    ],
    ids=["total", "weights", "product", "ratio"],
)
def test_the_parts_of_a_target_are_named(formula: Any, reason: str, rows: int) -> None:
    """Trees need many rows for a sum of five columns, and a linear model needs few."""
    parts = RNG.gamma(5, 10, (rows, 5)).round(2)
    columns = {f"part{n}": parts[:, n] for n in range(5)}
    found = find_leak(drafted({**NOISE[:rows], **columns}, formula(parts), Task.REGRESSION))
    assert found is not None
    assert set(found.columns) == set(columns)
    assert set(found.reasons) == {f"y can be computed as {reason} from it and other columns"}


def test_a_huge_target_makes_no_sum() -> None:
    """Where it has nearly all of the variance, a line through it fits, and not the others."""
    before = RNG.gamma(1, 1_000, (300, 2))
    before[::50] *= 1_000
    y = before.mean(axis=1) * RNG.uniform(0.97, 1.03, 300)
    y[::50] = before[::50].mean(axis=1)
    found = find_leak(drafted({"a": before[:, 0], "b": before[:, 1]}, y, Task.REGRESSION))
    assert found is None or not any("sum" in reason for reason in found.reasons)


def test_only_the_parts_of_a_sum_are_named() -> None:
    """Neither constants in the rows that are tried, nor columns that depend on the parts."""
    parts = pd.DataFrame(RNG.gamma(5, 10, (600, 3)).round(2), columns=[*"abc"])
    y = (3 * parts["a"] + parts["c"]).to_numpy()
    columns = {**parts, "both": parts["a"] + parts["b"], "rate": np.full(600, 0.19)}
    found = find_leak(drafted({**NOISE[:600], **columns}, y, Task.REGRESSION))
    assert found is not None
    assert set(found.columns) == {"a", "c"}


def test_a_sum_is_found_where_most_targets_are_zero() -> None:
    """Claims and purchases are mostly zero."""
    bought = RNG.random(900) < 0.15
    parts = RNG.gamma(5, 10, (900, 2)).round(2) * bought[:, None]
    columns = {"goods": parts[:, 0], "freight": parts[:, 1]}
    found = find_leak(drafted({**NOISE[:900], **columns}, parts.sum(axis=1), Task.REGRESSION))
    assert found is not None
    assert set(found.columns) == set(columns)


def test_a_smooth_series_is_no_sum_of_its_past() -> None:
    """A good forecast is not a computation."""
    time = np.arange(900.0)
    series = 1_000 + 5 * time + 300 * np.sin(time / 20) + RNG.normal(0, 5, 900)
    columns = {"lag": np.roll(series, 1), "lag2": np.roll(series, 2)}
    found = find_leak(drafted({**NOISE[:900], **columns}, series, Task.REGRESSION))
    assert found is None or not any("sum" in reason for reason in found.reasons)


def test_numbers_of_any_size_may_be_parts() -> None:
    """The squares of the largest ones overflow."""
    parts = RNG.normal(size=(300, 2)) * 1e200
    columns = {"a": parts[:, 0], "b": parts[:, 1]}
    found = find_leak(drafted({**NOISE[:300], **columns}, parts.sum(axis=1), Task.REGRESSION))
    assert found is not None
    assert set(found.columns) == set(columns)


def test_a_few_values_of_a_sparse_column_are_no_ranges() -> None:
    """Each value is one row, so that the target never returns to it."""
    values = np.full(ROWS, np.nan)
    values[:40] = RNG.normal(size=40)
    y = RNG.normal(size=ROWS)
    assert find_leak(drafted({**NOISE, "lab": values}, y, Task.REGRESSION)) is None


def test_a_sum_with_noise_is_not_computed() -> None:
    """A hundredth of the total is enough to make it a prediction."""
    parts = RNG.gamma(5, 10, (300, 5))
    y = parts.sum(axis=1) * (1 + RNG.normal(0, 0.01, 300))
    columns = {f"part{n}": parts[:, n] for n in range(5)}
    assert find_leak(drafted({**NOISE[:300], **columns}, y, Task.REGRESSION)) is None


@pytest.mark.parametrize(
    ("load", "task"),
    [
        (datasets.load_breast_cancer, Task.BINARY),
        (datasets.load_wine, Task.MULTICLASS),
        (datasets.load_iris, Task.MULTICLASS),
        (datasets.load_diabetes, Task.REGRESSION),
    ],
)
def test_an_easy_problem_is_not_a_leak(load: Any, task: Task) -> None:
    """Many columns predict its target, and none is to blame."""
    data = load(as_frame=True)
    labels = tuple(map(str, getattr(data, "target_names", ())))
    y = data.target.to_numpy(dtype=np.float64)
    assert find_leak(drafted(data.data, y, task, labels)) is None


def test_classes_that_many_columns_separate_are_not_a_leak() -> None:
    """Each column helps a little, and none tells much on its own."""
    y = (NOISE.sum(axis=1) > 0).astype(float).to_numpy()
    assert find_leak(drafted(NOISE, y, Task.BINARY)) is None


def test_gaps_of_few_rows_are_chance() -> None:
    """Three rows of one class are no rule."""
    few = np.where(np.arange(ROWS) < 3, np.nan, SALARY)
    y = np.where(np.arange(ROWS) < 3, 1.0, LABEL)
    assert find_leak(drafted({**NOISE, "few": few}, y, Task.BINARY)) is None


def planned(*, keep: tuple[str, ...] = (), only: tuple[str, ...] = ("age", "tag")) -> TablePlan:
    """The plan of a table with a column that is filled in after the outcome."""
    tag = ["called back" if y else "" for y in LABEL]
    age = [f"{40 + 9 * value:.1f}" for value in SIGNAL + NOISE["x3"]]
    columns = {"age": tuple(age), "tag": tuple(tag)}
    left = tuple("yes" if y else "no" for y in LABEL)
    cells = Cells(
        "t.csv",
        (*only, "left"),
        tuple(range(2, ROWS + 2)),
        (*(columns[name] for name in only), left),
        (),
        "",
    )
    return plan_table(cells, PlanRequest(model="toy", target="left", keep=keep))


def test_a_leak_is_left_out_unless_it_is_kept() -> None:
    """Either way, the plan names it and the score without it."""
    plan, kept = planned(), planned(keep=("tag",))
    assert [column.name for column in plan.of(Role.LEAK)] == ["tag"]
    assert plan.of(Role.LEAK)[0].reason == "only filled in where left is yes"
    assert plan.leak is not None
    assert plan.leak == kept.leak
    assert plan.leak.score > 0.95 > plan.leak.without
    assert kept.of(Role.LEAK) == ()
    told = f"a plain model has ROC AUC 1.000, but {plan.leak.without:.3f} without it"
    for each in (plan, kept):
        warning = each.warnings[0]
        assert (warning.code, warning.column) == (WarningCode.LEAK, "tag")
        assert warning.text.startswith(told)
    assert plan.warnings[0].text.endswith("left out; if known before left, insist: --keep tag")
    assert kept.warnings[0].text == told


def test_a_table_of_leaks_alone_is_refused() -> None:
    """The message names them and the option that keeps them."""
    with pytest.raises(DatasetError, match=r"no usable feature columns: tag would leak .* --keep"):
        planned(only=("tag",))
