"""How well one column alone predicts the target."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from modelfleet.spec.task import Task
from modelfleet.statistics.leakage import are_bands, predictive_power

ROWS = 2_000
RNG = np.random.default_rng(3)
LABEL = (RNG.random(ROWS) < 0.1).astype(float)
PRICE = RNG.lognormal(9, 1, ROWS)
GRADE = np.random.default_rng(4).integers(0, 4, ROWS).astype(float)
TARGETS = [(Task.BINARY, LABEL, 0.5), (Task.MULTICLASS, GRADE, 0.5), (Task.REGRESSION, PRICE, 0.0)]
NOISE = RNG.normal(size=ROWS)


def objects(values: list[object]) -> "np.ndarray[tuple[int], np.dtype[np.object_]]":
    """A category column."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


@pytest.mark.parametrize(
    "values",
    [
        LABEL,
        1 - LABEL,
        LABEL * 7 + NOISE * 0.01,
        np.where(LABEL == 1, 5.0, np.nan),
        objects(["yes" if label else "no" for label in LABEL]),
        objects(["left" if label else None for label in LABEL]),
        # Both ends say yes: no straight line and no order sees it.
        np.where(LABEL == 1, np.sign(NOISE) * 9, NOISE * 0.1),
    ],
)
def test_a_column_that_holds_the_label_predicts_it(values: "np.ndarray") -> None:
    """Copies, opposites, mere gaps and both ends are all seen."""
    assert predictive_power(values, LABEL, Task.BINARY) > 0.99


@pytest.mark.parametrize(
    "values", [PRICE, PRICE * 0.9 + 300, -PRICE, np.where(NOISE > 2, np.nan, PRICE)]
)
def test_a_column_that_holds_the_price_predicts_it(values: "np.ndarray") -> None:
    """Another currency, another sign and a few gaps do not hide it."""
    assert predictive_power(values, PRICE, Task.REGRESSION) > 0.9


@pytest.mark.parametrize(
    "values",
    [
        GRADE,
        (GRADE - 1.5) ** 3 + NOISE * 0.01,
        objects([f"grade {int(grade)}" for grade in GRADE]),
        np.where(GRADE == 2, np.nan, GRADE),
    ],
)
def test_a_column_that_holds_the_class_predicts_it(values: "np.ndarray") -> None:
    """Copies, other scales, other words and a gap in place of one class are all seen."""
    assert predictive_power(values, GRADE, Task.MULTICLASS) > 0.99


def test_a_column_that_tells_one_class_predicts_part_of_it() -> None:
    """The mean over classes says how much of the whole it gives away."""
    found = predictive_power((GRADE == 1).astype(float), GRADE, Task.MULTICLASS)
    assert 0.7 < found < 0.8


@pytest.mark.parametrize(("task", "y", "nothing"), TARGETS)
def test_noise_predicts_nothing(task: Task, y: "np.ndarray", nothing: float) -> None:
    """A column that has nothing to do with the target stays near what chance gives."""
    assert predictive_power(NOISE, y, task) == pytest.approx(nothing, abs=0.05)


@pytest.mark.parametrize(("task", "y", "nothing"), TARGETS)
def test_an_identifier_predicts_nothing(task: Task, y: "np.ndarray", nothing: float) -> None:
    """A category that is different in every row says nothing of the next one."""
    names = objects([f"customer {n}" for n in range(ROWS)])
    assert predictive_power(names, y, task) == pytest.approx(nothing, abs=0.05)


def test_an_honest_column_is_measured_as_it_is() -> None:
    """A column with a real but partial effect gets about its own AUC."""
    values = NOISE + LABEL
    found = predictive_power(values, LABEL, Task.BINARY)
    assert found == pytest.approx(roc_auc_score(LABEL, values), abs=0.05)


def test_columns_and_targets_that_never_vary() -> None:
    """Where there is nothing to predict or to predict by, the answer is that of chance."""
    constant = np.ones(ROWS)
    assert predictive_power(constant, LABEL, Task.BINARY) == 0.5
    assert predictive_power(constant, PRICE, Task.REGRESSION) == pytest.approx(0, abs=0.01)
    assert predictive_power(NOISE, constant, Task.REGRESSION) == 0
    assert predictive_power(np.full(ROWS, np.nan), PRICE, Task.REGRESSION) >= 0


@pytest.mark.parametrize("unit", [5e-324, 1e-310, 1e-160, 1.0, 1e38])
def test_a_line_is_found_in_any_unit(unit: float) -> None:
    """Also in one whose squares are no floats."""
    numbers = (np.arange(200) % 23 + 1).astype(np.float64)
    assert predictive_power(numbers * unit, numbers, Task.REGRESSION) == pytest.approx(1.0)


def test_a_column_in_the_order_of_the_target_predicts_it() -> None:
    """On any scale, however skewed."""
    rows = PRICE[:200]
    assert predictive_power(np.exp(rows / rows.max() * 20), rows, Task.REGRESSION) > 0.99


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (np.digitize(PRICE, [3_000, 8_000, 20_000]).astype(float), True),
        (objects(["dear" if price > 8_000 else None for price in PRICE]), True),
        (np.digitize(PRICE * (1 + NOISE / 5), [3_000, 8_000, 20_000]).astype(float), False),
        (objects(["a", "b"] * (ROWS // 2)), False),
        (np.where(np.arange(ROWS) == PRICE.argmax(), 1.0, 0.0), False),
        (np.ones(ROWS), False),
        (PRICE, False),
    ],
)
def test_bands_are_ranges_of_the_target(values: "np.ndarray", *, expected: bool) -> None:
    """Neither noisy ones, nor a single row at the end."""
    assert are_bands(values, PRICE) is expected


def test_equal_targets_in_different_bands_are_none() -> None:
    """The order of such rows in the file does not count."""
    size = np.repeat([0.0, 1.0], ROWS // 2)
    assert not are_bands(size, np.tile([1.0, 2.0, 3.0, 4.0], ROWS // 4))


def test_a_column_that_tells_the_group_is_no_leak() -> None:
    """A customer's income in each of the customer's rows says nothing about other customers."""
    rng = np.random.default_rng(0)
    customer = np.repeat(np.arange(300), 20)
    income = rng.uniform(size=300)[customer]
    label = rng.integers(0, 2, 300)[customer].astype(np.float64)
    assert predictive_power(income, label, Task.BINARY) > 0.95
    assert predictive_power(income, label, Task.BINARY, customer) < 0.6
    assert predictive_power(label, label, Task.BINARY, customer) > 0.99
