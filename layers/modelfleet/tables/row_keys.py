"""One number per row, equal for rows with equal values."""

from collections.abc import Sequence
from hashlib import blake2b

import numpy as np
from numpy.typing import NDArray

from modelfleet.tables.rows import Numbers, Rows, Values

Keys = NDArray[np.uint64]

_SEED = np.uint64(0x9E3779B97F4A7C15)
_FACTORS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))
_BYTES = 8


def row_keys(rows: Rows, names: Sequence[str]) -> Keys:
    """Return a 64-bit key of some columns of each row, shape (n,).

    Keys find repeated rows; they are neither stored nor secret. Two different rows among a million
    share a key with a probability of 3e-8.
    """
    found = np.full(len(rows), _SEED)
    for name in names:
        found = _mixed(found + _SEED ^ _keys(rows.columns[name]))
    return found


def _keys(column: Values) -> Keys:
    if isinstance(column, Numbers):
        # Equal numbers have equal bits, except for the two zeros and the many NaN.
        numbers = np.where(np.isnan(column.array), np.nan, column.array + 0.0)
        return _mixed(numbers.view(np.uint64))
    texts = [blake2b(text.encode(), digest_size=_BYTES).digest() for text in column.names]
    missing = bytes(_BYTES)
    return np.frombuffer(b"".join((*texts, missing)), dtype=np.uint64)[column.codes]


def _mixed(keys: Keys) -> Keys:
    """Mix the bits of each key (the finalizer of splitmix64; Steele, Lea and Flood 2014)."""
    for shift, factor in zip(_SHIFTS[:2], _FACTORS, strict=True):
        keys = (keys ^ (keys >> shift)) * factor
    return keys ^ (keys >> _SHIFTS[2])
