"""Generator of rows similar to a table, from a few statistics per column."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
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
from modelfleet.spec.dates import DatePart, DateRule
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.time_column import TimeColumn

LEVELS = (0.01, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99)
"""Quantile levels of numeric columns; more extreme values could identify a row."""

GROUPS = 5
"""Number of equal-sized groups by a numeric target."""

Groups = NDArray[np.int64]

# 1970-01-01 was a Thursday; the first Monday came four days later.
_MONDAY, _WEEK, _HOURS = 4, 7, 24


@dataclass(frozen=True, kw_only=True)
class RowGenerator:
    """Generator that draws the target, then each column independently, given the target's group.

    A group is a class or, for a numeric target, a fifth of its values. Columns therefore depend on
    each other only through the target.

    Attributes
    ----------
    target
        Class shares, or quantiles of a numeric target at `LEVELS`.
    target_decimals
        Decimal places of a numeric target.
    quantiles
        For each numeric column and group, the quantiles at `LEVELS`.
    decimals
        Decimal places of each numeric column.
    shares
        For each categorical column (or numeric one with few values) and group, the value shares.
    dates
        For each date and group, the quantiles at `LEVELS`, spelled as in rows.
    weekdays, hours
        For dates whose weekday or hour the model uses, and each group, the shares of these.
    missing
        For each column with missing values and each group, their share.
    days
        First and last day, as ISO dates, if the model has a time column.
    """

    target: Mapping[Any, float] | Sequence[float]
    target_decimals: int = 0
    quantiles: Mapping[str, Sequence[Sequence[float]]]
    decimals: Mapping[str, int]
    shares: Mapping[str, Sequence[Mapping[Any, float]]]
    missing: Mapping[str, Sequence[float]]
    dates: Mapping[str, Sequence[Sequence[str]]] = field(default_factory=dict)
    weekdays: Mapping[str, Sequence[Mapping[int, float]]] = field(default_factory=dict)
    hours: Mapping[str, Sequence[Mapping[int, float]]] = field(default_factory=dict)
    days: tuple[str, str] | None = None

    def sample(
        self, spec: ModelSpec, rows: int, seed: int, shift: Shift | None = None
    ) -> list[dict[str, Any]]:
        """Draw rows with the columns of the table.

        Parameters
        ----------
        spec
            The model.
        rows
            Number of rows.
        seed
            Seed; the same seed gives the same rows.
        shift
            Shift of the features; the target does not depend on it.

        Raises
        ------
        DatasetError
            If `shift` is invalid; see `shifted`.
        """
        rng = np.random.default_rng(seed)
        target, groups = self.targets(rng, rows)
        usual, missing = self.columns(rng, groups), self.gaps(rng, groups)
        moved = gapped(shifted(usual, spec.features, shift), missing)
        groups_of_one = () if spec.group is None else (spec.group,)
        names = (*spec.identifiers, *spec.known_afterwards, *spec.ignored, *groups_of_one)
        others = dict.fromkeys(names, _placeholders(rows))
        if spec.time_apart is not None and self.days is not None:
            others[spec.time_apart.column] = _dates(rng, spec.time_apart, *self.days, rows)
        return rows_of(moved | others | {spec.target.column: target})

    def targets(self, rng: np.random.Generator, rows: int) -> tuple[NDArray[Any], Groups]:
        """Draw the target of each row, and the group on which the other columns depend."""
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
        others = {name: _categories(rng, shares, groups) for name, shares in self.shares.items()}
        dates = {name: self._dates(rng, name, groups) for name in self.dates}
        return numbers | others | dates

    def gaps(self, rng: np.random.Generator, groups: Groups) -> dict[str, NDArray[np.bool_]]:
        """Draw masks of missing values; each has shape (rows,)."""
        return {
            name: rng.random(groups.size) < np.asarray(shares)[groups]
            for name, shares in self.missing.items()
        }

    def _numbers(self, rng: np.random.Generator, name: str, groups: Groups) -> NDArray[Any]:
        values, decimals = _spread(rng, self.quantiles[name], groups), self.decimals[name]
        return _unlike_real(rng, values, decimals) if decimals else integers(values)

    def _dates(self, rng: np.random.Generator, name: str, groups: Groups) -> NDArray[Any]:
        texts = self.dates[name]
        rule = _rule(texts[0][0])
        quantiles = [[rule.days(text) for text in of_group] for of_group in texts]
        days = _spread(rng, quantiles, groups)
        if name in self.weekdays:
            monday = np.floor((days - _MONDAY) / _WEEK) * _WEEK + _MONDAY
            days = monday + _categories(rng, self.weekdays[name], groups) + days % 1
        if name in self.hours:
            hours = _categories(rng, self.hours[name], groups) + rng.random(groups.size)
            days = np.floor(days) + hours / _HOURS
        within = np.clip(days, np.min(quantiles), np.max(quantiles))
        return np.array([rule.at(day) for day in within.tolist()], dtype=object)


def gapped(columns: Columns, missing: Mapping[str, NDArray[np.bool_]]) -> Columns:
    """Replace missing values by `None`."""
    return columns | {name: with_gaps(columns[name], gaps) for name, gaps in missing.items()}


def _rule(text: str) -> DateRule:
    """Return the rule by which a date of a row is spelled."""
    aware = text.endswith("+00:00")
    return DateRule(timed="T" in text, aware=aware, parts=(DatePart.DAYS,))


def _spread(
    rng: np.random.Generator, quantiles: Sequence[Sequence[float]], groups: Groups
) -> Floats:
    """Draw a value of each row from the distribution of its group."""
    ranks = rng.uniform(LEVELS[0], LEVELS[-1], groups.size)
    values = np.empty(groups.size)
    for group, of_group in enumerate(quantiles):
        here = groups == group
        values[here] = _between(ranks[here], of_group)
    return values


def _between(ranks: Floats, quantiles: Sequence[float]) -> Floats:
    """Interpolate values at ranks, given the quantiles at `LEVELS`.

    Integer quantiles may exceed 64 bits, the most that NumPy's integers hold.
    """
    values: Floats = np.interp(ranks, LEVELS, np.asarray(quantiles, dtype=np.float64))
    return values


def _unlike_real(rng: np.random.Generator, values: Floats, decimals: int) -> Floats:
    """Give fractions one more decimal place than the table, so that none equals a real value.

    Integers stay unchanged: among fractions, they are values that many rows share, such as an
    account balance of 0.
    """
    unit = 10.0**-decimals
    last = rng.integers(1, 10, values.size) * unit / 10
    fractions = (np.floor(values / unit) * unit + last).round(decimals + 1)
    return np.where(values == np.rint(values), values, fractions)


def _categories(
    rng: np.random.Generator, shares: Sequence[Mapping[Any, float]], groups: Groups
) -> NDArray[Any]:
    text = any(isinstance(value, str) for of_group in shares for value in of_group)
    drawn = np.empty(groups.size, dtype=object)
    for group, of_group in enumerate(shares):
        here = groups == group
        drawn[here] = _objects(of_group)[_chosen(rng, list(of_group.values()), int(here.sum()))]
    if text:
        return drawn
    whole = all(isinstance(value, int) for of_group in shares for value in of_group)
    values = drawn.astype(np.float64)
    return integers(values) if whole else values


def _chosen(rng: np.random.Generator, shares: Sequence[float], rows: int) -> Groups:
    """Draw positions by shares, which need not sum to 1."""
    return rng.choice(len(shares), size=rows, p=np.asarray(shares) / np.sum(shares))


def _objects(values: Mapping[Any, float]) -> NDArray[Any]:
    return np.array(list(values), dtype=object)


def _placeholders(rows: int) -> NDArray[Any]:
    """Return placeholders for values that a generator should not know, such as names."""
    return np.array([f"generated {row}" for row in range(1, rows + 1)], dtype=object)


def _dates(
    rng: np.random.Generator, time: TimeColumn, first: str, last: str, rows: int
) -> NDArray[Any]:
    start = date.fromisoformat(first)
    days = (date.fromisoformat(last) - start).days + 1
    spelled = [(start + timedelta(day)).strftime(time.format) for day in range(days)]
    return np.array(spelled, dtype=object)[rng.integers(0, days, rows)]
