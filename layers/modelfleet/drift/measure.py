"""Compares a column with its reference by all applicable tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from modelfleet.captures.columns import Values
from modelfleet.drift.distribution import distributions
from modelfleet.drift.report import Distribution, DriftTest
from modelfleet.drift.severity import Measurement
from modelfleet.spec.errors import DriftError
from modelfleet.spec.features import ColumnKind
from modelfleet.statistics.drift import counts as drift_counts
from modelfleet.statistics.drift import numbers as drift_numbers
from modelfleet.statistics.drift import shares as drift_shares
from modelfleet.statistics.drift.bins import (
    BinCounts,
    Categories,
    category_bins,
    number_bins,
)
from modelfleet.statistics.drift.shares import Comparison
from modelfleet.statistics.reference_profile import CategoryProfile, NumberProfile

# With fewer known values on a side, only tests that count missing values apply.
_LEAST_KNOWN = 30

Compared = tuple[DriftTest, Comparison | None]


@dataclass(frozen=True)
class MeasuredColumn:
    """Tests of a column, with its distributions and the compared bins.

    `of_answers` marks the model's predictions, whose names could equal a feature's.
    """

    name: str
    kind: ColumnKind
    measurements: tuple[Measurement, ...]
    reference: Distribution
    current: Distribution
    bins: BinCounts
    unmoved: bool
    of_answers: bool = False


def measure_column(
    name: str,
    kind: ColumnKind,
    profile: NumberProfile | CategoryProfile,
    rows: int,
    values: Values,
    *,
    of_answers: bool = False,
) -> MeasuredColumn:
    """Measure a column by all applicable tests.

    Parameters
    ----------
    name, kind
        The column's name and kind.
    profile
        The reference profile, of `rows` values.
    values
        The current values.

    Raises
    ------
    DriftError
        If the values are not of the reference's kind or not finite, or a statistic is not finite.
    """
    bins, ordered = _binned(name, profile, rows, values)
    reference, current = distributions(profile, bins)
    measurements = tuple(_tests(name, profile, rows, bins, ordered))
    distance = next((m for m in measurements if m.test is DriftTest.KOLMOGOROV_SMIRNOV), None)
    unmoved = np.array_equal(bins.reference, bins.current) and (
        distance is None or distance.statistic == 0.0
    )
    return MeasuredColumn(name, kind, measurements, reference, current, bins, unmoved, of_answers)


def _binned(
    name: str, profile: NumberProfile | CategoryProfile, rows: int, values: Values
) -> tuple[BinCounts, NDArray[np.float64]]:
    """Count the values in bins; also return the known numbers in ascending order."""
    if isinstance(profile, CategoryProfile) and isinstance(values, Categories):
        return category_bins(profile, rows, values), np.empty(0)
    if isinstance(profile, CategoryProfile) or isinstance(values, Categories):
        raise DriftError(
            f"{name}: the reference is of kind {profile.kind}, the window's values are not"
        )
    ordered = np.sort(values)
    # NaN sorts last.
    missing = ordered.size - int(np.searchsorted(ordered, np.nan))
    ordered = ordered[: ordered.size - missing]
    if not np.isfinite(ordered[[0, -1]] if ordered.size else 0.0).all():
        raise DriftError(f"{name}: infinite values")
    return number_bins(profile, rows, ordered, missing), ordered


def _tests(
    name: str,
    profile: NumberProfile | CategoryProfile,
    rows: int,
    bins: BinCounts,
    ordered: NDArray[np.float64],
) -> Iterator[Measurement]:
    for test, result in _compared(profile, rows, bins, ordered):
        if result is None:
            continue
        # NaN would be below any threshold.
        if not all(isfinite(value) for value in result):
            raise DriftError(f"{name}: {test} is not finite ({result})")
        yield Measurement(test, *result)


def _compared(
    profile: NumberProfile | CategoryProfile,
    rows: int,
    bins: BinCounts,
    ordered: NDArray[np.float64],
) -> Iterator[Compared]:
    if isinstance(profile, NumberProfile) and profile.of_dates:
        # Predictions have later dates than training rows, so only their hours can drift.
        yield DriftTest.MISSING_SHARE, drift_counts.missing_share(bins)
        return
    enough = min(int(bins.reference[:-1].sum()), int(bins.current[:-1].sum())) >= _LEAST_KNOWN
    yield DriftTest.PSI, drift_shares.population_stability(bins)
    yield DriftTest.JENSEN_SHANNON, drift_shares.jensen_shannon(bins)
    if enough and (isinstance(profile, CategoryProfile) or profile.has_a_bin_for_each_value):
        yield DriftTest.CHI_SQUARE, drift_shares.chi_square(bins)
    yield DriftTest.MISSING_SHARE, drift_counts.missing_share(bins)
    if not enough:
        return
    if isinstance(profile, CategoryProfile):
        yield DriftTest.NEW_CATEGORIES, drift_counts.unseen_categories(bins, profile)
        return
    curve = drift_numbers.curve_of(profile, rows)
    if curve is None:
        return
    yield DriftTest.RANGE, drift_counts.out_of_range(bins)
    yield DriftTest.KOLMOGOROV_SMIRNOV, drift_numbers.kolmogorov_smirnov(curve, ordered)
    if profile.curve is not None:
        # Older profiles only have ten bins, which are too coarse to compute an area.
        spread = profile.standard_deviation or 0.0
        yield DriftTest.WASSERSTEIN, drift_numbers.wasserstein(curve, ordered, spread)
