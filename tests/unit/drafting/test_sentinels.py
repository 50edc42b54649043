"""Which numbers may stand for a missing value."""

import numpy as np
import pytest
from numpy.typing import NDArray

from modelfleet.drafting.plan_warnings.sentinels import sentinels

ROWS = 600
RNG = np.random.default_rng(5)
AGES = RNG.integers(18, 81, ROWS)
READINGS = RNG.normal(20, 4, ROWS).round(2)
AMOUNTS = RNG.lognormal(7, 1, ROWS).round(2)
DAYS = RNG.integers(0, 400, ROWS)
ANSWERS = RNG.integers(1, 5, ROWS)
PRESSURE = RNG.normal(72, 12, ROWS).clip(30, 120).round()


def mixed(values: NDArray[np.float64], *codes: float, rows: int = 40) -> NDArray[np.float64]:
    """The values, some of which are replaced."""
    found = values.astype(np.float64)
    for place, code in enumerate(codes):
        found[place * rows : (place + 1) * rows] = code
    return found


@pytest.mark.parametrize(
    ("values", "codes"),
    [
        (AGES, [999]),
        (AGES, [99]),
        (AGES, [0]),
        (AGES, [-1]),
        (AGES, [-9, 999]),
        (AGES, [997, 998, 999]),
        (AGES, [888, 999]),
        (AGES, [-99, -98]),
        (AGES, [255]),
        (READINGS, [-999.25]),
        (READINGS, [-9999]),
        (READINGS, [99.9]),
        (READINGS, [999.9]),
        (READINGS, [-32768]),
        (READINGS, [-3.4028235e38]),
        (READINGS, [1e20]),
        (READINGS, [1000]),
        (AMOUNTS, [-1]),
        (AMOUNTS, [9_999_999]),
        (DAYS, [-1]),
        (DAYS, [999]),
        (DAYS, [-999]),
        (ANSWERS, [9]),
        (ANSWERS, [99]),
        (ANSWERS, [-9, 8, 9]),
        (RNG.integers(0, 2, ROWS), [9]),
        (PRESSURE, [0]),
        (RNG.normal(28, 5, ROWS).clip(18, 55), [0]),
    ],
)
def test_a_number_apart_from_the_others_is_found(
    values: NDArray[np.float64], codes: list[float]
) -> None:
    """With its rows and the range of the others."""
    found, (low, high) = sentinels(mixed(values, *codes))
    assert {each.value: each.rows for each in found} == dict.fromkeys(codes, 40)
    assert values.min() <= low < high <= values.max()


@pytest.mark.parametrize(
    "values",
    [
        AGES,
        READINGS,
        AMOUNTS,
        DAYS,
        ANSWERS,
        RNG.integers(0, 2, ROWS),
        RNG.integers(-1, 2, ROWS),
        RNG.integers(0, 100, ROWS),
        RNG.integers(1, 100, ROWS),
        RNG.normal(0, 1, ROWS),
        RNG.normal(0, 3, ROWS).round(),
        RNG.poisson(0.3, ROWS),
        RNG.poisson(9, ROWS),
        RNG.binomial(1, 0.02, ROWS) * 9,
        RNG.geometric(0.1, ROWS),
        RNG.choice([1, 2, 4, 8, 16, 32, 64], ROWS),
        RNG.choice([1.99, 4.99, 9.99, 19.99], ROWS),
        RNG.integers(1900, 2000, ROWS),
        RNG.integers(2, 9, ROWS),
        RNG.choice([8, *range(10, 18)], ROWS),
        RNG.choice([0, 0, 3, 5], ROWS),
        RNG.pareto(1.1, ROWS).round(),
        np.where(RNG.random(ROWS) < 0.4, 0, RNG.lognormal(9, 1, ROWS)),
        np.where(RNG.random(ROWS) < 0.8, 0, RNG.uniform(100, 300, ROWS)),
        np.where(RNG.random(ROWS) < 0.36, 0, RNG.normal(120_000, 30_000, ROWS).clip(3_768)),
        np.minimum(RNG.exponential(40, ROWS), 99).round(),
    ],
)
def test_real_values_are_not_found(values: NDArray[np.float64]) -> None:
    """Neither zeros of amounts, nor prices, nor the largest value of a skewed column."""
    assert sentinels(values.astype(np.float64))[0] == ()


@pytest.mark.parametrize("values", [[], [1.0], [1.0, 999.0], [5.0] * 30, [999.0] * 9])
def test_too_few_values_to_tell(values: list[float]) -> None:
    """There is nothing to stand apart from."""
    assert sentinels(np.array(values))[0] == ()
