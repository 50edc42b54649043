"""Cross-fitted calibration on out-of-fold scores."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone

from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec, Task
from modelfleet.statistics.calibration import choose_calibration, fit_calibration
from modelfleet.statistics.calibration_map import Calibration
from modelfleet.statistics.folds import Folds, divide, rarest
from modelfleet.statistics.results import CalibrationChoice
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.fold_keys import FoldKeys

Values = NDArray[np.float64]
_FOLDS = 4
_FEWEST = 2


def cross_fit_calibration(
    spec: ModelSpec, pipeline: Any, frame: pd.DataFrame, y: Values, seed: int, keys: FoldKeys
) -> tuple[Calibration | None, CalibrationChoice | None]:
    """Fit the declared calibration, or choose one, on out-of-fold scores of an unfitted pipeline.

    Every fold resamples its training rows, so the out-of-fold scores are shifted as much as those
    of the final pipeline, and the calibration corrects the shift. No group is on both sides of a
    fold, so that they are scores of unknown rows. The second element is `None` if the spec declares
    the kind of calibration.

    Raises
    ------
    DatasetError
        If all training rows of a class are equal, or of one group.
    """
    if spec.calibration == "none" or not STATISTICS[spec.task].calibrated:
        return None, None
    if spec.outcomes and rarest(y, keys.groups) < _FEWEST:
        raise DatasetError(
            f"{spec.name}: a class of {spec.target.column} occurs in a single group of equal or "
            "related training rows, too few to both fit and measure; load more rows"
        )
    folds = divide(spec.task, y, _FOLDS, seed, *keys)
    scores, known = _out_of_fold(spec, pipeline, frame, y, folds)
    scores, y = scores[known], y[known]
    if spec.calibration != "auto":
        return fit_calibration(spec.calibration, scores, y), None
    groups = None if keys.groups is None else keys.groups[known]
    kind, choice = choose_calibration(scores, y, seed, groups)
    return fit_calibration(kind, scores, y), choice


def raw_scores(task: Task, pipeline: Any, frame: pd.DataFrame, classes: int) -> Values:
    """Return uncalibrated predictions, of the same shape as `FittedModel.predict`.

    A class without training rows has a probability of 0.
    """
    statistics = STATISTICS[task]
    answered = np.asarray(getattr(pipeline, statistics.method)(frame), dtype=np.float64)
    if not classes:
        return statistics.scores(answered)
    found = np.zeros((len(frame), classes))
    found[:, np.asarray(pipeline.classes_, dtype=np.int64)] = answered
    return found


def _out_of_fold(
    spec: ModelSpec, pipeline: Any, frame: pd.DataFrame, y: Values, folds: Folds
) -> tuple[Values, NDArray[np.bool_]]:
    """Return scores of rows that the pipeline was not fitted on, and a mask of the rows with one.

    Folds by time leave out only later rows, so the oldest have no such score.
    """
    classes = len(spec.classes)
    scores = np.zeros((y.size, classes) if classes else y.size)
    known = np.zeros(y.size, dtype=np.bool_)
    for fitted_on, left_out in folds:
        fitted = clone(pipeline).fit(frame.iloc[fitted_on], y[fitted_on])
        scores[left_out] = raw_scores(spec.task, fitted, frame.iloc[left_out], classes)
        known[left_out] = True
    return scores, known
