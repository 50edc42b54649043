"""Which rows a cross-validation must not separate, and in which order they came."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.spec.model import ModelSpec


class FoldKeys(NamedTuple):
    """Group and time of each row, shape (n,) each, for `modelfleet.statistics.folds.divide`."""

    groups: NDArray[np.generic] | None
    times: NDArray[np.generic] | None = None


def fold_keys(spec: ModelSpec, rows: pd.DataFrame) -> FoldKeys:
    """Return the groups of training rows: rows with equal features are one group.

    Parameters
    ----------
    spec
        The model.
    rows
        At least its features.
    """
    return FoldKeys(row_hashes(rows, spec.feature_names))


def row_hashes(rows: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.uint64]:
    """Return a hash of each row that is equal for equal values, shape (n,).

    Parameters
    ----------
    rows
        Numeric columns, or object columns of text with `None` for missing.
    columns
        Columns to hash.
    """
    chosen = rows[list(columns)]
    # Adding 0 turns the negative zero, which has other bytes, into the usual one.
    numbers = chosen.select_dtypes("number") + 0.0
    filled = chosen.assign(**{str(name): numbers[name] for name in numbers})
    return np.asarray(pd.util.hash_pandas_object(filled, index=False), dtype=np.uint64)
