"""Describing a column once, so that later data can be compared with it at a fixed cost."""

import numpy as np
from numpy.typing import NDArray

from modelfleet.domain.profile import CategoryProfile, NumberProfile

_BINS = 10


def profile_numbers(values: NDArray[np.float64]) -> NumberProfile:
    """Describe a numeric column, shape (n,), NaN for missing.

    Integers with few values get one bin a value: quantiles that coincide are one edge.
    """
    known = values[~np.isnan(values)]
    if known.size == 0:
        return NumberProfile(
            missing_share=1.0 if values.size else 0.0,
            minimum=None,
            maximum=None,
            mean=None,
            standard_deviation=None,
            edges=(),
            shares=(1.0,),
        )
    edges = _inner_edges(known)
    counts = np.bincount(np.searchsorted(edges, known, side="left"), minlength=edges.size + 1)
    return NumberProfile(
        missing_share=1.0 - known.size / values.size,
        minimum=float(known.min()),
        maximum=float(known.max()),
        mean=float(known.mean()),
        standard_deviation=float(known.std()),
        edges=tuple(edges.tolist()),
        shares=tuple((counts / known.size).tolist()),
    )


def profile_categories(values: NDArray[np.object_]) -> CategoryProfile:
    """Describe a category column, shape (n,), `None` for missing."""
    known = [str(value) for value in values if value is not None]
    names, counts = np.unique(np.array(known, dtype=str), return_counts=True)
    return CategoryProfile(
        missing_share=1.0 - len(known) / len(values) if len(values) else 0.0,
        shares={str(name): count / len(known) for name, count in zip(names, counts, strict=True)},
    )


def _inner_edges(known: NDArray[np.float64]) -> NDArray[np.float64]:
    distinct = np.unique(known)
    if distinct.size <= _BINS:
        return distinct[:-1]
    quantiles = np.quantile(known, np.linspace(0, 1, _BINS + 1)[1:-1], method="inverted_cdf")
    edges = np.unique(quantiles)
    return np.asarray(edges[edges < distinct[-1]])
