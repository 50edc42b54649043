"""Invented customers of an invented bank, distributed and churning like real ones."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.sampling.columns import (
    Columns,
    Floats,
    Shift,
    bernoulli,
    chance,
    clipped,
    curve,
    draw,
    effect,
    integers,
    rows_of,
    shifted,
    with_gaps,
)
from models.bankchurn.spec import SPEC, BankChurnFeatures

DEFAULT_ROWS = 10_000
_SYLLABLES = (
    "ba",
    "den",
    "fi",
    "gor",
    "hul",
    "ka",
    "lem",
    "mor",
    "nis",
    "pel",
    "rud",
    "sor",
    "tam",
)
_TENURE_GAPS = 0.09
# From this age on, a customer who stops using the bank is about to leave it.
_OLDER_THAN = 45


def sample(
    rows: int, seed: int, shift: Shift | None = None, concept: Shift | None = None
) -> list[dict[str, Any]]:
    """Draw customers with the columns of the real file.

    Parameters
    ----------
    rows
        How many.
    seed
        The same seed gives the same customers.
    shift
        How features differ from usual, before it is decided who leaves.
    concept
        How the relation to the target differs: it is as if features had moved by this much more,
        while they are told as they are.
    """
    rng = np.random.default_rng(seed)
    features = shifted(_customers(rng, rows), BankChurnFeatures, shift)
    exited = bernoulli(rng, _log_odds(shifted(features, BankChurnFeatures, concept)))
    gaps = {"Tenure": with_gaps(features["Tenure"], chance(rng, _TENURE_GAPS, rows))}
    return rows_of(_identifiers(rng, rows) | features | gaps | {SPEC.target.column: exited})


def _identifiers(rng: np.random.Generator, rows: int) -> Columns:
    first, second, third = rng.choice(np.array(_SYLLABLES, dtype=object), size=(3, rows))
    return {
        "RowNumber": np.arange(1, rows + 1),
        "CustomerId": 15_565_701 + rng.permutation(max(rows, 250_000))[:rows],
        "Surname": np.array([name.title() for name in first + second + third], dtype=object),
    }


def _customers(rng: np.random.Generator, rows: int) -> Columns:
    geography = draw(rng, {"France": 0.50, "Germany": 0.25, "Spain": 0.25}, rows)
    balance = _balances(rng, geography)
    return {
        "CreditScore": integers(clipped(rng.normal(651, 97, rows), 350, 850)),
        "Geography": geography,
        "Gender": draw(rng, {"Male": 0.546, "Female": 0.454}, rows),
        "Age": integers(clipped(rng.lognormal(np.log(37.6), 0.26, rows), 18, 92)),
        "Tenure": integers(rng.uniform(-0.1, 10.1, rows)),
        "Balance": balance,
        "NumOfProducts": _products(rng, balance),
        "HasCrCard": chance(rng, 0.7055, rows).astype(np.int64),
        "IsActiveMember": chance(rng, 0.515, rows).astype(np.int64),
        "EstimatedSalary": rng.uniform(11.58, 199_992.48, rows).round(2),
    }


def _balances(rng: np.random.Generator, geography: NDArray[Any]) -> Floats:
    """Almost half of the accounts in France and Spain are empty, and none in Germany."""
    empty = (geography != "Germany") & chance(rng, 0.48, len(geography))
    filled = clipped(rng.normal(119_800, 30_000, len(geography)), 3_768, 250_898).round(2)
    return np.where(empty, 0.0, filled)


def _products(rng: np.random.Generator, balance: Floats) -> NDArray[np.int64]:
    """Customers with an empty account tend to have a second product, the others one."""
    rows = len(balance)
    one = np.where(balance > 0, 0.69, 0.23)
    many = np.where(chance(rng, 60 / 326, rows), 4, 3)
    return np.where(chance(rng, 0.0326, rows), many, np.where(chance(rng, one, rows), 1, 2))


def _log_odds(customers: Columns) -> Floats:
    by_age = ((25, -1.4), (35, -1.1), (42, 0.1), (50, 1.5), (57, 1.95), (65, 0.4), (75, -1.5))
    inactive = customers["IsActiveMember"] == 0
    older = customers["Age"] > _OLDER_THAN
    log_odds: Floats = (
        -3.58
        + curve(customers["Age"], by_age)
        + effect(customers["Geography"], {"Germany": 0.95})
        + effect(customers["Gender"], {"Female": 0.6})
        + effect(customers["NumOfProducts"], {1: 1.6, 3: 4.7, 4: 10.0})
        + np.where(inactive, 0.75 + 0.6 * older, 0.0)
        - 0.0005 * (customers["CreditScore"] - 650)
    )
    return log_odds
