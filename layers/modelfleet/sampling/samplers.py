"""Finds how a model's rows are generated: by its `sample.py`, else from its schema."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from modelfleet import catalogue
from modelfleet.sampling.columns import Floats
from modelfleet.sampling.generator import GROUPS, LEVELS, RowGenerator
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.task import Task

_ROWS, _CLASS_ROWS = 2_000, 200
_DAYS = ("2024-01-01", "2024-12-31")
# The share of a column's range that its values have in one group of the target.
_SPREAD = 0.5
# A number is multiplied by as many tens to be rounded; the greatest power of a float is 308.
_DECIMALS = 300


@dataclass(frozen=True)
class Sampler:
    """Draws `draw(rows, seed, shift=...)`; `rows` is the size of the model's usual data set."""

    draw: Callable[..., list[dict[str, Any]]]
    rows: int


def sampler(spec: ModelSpec) -> Sampler:
    """Return what draws a model's rows."""
    own = catalogue.module(spec.name, "sample")
    if own is not None:
        return Sampler(own.sample, own.DEFAULT_ROWS)
    rows = max(_ROWS, _CLASS_ROWS * len(spec.classes))
    return Sampler(partial(from_schema(spec).sample, spec), rows)


def from_schema(spec: ModelSpec) -> RowGenerator:
    """Spread numbers over their declared ranges, the higher the later the target's group.

    The dependence is made up: a model of such rows works and knows nothing.
    """
    classes: Sequence[Any] = spec.target.labels or (0, 1)
    groups = np.linspace(0, 1, len(classes) if spec.task.has_classes else GROUPS)
    columns = spec.features.columns()
    numbers = [each for each in columns if each.kind is not ColumnKind.CATEGORY]
    low = spec.target.minimum or 0.0
    high = low + 1.0 if spec.target.maximum is None else spec.target.maximum
    return RowGenerator(
        target=_spread(low, high, np.asarray(LEVELS))
        if spec.task is Task.REGRESSION
        else dict.fromkeys(classes, 1.0),
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
        days=_DAYS,
    )


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
    """One category is twice as frequent as each other one; an open column has its example alone."""
    names = column.categories or (column.example,)
    return {name: 2.0 if place == group % len(names) else 1.0 for place, name in enumerate(names)}
