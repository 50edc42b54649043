"""Cross-fitted calibration on out-of-fold scores."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from sklearn.model_selection import cross_val_predict

from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.calibration import choose_calibration, fit_calibration
from modelfleet.statistics.calibration_map import Calibration
from modelfleet.statistics.folds import divide
from modelfleet.statistics.results import CalibrationChoice
from modelfleet.statistics.tasks.by_task import STATISTICS

Values = NDArray[np.float64]
_FOLDS = 4


def cross_fit_calibration(
    spec: ModelSpec, pipeline: Any, frame: pd.DataFrame, y: Values, seed: int
) -> tuple[Calibration | None, CalibrationChoice | None]:
    """Fit the declared calibration, or choose one, on out-of-fold scores of an unfitted pipeline.

    Every fold resamples its training rows, so the out-of-fold scores are shifted as much as those
    of the final pipeline, and the calibration corrects the shift. The second element is `None` if
    the spec declares the kind of calibration.
    """
    statistics = STATISTICS[spec.task]
    if spec.calibration == "none" or not statistics.calibrated:
        return None, None
    folds = divide(spec.task, y, _FOLDS, seed)
    answered = cross_val_predict(clone(pipeline), frame, y, cv=folds, method=statistics.method)
    scores = statistics.scores(answered).astype(np.float64)
    if spec.calibration != "auto":
        return fit_calibration(spec.calibration, scores, y), None
    kind, choice = choose_calibration(scores, y, seed)
    return fit_calibration(kind, scores, y), choice
