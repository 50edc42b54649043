"""The target as numbers."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.spec.model import ModelSpec

Values = NDArray[np.float64]


def outcomes(spec: ModelSpec, rows: pd.DataFrame) -> Values:
    """The target of each row, shape (n,): of more than two classes the index of the row's."""
    return class_indices(spec, rows[spec.target.column].to_numpy())


def class_indices(spec: ModelSpec, target: NDArray[np.generic]) -> Values:
    """A target as data hold it, shape (n,), as models learn it; a class is its index."""
    if not spec.classes:
        return np.asarray(target, dtype=np.float64)
    places = {name: float(index) for index, name in enumerate(spec.classes)}
    return np.array([places[name] for name in target.tolist()], dtype=np.float64)
