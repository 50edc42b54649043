"""Invented contacts of a bank's telephone campaigns, converting like real ones."""

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
)
from models.leads.spec import SPEC, LeadFeatures

DEFAULT_ROWS = 45_211
_JOBS = {
    "blue-collar": 0.215, "management": 0.209, "technician": 0.168, "admin.": 0.114,
    "services": 0.092, "retired": 0.050, "self-employed": 0.035, "entrepreneur": 0.033,
    "unemployed": 0.029, "housemaid": 0.027, "student": 0.021, "unknown": 0.007,
}  # fmt: skip
_MONTHS = {
    "may": 0.304, "jul": 0.152, "aug": 0.138, "jun": 0.118, "nov": 0.088, "apr": 0.065,
    "feb": 0.059, "jan": 0.031, "oct": 0.0163, "sep": 0.0128, "mar": 0.0106, "dec": 0.0047,
}  # fmt: skip
_EDUCATION = {"secondary": 0.513, "tertiary": 0.294, "primary": 0.152, "unknown": 0.041}
_CHOSEN_DAYS = (1, 2, 3, 4, 30, 31)
_KNOWN_BEFORE = 0.183
_OUTCOMES = {"failure": 0.593, "other": 0.223, "success": 0.184}


def sample(
    rows: int, seed: int, shift: Shift | None = None, concept: Shift | None = None
) -> list[dict[str, Any]]:
    """Draw contacts with the columns of the real file.

    Parameters
    ----------
    rows
        How many.
    seed
        The same seed gives the same contacts.
    shift
        How features differ from usual, before it is decided who converts.
    concept
        How the relation to the target differs: it is as if features had moved by this much more,
        while they are told as they are.
    """
    rng = np.random.default_rng(seed)
    people = _people(rng, rows)
    features = shifted(people | _campaigns(rng, rows), LeadFeatures, shift)
    converted = bernoulli(rng, _log_odds(shifted(features, LeadFeatures, concept)))
    answer = {SPEC.target.column: np.where(converted, "yes", "no")}
    return rows_of(features | {"duration": _durations(rng, converted)} | answer)


def _people(rng: np.random.Generator, rows: int) -> Columns:
    job = draw(rng, _JOBS, rows)
    age = clipped(rng.lognormal(np.log(39), 0.22, rows), 22, 68)
    age += effect(job, {"retired": 21.0, "student": -13.0})
    debt = rng.normal(-200, 400, rows)
    return {
        "age": integers(clipped(age, 18, 95)),
        "job": job,
        "marital": draw(rng, {"married": 0.602, "single": 0.283, "divorced": 0.115}, rows),
        "education": draw(rng, _EDUCATION, rows),
        "default": _yes(rng, 0.018, rows),
        "balance": clipped(rng.lognormal(6.35, 1.35, rows) + debt, -8_019, 102_127).round(),
        "housing": _yes(rng, 0.556, rows),
        "loan": _yes(rng, 0.160, rows),
    }


def _campaigns(rng: np.random.Generator, rows: int) -> Columns:
    month = draw(rng, _MONTHS, rows)
    before = chance(rng, _KNOWN_BEFORE, rows)
    days = clipped(rng.gamma(4.0, 56.0, rows), 1, 871)
    contacts = clipped(rng.geometric(0.32, rows) + rng.pareto(3.0, rows), 1, 275)
    return {
        "contact": _channels(rng, month),
        "day": rng.integers(1, 32, rows),
        "month": month,
        "campaign": integers(
            clipped(rng.geometric(0.42, rows) * rng.lognormal(0, 0.3, rows), 1, 63)
        ),
        "pdays": np.where(before, integers(days), -1),
        "previous": np.where(before, integers(contacts), 0),
        "poutcome": np.where(before, draw(rng, _OUTCOMES, rows), "unknown"),
    }


def _channels(rng: np.random.Generator, month: NDArray[Any]) -> NDArray[Any]:
    """In May and June most contacts were reached in a way that nobody wrote down."""
    modern = draw(rng, {"cellular": 0.91, "telephone": 0.09}, len(month))
    unrecorded = np.isin(month, ["may", "jun"]) & chance(rng, 0.67, len(month))
    return np.where(unrecorded, "unknown", modern)


def _yes(rng: np.random.Generator, share: float, rows: int) -> NDArray[Any]:
    return np.where(chance(rng, share, rows), "yes", "no")


def _log_odds(contacts: Columns) -> Floats:
    by_age = ((18, 0.7), (28, 0.15), (35, 0.0), (55, 0.0), (62, 0.9), (80, 1.1))
    by_balance = ((-1_000, -0.5), (0, -0.2), (1_500, 0.2), (5_000, 0.35))
    months = {"mar": 2.3, "sep": 2.0, "oct": 2.0, "dec": 2.1, "apr": 0.7, "feb": 0.2,
              "may": -0.3, "jul": -0.35, "jan": -0.6, "nov": -0.4}  # fmt: skip
    log_odds: Floats = (
        -1.96
        + effect(contacts["poutcome"], {"success": 3.3, "other": 0.35, "failure": 0.1})
        + effect(contacts["month"], months)
        + effect(contacts["contact"], {"unknown": -1.35})
        + _days(contacts)
        + effect(contacts["job"], {"student": 0.5, "retired": 0.3, "blue-collar": -0.3})
        + effect(contacts["housing"], {"yes": -0.6})
        + effect(contacts["loan"], {"yes": -0.4})
        + effect(contacts["education"], {"tertiary": 0.2, "primary": -0.2})
        + curve(contacts["age"], by_age)
        + curve(contacts["balance"], by_balance)
        - 0.09 * np.minimum(contacts["campaign"] - 1, 15)
    )
    return log_odds


def _days(contacts: Columns) -> Floats:
    """Outside the great campaign of May, a month begins and ends with chosen contacts."""
    edge = np.isin(contacts["day"], _CHOSEN_DAYS)
    return np.where(edge & (contacts["month"] != "may"), 1.2, 0.0)


def _durations(rng: np.random.Generator, converted: NDArray[np.int64]) -> NDArray[np.int64]:
    """Seconds: who converts stays on the line to do so, which is why it tells the answer."""
    return integers(clipped(rng.lognormal(5.05 + 1.05 * converted, 0.75), 0, 4_918))
