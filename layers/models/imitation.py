"""What generators share that imitate a table: columns and their ties, gaps, and effects."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from modelfleet.domain.errors import DatasetError
from modelfleet.domain.features import Features
from modelfleet.sampling.columns import (
    Columns,
    Floats,
    Shift,
    curve,
    effect,
    integers,
    shifted,
    with_gaps,
)
from models.fingerprints import Fingerprints

LEVELS = (0.005, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.995)
"""The quantiles that a numeric column is described by; rarer values are some row's own."""

Ties = Mapping[str, tuple[str, float]]
"""Per column the one that it goes with, and the correlation of their normal scores."""

# Of a generator that can draw rows of its own at all, so many attempts leave none over.
_ATTEMPTS = 1_000


@dataclass(frozen=True)
class Drawn:
    """Columns without gaps, and where their gaps are to be; one array a column, length n each."""

    values: Columns
    missing: Mapping[str, NDArray[np.bool_]]

    def told(self) -> Columns:
        """The columns as anybody sees them."""
        gapped = {name: with_gaps(self.values[name], gaps) for name, gaps in self.missing.items()}
        return self.values | gapped

    def rows(self) -> list[tuple[Any, ...]]:
        """Plain values, row by row."""
        return list(zip(*(column.tolist() for column in self.told().values()), strict=True))

    def shifted(self, features: type[Features], shift: Shift | None) -> "Drawn":
        """The same rows, moved as `modelfleet.sampling.columns.shifted` does."""
        return replace(self, values=shifted(self.values, features, shift))

    def with_rows(self, places: NDArray[np.intp], others: "Drawn") -> "Drawn":
        """Other rows in some places."""
        pairs = (self.values, others.values), (dict(self.missing), dict(others.missing))
        values, missing = (
            {name: _placed(column, places, new[name]) for name, column in old.items()}
            for old, new in pairs
        )
        return Drawn(values, missing)


def _placed(column: NDArray[Any], places: NDArray[np.intp], others: NDArray[Any]) -> NDArray[Any]:
    placed = column.copy()
    placed[places] = others
    return placed


@dataclass(frozen=True, kw_only=True)
class Likeness:
    """What the rows of a table are like, and which they are not to be.

    Attributes
    ----------
    quantiles, decimals
        Per numeric column its values at `LEVELS`, and with how many decimals they are written.
    shares
        Per category, and per number of few values, how often each is there: from the values that
        go with a low target to those that go with a high one, numbers by size.
    ties
        What each column goes with; a column that others are tied to comes before them.
    gaps, gap_ties
        Share of missing values, and which columns lack theirs in the same rows.
    own
        The rows of the table, with their columns in the order of `names`.
    """

    quantiles: Mapping[str, Sequence[float]]
    decimals: Mapping[str, int]
    shares: Mapping[str, Mapping[Any, float]]
    ties: Ties
    gaps: Mapping[str, float]
    gap_ties: Ties
    own: Fingerprints = Fingerprints()  # noqa: RUF009  # it knows no row, and never changes

    @property
    def names(self) -> tuple[str, ...]:
        """Every column."""
        return (*self.quantiles, *self.shares)

    def draw(self, rng: np.random.Generator, rows: int) -> Drawn:
        """Rows of which none is the table's: what is, or seems so, is drawn anew.

        Raises
        ------
        DatasetError
            If almost every row that can be drawn is one of the table's.
        """
        drawn = self._any(rng, rows)
        own = np.flatnonzero(self.own.among(drawn.rows()))
        for _ in range(_ATTEMPTS):
            if not own.size:
                return drawn
            others = self._any(rng, own.size)
            drawn = drawn.with_rows(own, others)
            own = own[self.own.among(others.rows())]
        raise DatasetError("hardly a row can be drawn that the table does not have")

    def _any(self, rng: np.random.Generator, rows: int) -> Drawn:
        scores = tied(rng, self.names, self.ties, rows)
        gaps = tied(rng, tuple(self.gaps), self.gap_ties, rows)
        return Drawn(
            dict(self._columns(scores)),
            {name: ndtr(score) < self.gaps[name] for name, score in gaps.items()},
        )

    def _columns(self, scores: Columns) -> Iterator[tuple[str, NDArray[Any]]]:
        for name, quantiles in self.quantiles.items():
            yield name, by_quantiles(scores[name], quantiles, self.decimals[name])
        for name, shares in self.shares.items():
            yield name, by_shares(scores[name], shares)


@dataclass(frozen=True, kw_only=True)
class Effects:
    """A score that adds up: log-odds, or a value.

    Attributes
    ----------
    base
        What every row has.
    curves
        Piecewise linear effects of numbers by (value, effect), level beyond their ends.
    values
        Effects of single values; those that are not named add nothing.
    gaps
        Effects of a missing value, in the place of the two above.
    """

    base: float
    curves: Mapping[str, Sequence[tuple[float, float]]]
    values: Mapping[str, Mapping[Any, float]]
    gaps: Mapping[str, float]

    def score(self, drawn: Drawn) -> Floats:
        """Each row's score, shape (rows,)."""
        score: Floats = np.full(len(next(iter(drawn.values.values()))), self.base)
        for name, added in self._added(drawn):
            absent = drawn.missing.get(name, np.zeros(len(score), dtype=np.bool_))
            score += np.where(absent, self.gaps.get(name, 0.0), added)
        return score

    def _added(self, drawn: Drawn) -> Iterator[tuple[str, Floats]]:
        for name, points in self.curves.items():
            yield name, curve(drawn.values[name], points)
        for name, effects in self.values.items():
            yield name, effect(drawn.values[name], effects)


def tied(rng: np.random.Generator, names: Sequence[str], ties: Ties, rows: int) -> Columns:
    """Standard normal scores per column, of which each follows the one that it is tied to.

    A Gaussian copula whose graph is a forest: any ties make a valid distribution.

    Parameters
    ----------
    rng
        Draws the scores.
    names
        Every column.
    ties
        A column that others are tied to comes before them.
    rows
        How many.
    """
    scores: Columns = dict(zip(names, rng.standard_normal((len(names), rows)), strict=True))
    for name, (leader, correlation) in ties.items():
        own = np.sqrt(1 - correlation**2) * scores[name]
        scores[name] = correlation * scores[leader] + own
    return scores


def by_quantiles(scores: Floats, quantiles: Sequence[float], decimals: int) -> NDArray[Any]:
    """Numbers that are distributed as the quantiles at `LEVELS` say; whole ones as integers."""
    values = np.interp(ndtr(scores), LEVELS, quantiles)
    return integers(values) if decimals == 0 else values.round(decimals)


def by_shares(scores: Floats, shares: Mapping[Any, float]) -> NDArray[Any]:
    """Values by their shares, which need not add up to 1, from the lowest scores to the highest."""
    ends = np.cumsum(list(shares.values()))
    positions = np.searchsorted(ends / ends[-1], ndtr(scores), side="right")
    kind = object if any(isinstance(value, str) for value in shares) else None
    values = np.array(list(shares), dtype=kind)
    drawn: NDArray[Any] = values[np.minimum(positions, len(ends) - 1)]
    return drawn


def invented(rows: int) -> NDArray[Any]:
    """Texts that stand in for what no generator should know, such as people's names."""
    return np.array([f"invented {row}" for row in range(1, rows + 1)], dtype=object)


def spelled(outcomes: NDArray[np.int64], negative: str, positive: str) -> NDArray[Any]:
    """Classes as files spell them."""
    return np.array([negative, positive], dtype=object)[outcomes]
