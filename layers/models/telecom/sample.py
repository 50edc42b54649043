"""Invented customers of a mobile network, using it and choosing plans like real ones."""

from typing import Any

import numpy as np

from modelfleet.sampling.columns import (
    Columns,
    Floats,
    Shift,
    bernoulli,
    chance,
    clipped,
    curve,
    rows_of,
    shifted,
)
from models.telecom.spec import SPEC, TelecomFeatures

DEFAULT_ROWS = 3_214
_NO_MESSAGES = 0.15


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
        How features differ from usual, before it is decided who has the Ultra plan.
    concept
        How the relation to the target differs: it is as if features had moved by this much more,
        while they are told as they are.
    """
    rng = np.random.default_rng(seed)
    features = shifted(_customers(rng, rows), TelecomFeatures, shift)
    ultra = bernoulli(rng, _log_odds(shifted(features, TelecomFeatures, concept)))
    return rows_of(features | {SPEC.target.column: ultra})


def _customers(rng: np.random.Generator, rows: int) -> Columns:
    calls = clipped(rng.gamma(3.6, 17.5, rows), 0, 244).round()
    minutes = clipped(calls * rng.normal(6.95, 0.95, rows) + rng.normal(0, 6, rows), 0, 1_632)
    messages = clipped(rng.gamma(1.55, 29.0, rows), 0, 224).round()
    silent = chance(rng, _NO_MESSAGES, rows)
    return {
        "calls": calls,
        "minutes": np.where(calls > 0, minutes, 0.0).round(2),
        "messages": np.where(silent, 0.0, messages),
        "mb_used": clipped(rng.normal(17_150, 7_600, rows), 0, 49_746).round(2),
    }


def _log_odds(customers: Columns) -> Floats:
    """Heavy use of anything makes an Ultra customer, and some choose it before they use it."""
    by_calls = ((0, 2.5), (14, 0.8), (28, 0.0), (75, 0.0), (105, 1.0), (140, 3.5))
    by_messages = ((0, 0.1), (45, 0.0), (80, 0.8), (115, 3.0), (150, 5.0))
    by_megabytes = (
        (0, 2.4),
        (4_500, 0.8),
        (8_000, 0.0),
        (21_500, 0.0),
        (25_500, 1.4),
        (32_000, 5.0),
    )
    log_odds: Floats = (
        -2.45
        + curve(customers["calls"], by_calls)
        + curve(customers["messages"], by_messages)
        + curve(customers["mb_used"], by_megabytes)
    )
    return log_odds
