"""Invented pieces and their grades."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.sampling.columns import (
    Columns,
    Floats,
    Shift,
    chance,
    draw,
    rows_of,
    shifted,
    with_gaps,
)
from modelfleet.spec.dates import DatePart, part_of

from .spec import SPEC, GradedFeatures

DEFAULT_ROWS = 1_500


def sample(
    rows: int, seed: int, shift: Shift | None = None, concept: Shift | None = None
) -> list[dict[str, Any]]:
    """Draw pieces; see any other model's generator."""
    rng = np.random.default_rng(seed)
    features = shifted(_pieces(rng, rows), GradedFeatures, shift)
    grades = _grades(rng, _scores(shifted(features, GradedFeatures, concept)))
    gaps = {name: with_gaps(features[name], chance(rng, 0.1, rows)) for name in ("age", "made")}
    return rows_of(features | gaps | {SPEC.target.column: grades})


def _pieces(rng: np.random.Generator, rows: int) -> Columns:
    shops = {f"shop {number:02d}": 1.0 for number in range(20)}
    return {
        "size": rng.uniform(5, 95, rows).round(2),
        "age": rng.integers(0, 60, rows),
        "colour": draw(rng, {"red": 0.5, "green": 0.3, "blue": 0.2}, rows),
        "shop": draw(rng, shops, rows),
        "owner": draw(rng, {"Ada": 1.0, "Bo": 1.0}, rows),
        "made": _dates("made", rng.uniform(11_000, 20_000, rows)),
        "seen": _dates("seen", rng.uniform(20_000, 20_700, rows)),
    }


def _scores(pieces: Columns) -> dict[str, Floats]:
    size, age = pieces["size"].astype(float), pieces["age"].astype(float)
    return {
        "low": 1.0 - 0.07 * (size - 40),
        "middle": 0.5 + 0.05 * (age - 25),
        "high": 0.8 + 0.07 * (size - 55) - 0.03 * (age - 30),
        "extreme value": -0.5
        + 2.5 * (pieces["colour"] == "blue")
        + 2.0 * np.array([part_of(text, DatePart.HOUR) < 6 for text in pieces["seen"]]),
    }


def _dates(name: str, days: Floats) -> NDArray[Any]:
    """Spell days since 1970 as rows have them."""
    rule = next(column.date for column in SPEC.features.columns() if column.name == name)
    assert rule is not None
    return np.array([rule.at(day) for day in days.tolist()], dtype=object)


def _grades(rng: np.random.Generator, scores: dict[str, Floats]) -> NDArray[Any]:
    """Draw one of the grades for each row, by their scores: log-odds up to a constant."""
    # The largest of scores with Gumbel noise is a draw by their softmax (Gumbel 1954).
    noisy = [score + rng.gumbel(size=len(score)) for score in scores.values()]
    names = np.array(list(scores), dtype=object)
    drawn: NDArray[Any] = names[np.argmax(noisy, axis=0)]
    return drawn
