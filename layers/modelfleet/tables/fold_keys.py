"""Which rows a cross-validation must not separate, and in which order they came."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.spec.features import GROUP
from modelfleet.spec.model import ModelSpec


class FoldKeys(NamedTuple):
    """Group and time of each row, shape (n,) each, for `modelfleet.statistics.folds.divide`."""

    groups: NDArray[np.generic] | None
    times: NDArray[np.generic] | None = None


def fold_keys(spec: ModelSpec, rows: pd.DataFrame) -> FoldKeys:
    """Return the groups and times of training rows.

    Rows without a group are in one group with the rows that have the same features, except if the
    model declares only a time: then, as in the split, an equal row at a later time is another one.

    Parameters
    ----------
    spec
        The model.
    rows
        At least its features; time and group count if the frame has them.
    """
    times = None
    if spec.time is not None and spec.time.column in rows:
        times = rows[spec.time.column].to_numpy(dtype=np.str_)
        if spec.group is None:
            return FoldKeys(None, times)
    if spec.group is None:
        return FoldKeys(row_hashes(rows, spec.feature_names), times)
    return FoldKeys(group_keys(rows, spec.feature_names), times)


def group_keys(rows: pd.DataFrame, features: Sequence[str]) -> NDArray[np.uint64]:
    """Return a key per row, shape (n,): its group, or its features where it has none.

    Parameters
    ----------
    rows
        Features and, in the column `GROUP`, the group, `None` if missing; the column may be absent.
    features
        Names of the features.
    """
    hashes = row_hashes(rows, features)
    if GROUP not in rows:
        return hashes
    return np.where(rows[GROUP].notna(), row_hashes(rows, [GROUP]), hashes)


def row_hashes(rows: pd.DataFrame, columns: Sequence[str]) -> NDArray[np.uint64]:
    """Return a hash of each row that is equal for equal values, shape (n,).

    Parameters
    ----------
    rows
        Numeric columns, or object columns of text with `None` for missing.
    columns
        Columns to hash.
    """
    chosen = rows[list(columns)].copy()
    # Adding 0 turns the negative zero, which has other bytes, into the usual one.
    for name in chosen.select_dtypes("number"):
        chosen[name] = chosen[name] + 0.0
    return np.asarray(pd.util.hash_pandas_object(chosen, index=False), dtype=np.uint64)
