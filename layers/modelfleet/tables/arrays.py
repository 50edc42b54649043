"""Rows as one array a column, and how a column is described and compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from modelfleet.datasets.data_report import Bar
from modelfleet.spec.features import Column, ColumnKind
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.drift.population import category_shares, number_shares, stability_index
from modelfleet.statistics.profiling import profile_categories, profile_numbers
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile
from modelfleet.tables.target import class_indices
from modelfleet.tables.validate import Row

Values = NDArray[np.float64] | NDArray[np.object_]
Profile = NumberProfile | CategoryProfile

_MOST_BARS = 12
_PSEUDONYM_BYTES = 4
_SMALL, _LARGE = 1_000, 10_000
REST = "others"


@dataclass(frozen=True)
class DataArrays:
    """Features and target, shape (n,) each: float64 with NaN, or objects with `None`.

    `y` is the target as models learn it; of more than two classes the index of the row's.
    """

    columns: Mapping[str, Values]
    target: Values
    y: NDArray[np.float64]


def data_arrays(spec: ModelSpec, rows: Sequence[Row]) -> DataArrays:
    """Turn validated rows into one array a column; personal categories are not told by name."""
    columns = {column.name: _values(column, rows) for column in spec.features.columns()}
    kind = object if spec.classes else np.float64
    target: Values = np.array([row[spec.target.column] for row in rows], dtype=kind)
    return DataArrays(columns, target, class_indices(spec, target))


def _values(column: Column, rows: Sequence[Row]) -> Values:
    values = [row[column.name] for row in rows]
    if column.kind is not ColumnKind.CATEGORY:
        return np.array(values, dtype=np.float64)
    if column.personal_data:
        # Reports are passed around; equal values stay equal, so that versions can be compared.
        values = [None if value is None else _pseudonym(value) for value in values]
    return np.array(values, dtype=object)


def _pseudonym(value: str) -> str:
    return f"#{blake2b(value.encode(), digest_size=_PSEUDONYM_BYTES).hexdigest()}"


def number_text(value: float) -> str:
    """A number for people: no more digits than tell something, and years without a comma."""
    if abs(value) >= _LARGE:
        return f"{value:,.0f}"
    return f"{value:.4g}" if abs(value) < _SMALL else f"{value:.0f}"


def describe(values: Values) -> Profile:
    """Describe a column."""
    if values.dtype == object:
        return profile_categories(values.astype(object))
    return profile_numbers(values.astype(np.float64))


def drift(before: Profile | None, values: Values) -> float | None:
    """Population stability index against a column's profile; `None` where kinds differ."""
    now = describe(values)
    if isinstance(before, NumberProfile) and isinstance(now, NumberProfile):
        shares = number_shares(before, values.astype(np.float64))
        return stability_index(np.array(before.shares), shares)
    if isinstance(before, CategoryProfile) and isinstance(now, CategoryProfile):
        return stability_index(*category_shares(before, now))
    return None


def bars_of(before: Profile | None, values: Values) -> tuple[Bar, ...]:
    """A column's shares to draw, beside those of the version before where it can be compared."""
    now = describe(values)
    if isinstance(now, CategoryProfile):
        return _category_bars(before if isinstance(before, CategoryProfile) else None, now)
    known = before if isinstance(before, NumberProfile) else None
    edges = known or now
    numbers = values.astype(np.float64)
    shares, labels = number_shares(edges, numbers), _labels(edges.edges, numbers)
    return tuple(
        Bar(label=label, share=float(share), before=known.shares[i] if known else None)
        for i, (label, share) in enumerate(zip(labels, shares, strict=True))
    )


def _category_bars(before: CategoryProfile | None, now: CategoryProfile) -> tuple[Bar, ...]:
    then = before.shares if before else {}
    names = sorted({*now.shares, *then}, key=lambda n: (-now.shares.get(n, 0), n))
    shown = names if len(names) <= _MOST_BARS + 1 else names[:_MOST_BARS]
    rest = names[len(shown) :]
    bars = [(name, now.shares.get(name, 0.0), then.get(name, 0.0)) for name in shown]
    if rest:
        sums = (sum(shares.get(name, 0.0) for name in rest) for shares in (now.shares, then))
        bars.append((f"{len(rest)} {REST}", *sums))  # type: ignore[arg-type]  # two sums
    return tuple(
        Bar(label=label, share=share, before=old if before else None) for label, share, old in bars
    )


def _labels(edges: tuple[float, ...], numbers: NDArray[np.float64]) -> list[str]:
    """A bin holds the values above its lower edge, up to its upper one; or a single value."""
    if not edges:
        return ["all values"]
    texts = [number_text(edge) for edge in edges]
    distinct = np.unique(numbers[~np.isnan(numbers)])
    beyond = distinct[distinct > edges[-1]]
    if beyond.size == 1 and np.isin(distinct, [*edges, *beyond]).all():
        return [*texts, number_text(float(beyond[0]))]
    inner = [f"{low} to {high}" for low, high in pairwise(texts)]
    return [f"up to {texts[0]}", *inner, f"above {texts[-1]}"]
