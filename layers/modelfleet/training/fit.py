"""Fitting of a pipeline with its calibration."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec, Task
from modelfleet.statistics.calibration import calibrate
from modelfleet.statistics.calibration_map import Calibration
from modelfleet.statistics.results import CalibrationChoice
from modelfleet.tables.encoding import RowEncoding
from modelfleet.tables.fold_keys import fold_keys
from modelfleet.tables.target import outcomes
from modelfleet.training.calibrate import cross_fit_calibration, raw_scores

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


def fit(spec: ModelSpec, pipeline: Any, train: pd.DataFrame, seed: int) -> FittedModel:
    """Fit a pipeline and its calibration on training rows, which include the target.

    Raises
    ------
    DatasetError
        If the target is constant, or a class has no row.
    """
    columns = [column.name for column in spec.features.columns()]
    frame, y = train[columns], outcomes(spec, train)
    if np.unique(y).size < 2:  # noqa: PLR2004 -- a target needs at least two values
        raise DatasetError(
            f"{spec.name}: all training rows have the same value of {spec.target.column}"
        )
    if absent := [name for k, name in enumerate(spec.classes) if not (y == k).any()]:
        raise DatasetError(
            f"{spec.name}: no training row has the {spec.target.column} {', '.join(absent)}"
        )
    # A single thread gives the same sums on every retry, and concurrent trainings do not wait for
    # each other at barriers.
    keys = fold_keys(spec, train)
    with threadpool_limits(1):
        calibration, choice = cross_fit_calibration(spec, pipeline, frame, y, seed, keys)
        fitted = pipeline.fit(frame, y)
        return FittedModel(spec.task, fitted, calibration, choice, len(spec.classes))
