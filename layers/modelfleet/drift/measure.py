"""Compares a column with its reference by all applicable tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isfinite

import numpy as np
from numpy.typing import NDArray

from modelfleet.captures.columns import Values
from modelfleet.drift.distribution import category_distributions, number_distributions
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
    bin_for_each_value,
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
    if isinstance(profile, NumberProfile) and not isinstance(values, Categories):
        return _numbers(name, kind, profile, rows, values)
    if isinstance(profile, CategoryProfile) and isinstance(values, Categories):
        return _categories(name, kind, profile, rows, values)
    raise DriftError(
        f"{name}: the reference is of kind {profile.kind}, the window's values are not"
    )


def _numbers(
    name: str, kind: ColumnKind, profile: NumberProfile, rows: int, values: NDArray[np.float64]
) -> MeasuredColumn:
    ordered = np.sort(values)
    # NaN sorts last.
    missing = ordered.size - int(np.searchsorted(ordered, np.nan))
    ordered = ordered[: ordered.size - missing]
    if not np.isfinite(ordered[[0, -1]] if ordered.size else 0.0).all():
        raise DriftError(f"{name}: infinite values")
    bins = number_bins(profile, rows, ordered, missing)
    reference, current = number_distributions(profile, bins)
    tests = tuple(_checked(name, _number_tests(profile, rows, ordered, bins)))
    distance = next((m for m in tests if m.test is DriftTest.KOLMOGOROV_SMIRNOV), None)
    unmoved = _equal(bins) and (distance is None or distance.statistic == 0.0)
    return MeasuredColumn(name, kind, tests, reference, current, bins, unmoved)


def _number_tests(
    profile: NumberProfile, rows: int, ordered: NDArray[np.float64], bins: BinCounts
) -> Iterator[Compared]:
    yield from _tests_of_all(bins)
    curve = drift_numbers.curve_of(profile, rows)
    if curve is None or not _enough(bins):
        return
    yield DriftTest.KOLMOGOROV_SMIRNOV, drift_numbers.kolmogorov_smirnov(curve, ordered)
    if profile.curve is not None:
        # Older profiles only have ten bins, which are too coarse to compute an area.
        spread = profile.standard_deviation or 0.0
        yield DriftTest.WASSERSTEIN, drift_numbers.wasserstein(curve, ordered, spread)
    yield DriftTest.RANGE, drift_counts.out_of_range(bins)
    if bin_for_each_value(profile):
        yield DriftTest.CHI_SQUARE, drift_shares.chi_square(bins)


def _categories(
    name: str, kind: ColumnKind, profile: CategoryProfile, rows: int, values: Categories
) -> MeasuredColumn:
    bins = category_bins(profile, rows, values)
    reference, current = category_distributions(profile, bins)
    tests = tuple(_checked(name, _category_tests(profile, bins)))
    return MeasuredColumn(name, kind, tests, reference, current, bins, _equal(bins))


def _category_tests(profile: CategoryProfile, bins: BinCounts) -> Iterator[Compared]:
    yield from _tests_of_all(bins)
    if _enough(bins):
        yield DriftTest.CHI_SQUARE, drift_shares.chi_square(bins)
        yield DriftTest.NEW_CATEGORIES, drift_counts.unseen_categories(bins, profile)


def _tests_of_all(bins: BinCounts) -> Iterator[Compared]:
    yield DriftTest.PSI, drift_shares.population_stability(bins)
    yield DriftTest.JENSEN_SHANNON, drift_shares.jensen_shannon(bins)
    yield DriftTest.MISSING_SHARE, drift_counts.missing_share(bins)


def _enough(bins: BinCounts) -> bool:
    return min(int(bins.reference[:-1].sum()), int(bins.current[:-1].sum())) >= _LEAST_KNOWN


def _equal(bins: BinCounts) -> bool:
    same: bool = np.array_equal(bins.reference, bins.current)
    return same


def _checked(name: str, compared: Iterator[Compared]) -> Iterator[Measurement]:
    """Reject statistics that are not finite: NaN would compare as below any threshold."""
    for test, found in compared:
        if found is None:
            continue
        if not all(isfinite(value) for value in found):
            raise DriftError(f"{name}: {test} is not finite ({found})")
        yield Measurement(test, *found)
