"""Conversion of targets to numbers."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.spec.model import ModelSpec

Values = NDArray[np.float64]


def outcomes(spec: ModelSpec, rows: pd.DataFrame) -> Values:
    """Return the target of each row as models learn it, shape (n,); a class is its index."""
    return class_indices(spec, rows[spec.target.column].to_numpy())


def class_indices(spec: ModelSpec, target: NDArray[np.generic]) -> Values:
    """Convert a target as stored in data sets to the form that models learn.

    Parameters
    ----------
    target
        Numbers or class names, shape (n,).

    Returns
    -------
    Values
        Numbers, or indices of multiclass labels, shape (n,).
    """
    if not spec.classes:
        return np.asarray(target, dtype=np.float64)
    places = {name: float(index) for index, name in enumerate(spec.classes)}
    return np.array([places[name] for name in target.tolist()], dtype=np.float64)
