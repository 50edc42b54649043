"""Fits one pipeline with its calibration on training rows."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.domain.calibration import Calibration
from modelfleet.domain.encoding import RowEncoding
from modelfleet.domain.errors import DatasetError
from modelfleet.domain.evaluation import CalibrationChoice
from modelfleet.domain.spec import ModelSpec, Task
from modelfleet.pipelines.calibrate import cross_fit_calibration
from modelfleet.statistics.calibration import calibrate

Values = NDArray[np.float64]


@dataclass(frozen=True)
class FittedModel:
    """A fitted pipeline whose first step is the encoding, and the calibration of its scores.

    `calibration_choice` says why it is this one, where the spec left the choice.
    """

    task: Task
    pipeline: Any
    calibration: Calibration | None
    calibration_choice: CalibrationChoice | None = None

    @property
    def encoding(self) -> RowEncoding:
        """The encoding that the pipeline learned."""
        encoding: RowEncoding = self.pipeline.steps[0][1].encoding_
        return encoding

    def predict(self, frame: pd.DataFrame) -> Values:
        """Calibrated probability of the positive class, or value, per row; shape (n,)."""
        with threadpool_limits(1):
            if self.task is Task.REGRESSION:
                return np.asarray(self.pipeline.predict(frame), dtype=np.float64)
            scores = np.asarray(self.pipeline.predict_proba(frame)[:, 1], dtype=np.float64)
        return calibrate(self.calibration, scores)


def fit(spec: ModelSpec, pipeline: Any, train: pd.DataFrame, seed: int) -> FittedModel:
    """Fit an unfitted pipeline on training rows: the features' columns and the target's.

    Raises
    ------
    DatasetError
        If the target takes one value only.
    """
    columns = [column.name for column in spec.features.columns()]
    frame, y = train[columns], train[spec.target.column].to_numpy(dtype=np.float64)
    if np.unique(y).size < 2:  # noqa: PLR2004 -- two values are the least that can be told apart
        raise DatasetError(
            f"{spec.name}: all training rows have the same value of {spec.target.column}"
        )
    # One thread: sums come out the same at every retry, and trainings that run side by side do not
    # wait for each other at barriers.
    with threadpool_limits(1):
        calibration, choice = cross_fit_calibration(spec, pipeline, frame, y, seed)
        return FittedModel(spec.task, pipeline.fit(frame, y), calibration, choice)
