"""Fitting of a pipeline with its calibration."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import clone
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec, Task
from modelfleet.statistics.calibration import calibrate, choose_calibration, fit_calibration
from modelfleet.statistics.calibration_map import Calibration
from modelfleet.statistics.results import CalibrationChoice
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.encoding import RowEncoding
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.cross_validate import CrossValidation, OutOfFold
from modelfleet.training.raw_scores import raw_scores

Values = NDArray[np.float64]


@dataclass(frozen=True)
class FittedModel:
    """A fitted pipeline, whose first step is the encoding, and the calibration of its scores.

    `classes` is the number of classes of a multiclass model, otherwise 0. `calibration_choice` is
    set if the spec does not declare the kind of calibration.
    """

    task: Task
    pipeline: Any
    calibration: Calibration | None
    calibration_choice: CalibrationChoice | None = None
    classes: int = 0

    @property
    def encoding(self) -> RowEncoding:
        """The encoding that the pipeline learned."""
        encoding: RowEncoding = self.pipeline.steps[0][1].encoding_
        return encoding

    def predict(self, frame: pd.DataFrame) -> Values:
        """Return calibrated probabilities of the positive class, or values, shape (n,).

        A multiclass model returns class probabilities, shape (n, classes).
        """
        with threadpool_limits(1):
            scores = raw_scores(self.task, self.pipeline, frame, self.classes)
        return calibrate(self.calibration, scores)


def fit(
    spec: ModelSpec, pipeline: Any, train: pd.DataFrame, seed: int, found: OutOfFold | None = None
) -> FittedModel:
    """Fit a pipeline and its calibration on training rows, which include the target.

    Parameters
    ----------
    spec
        The model.
    pipeline
        Unfitted pipeline from data frame to prediction.
    train
        Training rows.
    seed
        Seed of the folds.
    found
        The pipeline's out-of-fold predictions; by default, they are made here.

    Raises
    ------
    DatasetError
        If the target is constant, or a class has no row.
    """
    require_every_outcome(spec, train)
    if found is None:
        found = CrossValidation.of(spec, train, seed).out_of_fold(pipeline)
    calibration, choice = _calibrated_on(spec, found, seed)
    # A single thread gives the same sums on every retry, and concurrent trainings do not wait for
    # each other at barriers.
    with threadpool_limits(1):
        fitted = found.settle(pipeline).fit(train[list(spec.feature_names)], outcomes(spec, train))
    return FittedModel(spec.task, fitted, calibration, choice, len(spec.classes))


def _calibrated_on(
    spec: ModelSpec, found: OutOfFold, seed: int
) -> tuple[Calibration | None, CalibrationChoice | None]:
    """Fit the declared calibration, or choose one, on a pipeline's out-of-fold scores.

    If the pipeline resamples, every fold did, so the out-of-fold scores are shifted as much as
    those of the final pipeline, and the calibration corrects the shift. No group is on both sides
    of a fold, so that they are scores of unknown rows. The second element is
    `None` if the spec declares the kind of calibration.
    """
    if spec.calibration == "none" or not STATISTICS[spec.task].calibrated:
        return None, None
    if spec.calibration != "auto":
        return fit_calibration(spec.calibration, found.predicted, found.y), None
    kind, choice = choose_calibration(found.predicted, found.y, seed, found.groups)
    return fit_calibration(kind, found.predicted, found.y), choice


def refit(spec: ModelSpec, model: FittedModel, rows: pd.DataFrame) -> FittedModel:
    """Fit the same recipe on other rows, with the rounds, scale, and calibration of a fitted model.

    Parameters
    ----------
    spec
        The model.
    model
        The fitted model, which stays as it is.
    rows
        Rows to fit, including the target.

    Raises
    ------
    DatasetError
        If the recipe cannot learn these rows, such as the logarithm of a target of 0.
    """
    inputs, y = rows[list(spec.feature_names)], outcomes(spec, rows)
    try:
        with threadpool_limits(1):
            fitted = clone(model.pipeline).fit(inputs, y)
    except _rejections() as error:
        raise DatasetError(f"{spec.name}: {error}") from error
    return replace(model, pipeline=fitted)


def _rejections() -> tuple[type[Exception], ...]:
    """Return what estimators raise for rows that they cannot learn.

    LightGBM's error is no `ValueError`; without its OpenMP runtime, there is none.
    """
    try:
        from lightgbm.basic import LightGBMError  # noqa: PLC0415
    except OSError:
        return (ValueError,)
    return (ValueError, LightGBMError)


def require_every_outcome(spec: ModelSpec, train: pd.DataFrame) -> None:
    """Check that there is something to learn.

    Raises
    ------
    DatasetError
        If the target is constant, or a class has no row.
    """
    y = outcomes(spec, train)
    if np.unique(y).size < 2:  # noqa: PLR2004 -- a target needs at least two values
        raise DatasetError(
            f"{spec.name}: all training rows have the same value of {spec.target.column}"
        )
    if absent := [name for k, name in enumerate(spec.classes) if not (y == k).any()]:
        raise DatasetError(
            f"{spec.name}: no training row has the {spec.target.column} {', '.join(absent)}"
        )
