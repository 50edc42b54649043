"""Samplers of a model's rows: its `sample.py`, or a generator derived from its schema."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from modelfleet import catalogue
from modelfleet.sampling.columns import Floats
from modelfleet.sampling.generator import GROUPS, LEVELS, RowGenerator
from modelfleet.spec.dates import DateRule
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec

_ROWS, _CLASS_ROWS = 2_000, 200
_DAYS = ("2024-01-01", "2024-12-31")
# Share of a column's range that its values span within one group of the target.
_SPREAD = 0.5
# A number is multiplied by as many tens to be rounded; the greatest power of a float is 308.
_DECIMALS = 300


@dataclass(frozen=True)
class Sampler:
    """A function `draw(rows, seed, shift=...)` and the model's default number of rows."""

    draw: Callable[..., list[dict[str, Any]]]
    rows: int


def sampler(spec: ModelSpec) -> Sampler:
    """Return the sampler of a model's rows."""
    own = catalogue.module(spec.name, "sample")
    if own is not None:
        return Sampler(own.sample, own.DEFAULT_ROWS)
    rows = max(_ROWS, _CLASS_ROWS * len(spec.classes))
    return Sampler(partial(from_schema(spec).sample, spec), rows)


def from_schema(spec: ModelSpec) -> RowGenerator:
    """Return a generator that spreads numbers over their declared ranges, higher in later groups.

    The dependence on the target is invented: a model trained on such rows runs, but means nothing.
    """
    classes: Sequence[Any] = spec.target.labels or spec.outcomes
    groups = np.linspace(0, 1, len(classes) or GROUPS)
    columns = spec.features.columns()
    numbers = [each for each in columns if each.kind.is_numeric]
    low = spec.target.minimum or 0.0
    high = low + 1.0 if spec.target.maximum is None else spec.target.maximum
    return RowGenerator(
        target=dict.fromkeys(classes, 1.0) or _spread(low, high, np.asarray(LEVELS)),
        target_decimals=_decimals(low, high),
        quantiles={each.name: [_quantiles(each, group) for group in groups] for each in numbers},
        decimals={
            each.name: 0 if each.kind is ColumnKind.INTEGER else _decimals(*_range(each))
            for each in numbers
        },
        shares={
            each.name: [_shares(each, place) for place in range(len(groups))]
            for each in columns
            if each.kind is ColumnKind.CATEGORY
        },
        missing={},
        dates={
            each.name: [_dates(each.date, group) for group in groups]
            for each in columns
            if each.date is not None
        },
        days=_DAYS,
    )


def _dates(rule: DateRule, group: float) -> list[str]:
    unbounded = rule.model_copy(update={"earliest": None, "latest": None})
    first, last = (rule.days(day) for day in (rule.earliest or _DAYS[0], rule.latest or _DAYS[1]))
    shares = _SPREAD * np.asarray(LEVELS) + (1 - _SPREAD) * group
    return [unbounded.at(day) for day in _spread(first, max(first, last), shares)]


def _range(column: Column) -> tuple[float, float]:
    return column.minimum or 0.0, column.maximum or 0.0


def _decimals(low: float, high: float) -> int:
    """How many decimals tell a thousand values of a range apart."""
    # Halves, because the width itself may exceed the largest float.
    half = high / 2 - low / 2
    return min(max(0, 3 - math.floor(math.log10(2) + math.log10(half))), _DECIMALS) if half else 0


def _quantiles(column: Column, group: float) -> list[float]:
    return _spread(*_range(column), _SPREAD * np.asarray(LEVELS) + (1 - _SPREAD) * group)


def _spread(low: float, high: float, shares: Floats) -> list[float]:
    values: list[float] = (low * (1 - shares) + high * shares).tolist()
    return values


def _shares(column: Column, group: int) -> dict[Any, float]:
    """Make one category twice as frequent as the others; an open column has only its example."""
    names = column.categories or (column.example,)
    return {name: 2.0 if place == group % len(names) else 1.0 for place, name in enumerate(names)}
