"""What a generator learns of a table, and what it is kept from telling."""

import math
from collections import Counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from modelfleet.drafting.expect import expect
from modelfleet.drafting.imitate import Imitation, imitate
from modelfleet.drafting.rows import typed_rows
from modelfleet.drafting.table import PlanRequest, plan_table
from modelfleet.statistics.leakage import auc
from modelfleet.tables.reader import Cells
from models.imitation import Drawn

ROWS = 900
Frame = pd.DataFrame


def learned(frame: Frame, target: str = "y") -> Imitation:
    """What is learned of a table."""
    columns = [["" if pd.isna(cell) else str(cell) for cell in frame[name]] for name in frame]
    cells = Cells(
        source="table.csv",
        header=tuple(frame.columns),
        lines=tuple(range(2, len(frame) + 2)),
        columns=tuple(map(tuple, columns)),
        malformed=(),
        sha256="",
    )
    plan = plan_table(cells, PlanRequest(model="made", target=target))
    rows = typed_rows(cells, plan)
    return imitate(plan, rows, expect(plan, rows))


def drawn(found: Imitation, seed: int = 5, rows: int = 3_000) -> tuple[Drawn, Any]:
    """Imitated rows with the scores of their outcomes."""
    features = found.likeness.draw(np.random.default_rng(seed), rows)
    return features, found.relation.scores[0].score(features)


def flags(counts: dict[tuple[int, ...], int]) -> Frame:
    """A table that has each row so often, and an outcome by chance."""
    rows = [row for row, count in counts.items() for _ in range(count)]
    frame = pd.DataFrame(rows, columns=[f"flag{n}" for n in range(len(rows[0]))])
    return frame.assign(y=np.random.default_rng(1).integers(0, 2, len(frame)))


def many(count: int) -> dict[tuple[int, ...], int]:
    """Every row of three digits below seven, each so often."""
    return {(a, b, c): count for a in range(7) for b in range(7) for c in range(7)}


@pytest.mark.parametrize(
    ("frame", "shared_by"),
    [
        (pd.DataFrame({"x": np.linspace(0, 9, ROWS).round(4), "y": [0, 1] * 450}), math.inf),
        (flags({(a, b): 150 for a in (0, 1) for b in (0, 1)}), 5),
        (flags(many(3)), 2),
        (flags(many(1)), 1),
    ],
    ids=["a measurement", "two flags", "three of each row", "every row there can be"],
)
def test_the_tables_rows_are_not_drawn_where_there_are_others(
    frame: Frame, shared_by: float
) -> None:
    """Else those may be that several rows share; a table of every row there can be leaves none."""
    found = learned(frame)
    assert found.shared_by == shared_by
    features = frame.drop(columns="y")
    own = Counter(features.astype(float).itertuples(index=False, name=None))
    kept = {row for row, count in own.items() if count < shared_by}
    told = pd.DataFrame(drawn(found)[0].told())[list(features)].astype(float)
    assert not kept & set(told.itertuples(index=False, name=None))


def test_what_many_rows_share_is_drawn_about_as_often() -> None:
    """A likeness is not bent by leaving out what half of the rows are."""
    random = np.random.default_rng(8)
    price = np.where(random.random(ROWS) < 0.5, 0.0, random.normal(50, 9, ROWS).round(3))
    found = learned(pd.DataFrame({"price": price, "y": random.integers(0, 2, ROWS)}))
    assert found.shared_by == 5
    assert (drawn(found)[0].values["price"] == 0).mean() == pytest.approx(0.5, abs=0.1)


def test_a_gap_that_tells_the_outcome_goes_on_telling_it() -> None:
    """Who has no price did not buy: that a value is missing is an effect like any other."""
    random = np.random.default_rng(3)
    y = random.integers(0, 2, ROWS)
    price = np.where(random.random(ROWS) < 0.2 + 0.5 * y, np.nan, random.normal(size=ROWS))
    found = learned(pd.DataFrame({"price": price.round(3), "y": y}))
    features, score = drawn(found)
    gone = features.missing["price"]
    assert score[gone].mean() > score[~gone].mean() + 1.0


@pytest.mark.parametrize(("missing", "least", "most"), [(0.0, 0.76, 0.86), (0.6, 0.58, 0.7)])
def test_effects_are_as_strong_as_the_table_has_them(
    missing: float, least: float, most: float
) -> None:
    """Where most values are missing the rest says less, and does so in imitated rows too."""
    random = np.random.default_rng(4)
    X = random.normal(size=(ROWS, 4))
    y = (random.random(ROWS) < 1 / (1 + np.exp(-X.sum(axis=1)))).astype(int)
    frame = pd.DataFrame(X.round(3), columns=list("abcd"))
    found = learned(frame.mask(random.random(X.shape) < missing).assign(y=y))
    _, score = drawn(found)
    outcomes = np.random.default_rng(6).random(score.size) < 1 / (1 + np.exp(-score))
    assert least < auc(outcomes.astype(float), score) < most
    assert outcomes.mean() == pytest.approx(y.mean(), abs=0.05)


def test_columns_that_tell_nothing_add_nothing() -> None:
    """Only those that a plain learner has use for make the outcome."""
    random = np.random.default_rng(5)
    X = random.normal(size=(ROWS, 9)).round(3)
    frame = pd.DataFrame(X, columns=list("abcdefghi"))
    found = learned(frame.assign(y=(X[:, 0] + random.normal(size=ROWS) > 0).astype(int)))
    assert "a" in found.relation.scores[0].curves
    assert len(found.relation.scores[0].curves) < 6
