"""Which columns number or identify rows, and which are measurements without repetition."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.identifiers import identity, numbers_rows

ROWS = 400
RNG = np.random.default_rng(11)
COUNTER = np.arange(ROWS)


def kept(share: float, rows: int = ROWS) -> NDArray[np.int64]:
    """Numbers of the rows that a filter has kept."""
    return np.flatnonzero(RNG.random(round(rows / share)) < share)


def identified(name: str, values: object) -> str | None:
    """Why it identifies rows, if it does."""
    return identity(ColumnValues.read(name, [str(value) for value in values]))  # type: ignore[attr-defined]  # all are iterable


COUNTERS: dict[str, object] = {
    "from zero": COUNTER,
    "from one": COUNTER + 1,
    "from an offset": COUNTER + 90_210,
    "backwards": COUNTER[::-1],
    "shuffled": RNG.permutation(ROWS),
    "every tenth": COUNTER * 10,
    "every thousandth, shuffled": RNG.permutation(ROWS) * 1_000 + 7,
    "as decimals": [f"{n}.0" for n in COUNTER],
    "half of the rows": kept(0.5),
    "a tenth of the rows": kept(0.1),
    "a hundredth of the rows": kept(0.01),
    "a random sample of the rows": RNG.permutation(kept(0.2)),
    "with a few twice": [*COUNTER[:-4], 7, 8, 9, 10],
    "few rows": COUNTER[:50],
    "few rows of more": kept(0.6, 60),
}


@pytest.mark.parametrize("name", ["instant", "lfd", "n", "Zeile", "番号"])
@pytest.mark.parametrize("case", COUNTERS)
def test_a_counter_numbers_the_rows(case: str, name: str) -> None:
    """Whatever it is called, in any order, and with gaps where rows were left out."""
    assert identified(name, COUNTERS[case]) == "it numbers the rows"


def whole(draw: Callable[[], NDArray[np.float64]]) -> NDArray[np.int64]:
    """Draws as whole numbers."""
    return np.rint(draw()).astype(np.int64)


MEASURED: dict[str, tuple[str, object]] = {
    "floats": ("reading", RNG.random(ROWS)),
    "sorted floats": ("reading", np.sort(RNG.normal(50, 9, ROWS))),
    "a grid of floats": ("dose", COUNTER / 10),
    "years, one a row": ("season", np.arange(1700, 1700 + 250)),
    "years by name": ("Jahr", np.arange(-100, 300)),
    "ages, one a row": ("age", np.arange(1, 81)),
    "amounts": ("amount", whole(lambda: RNG.uniform(1_000, 900_000, ROWS))),
    "sorted amounts": ("amount", np.unique(whole(lambda: RNG.lognormal(9, 1, ROWS)))),
    "populations": ("population", np.unique(whole(lambda: RNG.lognormal(12, 2, ROWS)))),
    "salaries": ("salary", whole(lambda: RNG.normal(52_000, 9_000, 2_000))),
    "weights in grams": ("weight", whole(lambda: RNG.normal(3_400, 500, ROWS))),
    "scores": ("score", whole(lambda: RNG.uniform(350, 850, ROWS))),
    "seconds since 1970": ("seen", np.sort(whole(lambda: RNG.uniform(1.6e9, 1.7e9, ROWS)))),
    "a count of things": ("number of workers", np.unique(whole(lambda: RNG.lognormal(6, 2, ROWS)))),
    "another count": ("num_visits", whole(lambda: RNG.uniform(0, 5_000, ROWS))),
    "an index of prices": ("Price Index", whole(lambda: RNG.uniform(90, 900, ROWS))),
    "balances": ("balance", whole(lambda: RNG.normal(0, 20_000, ROWS))),
    "grouped numbers": ("employee_no", RNG.integers(0, 50, ROWS)),
    "paid": ("paid", whole(lambda: RNG.uniform(0, 99_999, ROWS))),
}  # fmt: skip


@pytest.mark.parametrize("case", MEASURED)
def test_a_measurement_is_a_feature(case: str) -> None:
    """Even one that differs in every row, or by which the file is sorted."""
    assert identified(*MEASURED[case]) is None


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("spread", [300, 1_000, 5_000, 20_000, 300_000])
@pytest.mark.parametrize("rows", [60, 400, 3_000])
def test_independent_whole_numbers_are_not_a_counter(rows: int, spread: int, seed: int) -> None:
    """They repeat, or are spread so far that nothing can be said of them."""
    draw = np.random.default_rng(seed)
    for values in (draw.integers(0, spread, rows), np.rint(draw.normal(0, spread, rows))):
        assert not numbers_rows(values.astype(np.float64))


@pytest.mark.parametrize(
    "name", ["user_id", "PassengerId", "customerid", "Kundennummer", "Rechnungs-Nr.", "invoice no"]
)
def test_a_name_may_tell_an_identifier(name: str) -> None:
    """If most of its values are unique."""
    scattered = RNG.integers(1, 10**9, ROWS // 2)
    told = identified(name, [*scattered, *scattered[: ROWS // 4]])
    assert told is not None
    assert "its name says so" in told
    assert identified(name, RNG.integers(0, 40, ROWS)) is None


@pytest.mark.parametrize(
    "name", ["", "Unnamed: 0", "Unnamed: 0.1", "level_0", "...1", "_c0", "rownames", "index"]
)
@pytest.mark.parametrize(
    "values",
    [COUNTER, COUNTER + 1, kept(0.3), [*COUNTER, *COUNTER[:100]], [*range(100)] * 4],
    ids=["from zero", "from one", "filtered", "two files", "four files"],
)
def test_an_index_numbers_the_rows(name: str, values: object) -> None:
    """Also where tables were joined, of which each was numbered on its own."""
    told = identified(name, values)
    assert told is not None
    assert told.startswith("an index")


@pytest.mark.parametrize(
    ("name", "values"),
    [("Unnamed: 3", RNG.integers(0, 9, ROWS)), ("Index", RNG.normal(100, 9, ROWS).round(2))],
)
def test_other_values_are_no_index(name: str, values: object) -> None:
    """The name alone tells nothing."""
    assert identified(name, values) is None


def test_texts_that_never_repeat_identify_rows() -> None:
    """Whatever they are called."""
    assert identified("ticket", [f"T-{n:x}" for n in COUNTER]) == "100% of its values are unique"
