"""Detection of numbers that stand for a missing value, such as -999 or 99."""

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Repeated nines, eights, or sevens, also counted down from: 99, 998, -9999, 888, 99.9, 999.25.
_CODE = re.compile(r"9+|9+[5-9]|8{2,}|7{2,}|8|99925")
# Largest and smallest values of integer types and of float32, and fill values of sensors.
_LIMITS = (127, 255, 32_767, 65_535, 2_147_483_647, 4_294_967_295, 3.4028235e38, 1e20, 9.96921e36)
_CODES_TOGETHER = 4
_ROWS_MINIMUM = 3
# A column of fewer other values is a scale of answers, such as 1 to 4.
_SCALE_VALUES = 5
# Distances from the other values, as multiples of their range: of a usual code, of a usual code on
# a scale of answers, and of any other number. A usual code is also some steps away.
_CODE_DISTANCE, _SCALE_DISTANCE, _OTHER_DISTANCE = 0.2, 1.3, 2.0
_OTHER_SHARE = 0.01
_STEPS = 2.0
_REPEATED = 2.0
_NEGATIVE = 9
# A more frequent zero is a value: of those who bought nothing, say.
_ZERO_SHARE = 0.2

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Sentinel:
    """A number that stands apart from the others, and the number of its rows."""

    value: float
    rows: int


def sentinels(numbers: Values) -> tuple[tuple[Sentinel, ...], tuple[float, float]]:
    """Find numbers that stand apart from the others, repeat, and are at an end of the range.

    Parameters
    ----------
    numbers
        Values of a column without NaN, shape (n,).

    Returns
    -------
    tuple
        The numbers that may stand for a missing value, and the range of the others.
    """
    values, counts = np.unique(numbers, return_counts=True)
    found: list[Sentinel] = []
    # From above, below, and above again: one may hide another.
    for from_above in (True, False, True):
        size = _block(values, counts, from_above=from_above)
        if not size:
            continue
        taken, kept = (
            (slice(-size, None), slice(-size)) if from_above else (slice(size), slice(size, None))
        )
        found += [
            Sentinel(float(value), int(count))
            for value, count in zip(values[taken], counts[taken], strict=True)
        ]
        values, counts = values[kept], counts[kept]
    ends = (float(values[0]), float(values[-1])) if values.size else (np.nan, np.nan)
    return tuple(sorted(found, key=lambda each: -each.rows)), ends


def _block(values: Values, counts: NDArray[np.int64], *, from_above: bool) -> int:
    """Return the number of values at one end that stand apart together; 0 if none do."""
    if from_above:
        values, counts = -values[::-1], counts[::-1]
    for size in range(_CODES_TOGETHER, 0, -1):
        if values.size >= size + 2 and _stands_apart(values, counts, size, from_above=from_above):
            return size
    return 0


def _stands_apart(
    values: Values, counts: NDArray[np.int64], size: int, *, from_above: bool
) -> bool:
    """Judge the first values of an ascending array; those from above are negated."""
    first, others = values[:size], values[size:]
    own = -first if from_above else first
    rows, total = int(counts[:size].sum()), int(counts.sum())
    spread = float(others[-1] - others[0])
    distance = float(others[0] - first[-1])
    is_value = 0.0 in own and rows > _ZERO_SHARE * total
    if is_value or counts[:size].min() < _ROWS_MINIMUM or not spread:
        return False
    often = counts[:size].min() >= _REPEATED * counts[size:].mean()
    negative = not from_above and own.max() < 0 <= others[0]
    if not all(_is_code(value, last=from_above) for value in own):
        downwards = negative and often and _count_downwards(own, others)
        return downwards or (size == 1 and _is_far(others, distance, rows / total))
    if others.size < _SCALE_VALUES:
        return distance >= _SCALE_DISTANCE * spread
    if negative:
        # The only negative numbers.
        return True
    if distance < _STEPS * np.median(np.diff(others)):
        return False
    return distance >= _CODE_DISTANCE * spread and (often or distance >= spread)


def _count_downwards(own: Values, others: Values) -> bool:
    """Return whether negative numbers are kinds of missing answers: -1, -2, and so on."""
    whole = np.concatenate((own, others))
    return bool(own.min() >= -_NEGATIVE and np.array_equal(whole, np.rint(whole)))


def _is_far(others: Values, distance: float, share: float) -> bool:
    spread = float(others[-1] - others[0])
    far = distance >= _OTHER_DISTANCE * spread
    return far and others.size >= _SCALE_VALUES and share >= _OTHER_SHARE


def _is_code(value: float, *, last: bool) -> bool:
    """Return whether a value is a usual code for missing; 8 and 9 are only as the `last` ones."""
    if value in (8.0, 9.0):
        return last
    if value in (-1.0, 0.0) or any(abs(abs(value) - limit) <= 1e-6 * limit for limit in _LIMITS):
        return True
    return _CODE.fullmatch(f"{abs(value):.10g}".replace(".", "")) is not None
