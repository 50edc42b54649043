"""Draws rows like those of a table from a few numbers per column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelfleet.sampling.columns import (
    Columns,
    Floats,
    Shift,
    integers,
    rows_of,
    shifted,
    with_gaps,
)
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.time_column import TimeColumn

LEVELS = (0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99)
"""The quantiles that describe a number; more extreme values could identify a row."""

GROUPS = 5
"""A numeric target divides the rows into so many groups of equal size."""

Groups = NDArray[np.int64]


@dataclass(frozen=True, kw_only=True)
class RowGenerator:
    """Draws the target first, then each column on its own, given the target's group.

    A group is a class or, of a numeric target, a fifth of its values. Columns therefore depend on
    one another only through the target.

    Attributes
    ----------
    target
        The share of each class, or a number's values at `LEVELS`.
    target_decimals
        Decimals of a numeric target.
    quantiles
        For each column of numbers and each group, the values at `LEVELS`.
    decimals
        Decimals of each column of numbers.
    shares
        For each column of categories (or of few numbers) and each group, the share of each value.
    missing
        For each column with missing values and each group, the share of them.
    days
        The first and last day, as ISO dates, if the model has a time column.
    """

    target: Mapping[Any, float] | Sequence[float]
    target_decimals: int = 0
    quantiles: Mapping[str, Sequence[Sequence[float]]]
    decimals: Mapping[str, int]
    shares: Mapping[str, Sequence[Mapping[Any, float]]]
    missing: Mapping[str, Sequence[float]]
    days: tuple[str, str] | None = None

    def sample(
        self, spec: ModelSpec, rows: int, seed: int, shift: Shift | None = None
    ) -> list[dict[str, Any]]:
        """Draw rows with the columns of the table.

        Parameters
        ----------
        spec
            The model's declaration.
        rows
            The number of rows.
        seed
            The same seed gives the same rows.
        shift
            How features differ from usual; the target does not follow them.

        Raises
        ------
        DatasetError
            If `shift` asks for what a column cannot do.
        """
        rng = np.random.default_rng(seed)
        target, groups = self.targets(rng, rows)
        usual, missing = self.columns(rng, groups), self.gaps(rng, groups)
        moved = gapped(shifted(usual, spec.features, shift), missing)
        names = (*spec.identifiers, *spec.known_afterwards, *spec.ignored)
        aside = dict.fromkeys(names, _placeholders(rows))
        if spec.time is not None and self.days is not None:
            aside[spec.time.column] = _dates(rng, spec.time, *self.days, rows)
        return rows_of(moved | aside | {spec.target.column: target})

    def targets(self, rng: np.random.Generator, rows: int) -> tuple[NDArray[Any], Groups]:
        """Draw the target of each row, and the group that the rest of the row depends on."""
        if isinstance(self.target, Mapping):
            groups = _chosen(rng, list(self.target.values()), rows)
            return _objects(self.target)[groups], groups
        ranks = rng.uniform(LEVELS[0], LEVELS[-1], rows)
        values = _between(ranks, self.target)
        drawn = values.round(self.target_decimals) if self.target_decimals else integers(values)
        return drawn, (ranks * GROUPS).astype(np.int64)

    def columns(self, rng: np.random.Generator, groups: Groups) -> Columns:
        """Draw the columns, without missing values; each has shape (rows,)."""
        numbers = {name: self._numbers(rng, name, groups) for name in self.quantiles}
        return numbers | {
            name: _categories(rng, shares, groups) for name, shares in self.shares.items()
        }

    def gaps(self, rng: np.random.Generator, groups: Groups) -> dict[str, NDArray[np.bool_]]:
        """Draw where each column's value is missing; each has shape (rows,)."""
        return {
            name: rng.random(groups.size) < np.asarray(shares)[groups]
            for name, shares in self.missing.items()
        }

    def _numbers(self, rng: np.random.Generator, name: str, groups: Groups) -> NDArray[Any]:
        ranks = rng.uniform(LEVELS[0], LEVELS[-1], groups.size)
        values = np.empty(groups.size)
        for group, quantiles in enumerate(self.quantiles[name]):
            here = groups == group
            values[here] = _between(ranks[here], quantiles)
        decimals = self.decimals[name]
        return _unlike_real(rng, values, decimals) if decimals else integers(values)


def gapped(columns: Columns, missing: Mapping[str, NDArray[np.bool_]]) -> Columns:
    """Replace missing values by `None`."""
    return columns | {name: with_gaps(columns[name], gaps) for name, gaps in missing.items()}


def _between(ranks: Floats, quantiles: Sequence[float]) -> Floats:
    """The values at ranks, given those at `LEVELS`.

    Whole quantiles are written as integers, of which NumPy has none beyond 64 bits.
    """
    found: Floats = np.interp(ranks, LEVELS, np.asarray(quantiles, dtype=np.float64))
    return found


def _unlike_real(rng: np.random.Generator, values: Floats, decimals: int) -> Floats:
    """Give each fraction one decimal more than the table has, so that it equals no real value.

    Whole numbers stay: in a column of fractions they are a value that many rows share, such as an
    empty account.
    """
    unit = 10.0**-decimals
    last = rng.integers(1, 10, values.size) * unit / 10
    fractions = (np.floor(values / unit) * unit + last).round(decimals + 1)
    return np.where(values == np.rint(values), values, fractions)


def _categories(
    rng: np.random.Generator, shares: Sequence[Mapping[Any, float]], groups: Groups
) -> NDArray[Any]:
    text = any(isinstance(value, str) for found in shares for value in found)
    drawn = np.empty(groups.size, dtype=object)
    for group, found in enumerate(shares):
        here = groups == group
        drawn[here] = _objects(found)[_chosen(rng, list(found.values()), int(here.sum()))]
    if text:
        return drawn
    whole = all(isinstance(value, int) for found in shares for value in found)
    values = drawn.astype(np.float64)
    return integers(values) if whole else values


def _chosen(rng: np.random.Generator, shares: Sequence[float], rows: int) -> Groups:
    """Draw positions by shares, which need not add up to 1."""
    return rng.choice(len(shares), size=rows, p=np.asarray(shares) / np.sum(shares))


def _objects(values: Mapping[Any, float]) -> NDArray[Any]:
    return np.array(list(values), dtype=object)


def _placeholders(rows: int) -> NDArray[Any]:
    """Texts in place of what a generator should not know, such as people's names."""
    return np.array([f"generated {row}" for row in range(1, rows + 1)], dtype=object)


def _dates(
    rng: np.random.Generator, time: TimeColumn, first: str, last: str, rows: int
) -> NDArray[Any]:
    start = date.fromisoformat(first)
    days = (date.fromisoformat(last) - start).days + 1
    spelled = [(start + timedelta(day)).strftime(time.format) for day in range(days)]
    return np.array(spelled, dtype=object)[rng.integers(0, days, rows)]
