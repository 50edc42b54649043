"""Choice of the columns of a wide table that plain models are fitted on."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest

from modelfleet.drafting import expect, leaks, limits
from modelfleet.drafting.expect import StrongestColumns
from modelfleet.drafting.leaks import DraftedTable, find_leak
from modelfleet.drafting.plan import WarningCode
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.task import Task
from modelfleet.statistics.relations import relations
from modelfleet.tables.reader import Cells

RNG = np.random.default_rng(3)
ROWS = 600
NOISE = RNG.normal(size=(ROWS, 40))
SIGNAL = NOISE[:, 7]
COPY = SIGNAL + RNG.normal(size=ROWS) / 20


def numbers(names: Sequence[str]) -> tuple[Column, ...]:
    """Columns of numbers."""
    return tuple(
        Column(name=name, kind=ColumnKind.NUMBER, description="", example=0.0) for name in names
    )


@pytest.mark.parametrize(
    ("y", "classes"),
    [
        ((SIGNAL > 0).astype(float), 0),
        ((np.abs(SIGNAL) > 1).astype(float), 0),
        (np.digitize(SIGNAL, [-0.5, 0.5]).astype(float), 3),
        (np.exp(SIGNAL), 0),
    ],
    ids=["binary", "not monotonic", "classes", "numbers"],
)
def test_the_related_column_is_the_strongest(y: np.ndarray, classes: int) -> None:
    """For every task, and also if the relation has no direction."""
    related = relations(NOISE, y, classes)
    assert related.argmax() == 7
    assert np.abs(np.delete(related, 7)).max() < 0.15


def test_gaps_and_ties_are_related_as_they_are() -> None:
    """A gap that tells the target counts; ties in the order of the target do not."""
    y = np.sort((SIGNAL > 0).astype(float))
    gaps = np.where(y == 1, np.nan, 1.0)
    told, constant = relations(np.column_stack([gaps, np.ones(ROWS)]), y)
    assert told == pytest.approx(1.0)
    assert constant == pytest.approx(0.0)


def test_all_columns_of_a_narrow_table_are_chosen() -> None:
    """Nothing changes for most tables."""
    y = (SIGNAL > 0).astype(float)
    assert np.array_equal(StrongestColumns(most=40).fit(NOISE, y).transform(NOISE), NOISE)
    chosen = StrongestColumns(most=4).fit(NOISE, y)
    assert 7 in chosen.places_
    assert chosen.transform(NOISE).shape == (ROWS, 4)


def test_a_wide_table_of_noise_predicts_nothing() -> None:
    """Columns are chosen in the training rows alone; a choice on all rows would score about 0.9."""
    wide = pd.DataFrame(RNG.normal(size=(150, 1_500))).rename(columns=str)
    y = np.arange(150.0) % 2
    score = expect.cross_validated(Task.BINARY, numbers([*wide]), wide, y, None, iterations=10)
    assert score < 0.65


def test_a_leak_is_found_among_many_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """No model is fitted on more columns than allowed, whichever columns are tried."""
    monkeypatch.setattr(limits, "FITTED_COLUMNS_MAXIMUM", 5)
    fitted: list[int] = []
    model = leaks._Search._model

    def counted(search: leaks._Search) -> object:
        found = model(search)
        fit = found.fit

        def counted_fit(X: np.ndarray, y: np.ndarray) -> object:
            fitted.append(X.shape[1])
            return fit(X, y)

        found.fit = counted_fit
        return found

    monkeypatch.setattr(leaks._Search, "_model", counted)
    rows = pd.DataFrame(NOISE[:, 8:]).assign(copy=COPY).rename(columns=str)
    found = find_leak(
        DraftedTable(
            columns=numbers([*rows]),
            rows=rows,
            alone=dict.fromkeys(map(str, rows), 0.6),
            target="y",
            y=(SIGNAL > 0).astype(float),
            task=Task.BINARY,
            labels=("no", "yes"),
        )
    )
    assert found is not None
    assert found.columns == ("copy",)
    assert max(fitted) == 5


def test_the_plan_of_a_wide_table_says_what_was_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """In one line, and only if columns were left out of the search."""
    names = tuple(f"x{n}" for n in range(12))
    columns = tuple(tuple(map(repr, NOISE[:, n].round(2).tolist())) for n in range(12))
    target = tuple(str(int(each > 0)) for each in SIGNAL + NOISE[:, 20])
    cells = Cells("t.csv", (*names, "y"), tuple(range(2, ROWS + 2)), (*columns, target), (), "")

    def said() -> list[str]:
        plan = plan_table(cells, PlanRequest(model="toy", target="y"))
        return [each.text for each in plan.warnings if each.code is WarningCode.SAMPLE]

    assert said() == []
    monkeypatch.setattr(limits, "FITTED_COLUMNS_MAXIMUM", 4)
    (text,) = said()
    assert "use the 4 of 12 features most strongly related to y" in text
