"""Calibration by cross-fitting: on scores of rows that the scoring pipeline never saw."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import StratifiedKFold, cross_val_predict

from modelfleet.domain.calibration import Calibration
from modelfleet.domain.spec import ModelSpec
from modelfleet.statistics.calibration import fit_calibration

Values = NDArray[np.float64]
_FOLDS = 4


def cross_fit_calibration(
    spec: ModelSpec, pipeline: Any, frame: pd.DataFrame, y: Values, seed: int
) -> Calibration | None:
    """Fit the declared calibration on out-of-fold scores of the unfitted pipeline.

    Each fold resamples its own training rows, so the scores come out as shifted as those of the
    final pipeline, and the calibration takes the shift out again.
    """
    if spec.calibration == "none":
        return None
    folds = StratifiedKFold(_folds(y), shuffle=True, random_state=seed)
    scores = cross_val_predict(clone(pipeline), frame, y, cv=folds, method="predict_proba")[:, 1]
    return fit_calibration(spec.calibration, scores, y)


def _folds(y: Values) -> int:
    """As many as can each hold a row of the rarer outcome."""
    rarer = int(min(y.sum(), y.size - y.sum()))
    return max(2, min(_FOLDS, rarer))
