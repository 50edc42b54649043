"""How well a single column predicts the target, to find leaks."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from modelfleet.spec.task import Task
from modelfleet.statistics.bootstrap import on_rows
from modelfleet.statistics.metrics.measures import r_squared, roc_auc

Floats = NDArray[np.float64]
Codes = NDArray[np.intp]

_FOLDS = 5
_SEED = 0
# A copy of the target shows in the finest bins, a weak trend in the coarse ones.
_ROWS_PER_BIN = (5, 50)
_COARSE_BINS = 20
_CLASS_ROWS = 10_000


def predictive_power(values: NDArray[np.generic], y: Floats, task: Task) -> float:
    """Measure a model of one column by cross-validation.

    The model answers with the mean target of the row's bin in the other folds. A missing value is a
    bin of its own, because that a value is missing may tell the answer too; so is each category. A
    bin that the other folds do not know gets their overall mean, so that an identifier predicts
    nothing. Numbers are cut into bins of several widths, and a straight line is tried for numeric
    targets; the best of them counts.

    Parameters
    ----------
    values
        One column, shape (n,): float64 with NaN, or objects with `None`, where missing.
    y
        The target, shape (n,), float64.
    task
        Whether the target is 0 or 1, the index of a class, or a number.

    Returns
    -------
    float
        ROC AUC between 0.5 and 1, of more than two classes the mean of each against all others; or
        R² between 0 and 1.
    """
    nothing = 0.5 if task.has_classes else 0.0
    if np.unique(y).size < 2:  # noqa: PLR2004  # a target that never varies is predicted by nobody
        return nothing
    if task is Task.MULTICLASS and y.size > _CLASS_ROWS:
        # Each class is ranked by itself; what gives them away shows on fewer rows as well.
        chosen = np.random.default_rng(_SEED).permutation(y.size)[:_CLASS_ROWS]
        values, y = values[chosen], y[chosen]
    measure = _MEASURES[task]
    found = [measure(codes, y) for codes in _codes(values)]
    if task is Task.REGRESSION and values.dtype != object:
        found.append(_line(values.astype(np.float64), y))
    return max(nothing, *found)


def _binary(codes: Codes, y: Floats) -> float:
    return on_rows(roc_auc(y, _cross_fitted(codes, y)), y.size)


def _each_class(codes: Codes, y: Floats) -> float:
    """The mean over classes, each against all others."""
    return float(np.mean([_binary(codes, (y == one).astype(np.float64)) for one in np.unique(y)]))


def _value(codes: Codes, y: Floats) -> float:
    return on_rows(r_squared(y, _cross_fitted(codes, y)), y.size)


_MEASURES = {Task.BINARY: _binary, Task.MULTICLASS: _each_class, Task.REGRESSION: _value}


def _codes(values: NDArray[np.generic]) -> Iterator[Codes]:
    if values.dtype == object:
        texts = np.array(["" if value is None else str(value) for value in values])
        yield np.unique(texts, return_inverse=True)[1]
        return
    numbers = values.astype(np.float64)
    for width in {*_ROWS_PER_BIN, max(1, numbers.size // _COARSE_BINS)}:
        yield _bins(numbers, width)


def _bins(numbers: Floats, rows_per_bin: int) -> Codes:
    """Bins of about so many rows; equal values share one, and the last is for missing ones."""
    # NaN sorts last and, as one value, gets the last of the inverse.
    _, inverse, counts = np.unique(numbers, return_inverse=True, return_counts=True)
    starts = np.cumsum(counts) - counts
    bins = starts // rows_per_bin
    if np.isnan(numbers).any():
        bins[-1] = bins.max() + 1
    codes: Codes = np.unique(bins[inverse], return_inverse=True)[1]
    return codes


def _cross_fitted(codes: Codes, y: Floats) -> Floats:
    """Each row's bin mean over the folds that the row is not in."""
    folds = np.random.default_rng(_SEED).permutation(y.size) % _FOLDS
    shape = (_FOLDS, int(codes.max()) + 1)
    sums, counts = np.zeros(shape), np.zeros(shape)
    np.add.at(sums, (folds, codes), y)
    np.add.at(counts, (folds, codes), 1.0)
    outside, known = sums.sum(axis=0) - sums, counts.sum(axis=0) - counts
    overall = outside.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    means = np.where(known > 0, outside / np.maximum(known, 1), overall)
    predicted: Floats = means[folds, codes]
    return predicted


def _line(numbers: Floats, y: Floats) -> float:
    """R² of a straight line, gaps at the mean; two parameters need no folds."""
    known = ~np.isnan(numbers)
    if np.unique(numbers[known]).size < 2:  # noqa: PLR2004  # a line needs two points
        return 0.0
    # The squares of the smallest floats are 0; a line is as good in any unit.
    scaled = np.nan_to_num(numbers) / np.abs(numbers[known]).max()
    slope, intercept = np.polyfit(scaled[known], y[known], 1)
    predicted = np.where(known, slope * scaled + intercept, y.mean())
    return on_rows(r_squared(y, predicted), y.size)
