"""Leak detection by the predictive power of single columns."""

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata

from modelfleet.spec.task import Task
from modelfleet.statistics.tasks.by_task import STATISTICS

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_FOLDS = 5
_SEED = 0
# Fine bins reveal a copy of the target, coarse bins a weak trend.
_ROWS_PER_BIN = (5, 50)
_COARSE_BINS = 20
# Bands may overlap as much as this share of the overlaps expected by chance, of which there must
# be this many.
_OVERLAP, _OVERLAPS_EXPECTED = 0.01, 20.0
_BANDS_MAXIMUM = 50
# Fewer rows than these in a band are a value of their own each, and no range.
_ROWS_PER_BAND = 5


def predictive_power(
    values: NDArray[np.generic], y: Floats, task: Task, groups: NDArray[np.generic] | None = None
) -> float:
    """Cross-validate a model of a single column.

    The model predicts the mean target of the row's bin in the other folds. Each category is a bin,
    and so are missing values, because missingness may itself reveal the target. A bin that does not
    occur in the other folds predicts their overall mean, so that an identifier has no predictive
    power. Numeric columns are binned at several widths and, for a regression, also fitted by a
    straight line through the values and through their ranks; the best result counts.

    Parameters
    ----------
    values
        The column, shape (n,): float64 with NaN for missing, or object with `None` for missing.
    y
        Target, shape (n,), float64: outcomes 0.0 and 1.0, class indices, or values.
    task
        The model's task.
    groups
        Group of each row, shape (n,): rows of a group are in one fold, or else a column that
        identifies the group, or a repeated row, would predict the target.

    Returns
    -------
    float
        ROC AUC between 0.5 and 1 (one-vs-rest mean for more than two classes), or R² between 0
        and 1 for a regression.
    """
    nothing, statistics = task.kind.no_power, STATISTICS[task]
    if np.unique(y).size < 2:  # noqa: PLR2004  # a target that never varies is predicted by nobody
        return nothing
    if y.size > statistics.power_rows:
        chosen = np.random.default_rng(_SEED).permutation(y.size)[: statistics.power_rows]
        values, y = values[chosen], y[chosen]
        groups = None if groups is None else groups[chosen]
    folds = _folds(y.size, groups)
    fits = [partial(_cross_fitted, codes, folds) for codes in _codes(values)]
    if statistics.tries_line and values.dtype != object:
        numbers = values.astype(np.float64)
        if np.unique(numbers[~np.isnan(numbers)]).size > 1:
            fits.append(partial(_line, numbers))
            line = partial(_line, _ranks(numbers))
            nothing = max(nothing, statistics.column_power(rankdata(y), line))
    return max(nothing, *(statistics.column_power(y, fit) for fit in fits))


def are_bands(values: NDArray[np.generic], y: Floats) -> bool:
    """Return whether each value of a column stands for a range of a numeric target.

    In the order of the target, such a column changes its value once per band; an independent
    column changes it at most rows. Missing values may be a band, too.

    Parameters
    ----------
    values
        The column, shape (n,): float64 with NaN for missing, or object with `None` for missing.
    y
        Target, shape (n,).
    """
    codes = next(_codes(values)) if values.dtype == object else _exact(values)
    counts = np.bincount(codes)
    if not 1 < counts.size <= min(_BANDS_MAXIMUM, codes.size // _ROWS_PER_BAND):
        return False
    # Rows with equal targets are mixed, so that their order in the file does not count.
    mixed = np.random.default_rng(_SEED).permutation(y.size)
    ordered = codes[mixed][np.argsort(y[mixed], kind="stable")]
    changes = int(np.count_nonzero(np.diff(ordered)))
    expected = (codes.size - 1) * (1.0 - float(((counts / codes.size) ** 2).sum()))
    allowed = max(counts.size - 1, _OVERLAP * expected)
    return expected >= _OVERLAPS_EXPECTED and changes <= allowed


def _exact(values: NDArray[np.generic]) -> Codes:
    codes: Codes = np.unique(values.astype(np.float64), return_inverse=True)[1]
    return codes


def _ranks(numbers: Floats) -> Floats:
    """Return ranks, NaN for missing values."""
    ranks: Floats = rankdata(numbers, nan_policy="omit")
    return ranks


def _codes(values: NDArray[np.generic]) -> Iterator[Codes]:
    if values.dtype == object:
        texts = np.array(["" if value is None else str(value) for value in values])
        yield np.unique(texts, return_inverse=True)[1]
        return
    numbers = values.astype(np.float64)
    for width in {*_ROWS_PER_BIN, max(1, numbers.size // _COARSE_BINS)}:
        yield _bins(numbers, width)


def _bins(numbers: Floats, rows_per_bin: int) -> Codes:
    """Bin numbers, about `rows_per_bin` rows each; ties share a bin, missing values the last."""
    # np.unique sorts NaN last and counts all of them as one value.
    _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    starts = np.cumsum(counts) - counts
    bins = starts // rows_per_bin
    if np.isnan(numbers).any():
        bins[-1] = bins.max() + 1
    codes: Codes = np.unique(bins[inverse], return_inverse=True)[1]
    return codes


def _folds(rows: int, groups: NDArray[np.generic] | None) -> Codes:
    """Return the fold of each row."""
    codes = np.arange(rows)
    if groups is not None:
        found = np.unique(groups, return_inverse=True)[1]
        codes = found if found.max() + 1 < rows else codes
    folds: Codes = (np.random.default_rng(_SEED).permutation(codes.max() + 1) % _FOLDS)[codes]
    return folds


def _cross_fitted(codes: Codes, folds: Codes, y: Floats) -> Floats:
    """Predict each row's bin mean over the other folds."""
    shape = (_FOLDS, int(codes.max()) + 1)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (folds, codes), y)
    np.add.at(counts, (folds, codes), 1.0)
    outside, known = sums.sum(axis=0) - sums, counts.sum(axis=0) - counts
    overall = outside.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    means = np.where(known > 0, outside / np.maximum(known, 1), overall)
    predicted: Floats = means[folds, codes]
    return predicted


def _line(numbers: Floats, y: Floats) -> Floats:
    """Return a line's predictions, the mean for missing values; it needs no cross-validation."""
    known = ~np.isnan(numbers)
    # The squares of the smallest floats are 0; a line is as good in any unit.
    scaled = np.nan_to_num(numbers) / np.abs(numbers[known]).max()
    slope, intercept = np.polyfit(scaled[known], y[known], 1)
    predicted: Floats = np.where(known, slope * scaled + intercept, y.mean())
    return predicted
