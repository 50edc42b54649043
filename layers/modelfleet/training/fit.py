"""Fits one pipeline with its calibration."""

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
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.encoding import RowEncoding
from modelfleet.tables.target import outcomes
from modelfleet.training.calibrate import cross_fit_calibration

Values = NDArray[np.float64]


@dataclass(frozen=True)
class FittedModel:
    """A fitted pipeline whose first step is the encoding, and the calibration of its scores.

    `classes` is how many there are where they are more than two. `calibration_choice` says why it
    is this one, where the spec left the choice.
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
        """Calibrated probability of the positive class, or value, per row; shape (n,).

        Of more than two classes it is a probability each, shape (n, classes).
        """
        with threadpool_limits(1):
            scores = raw_scores(self.task, self.pipeline, frame, self.classes)
        return calibrate(self.calibration, scores)


def raw_scores(task: Task, pipeline: Any, frame: pd.DataFrame, classes: int) -> Values:
    """What a fitted pipeline answers, uncalibrated; shaped as `FittedModel.predict` says.

    A class of which it was shown no row has a probability of 0.
    """
    statistics = STATISTICS[task]
    answered = np.asarray(getattr(pipeline, statistics.method)(frame), dtype=np.float64)
    if not classes:
        return statistics.scores(answered)
    found = np.zeros((len(frame), classes))
    found[:, np.asarray(pipeline.classes_, dtype=np.int64)] = answered
    return found


def fit(spec: ModelSpec, pipeline: Any, train: pd.DataFrame, seed: int) -> FittedModel:
    """Fit an unfitted pipeline on training rows: the features' columns and the target's.

    Raises
    ------
    DatasetError
        If the target takes one value only.
    """
    columns = [column.name for column in spec.features.columns()]
    frame, y = train[columns], outcomes(spec, train)
    if np.unique(y).size < 2:  # noqa: PLR2004 -- two values are the least that can be told apart
        raise DatasetError(
            f"{spec.name}: all training rows have the same value of {spec.target.column}"
        )
    if absent := [name for k, name in enumerate(spec.classes) if not (y == k).any()]:
        raise DatasetError(
            f"{spec.name}: no training row has the {spec.target.column} {', '.join(absent)}"
        )
    # One thread: sums come out the same at every retry, and trainings that run side by side do not
    # wait for each other at barriers.
    with threadpool_limits(1):
        calibration, choice = cross_fit_calibration(spec, pipeline, frame, y, seed)
        fitted = pipeline.fit(frame, y)
        return FittedModel(spec.task, fitted, calibration, choice, len(spec.classes))
