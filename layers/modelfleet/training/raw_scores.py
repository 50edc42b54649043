"""Predictions of a pipeline as arrays of one shape per task."""

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.spec.task import Task
from modelfleet.statistics.tasks.by_task import STATISTICS

Values = NDArray[np.float64]


def raw_scores(task: Task, pipeline: Any, frame: pd.DataFrame, classes: int) -> Values:
    """Return uncalibrated predictions of a fitted pipeline.

    They are values or probabilities of the positive class, shape (n,), or class probabilities,
    shape (n, classes), in which a class without training rows has a probability of 0.
    """
    statistics = STATISTICS[task]
    answered = np.asarray(getattr(pipeline, statistics.method)(frame), dtype=np.float64)
    if not classes:
        return statistics.scores(answered)
    found = np.zeros((len(frame), classes))
    found[:, np.asarray(pipeline.classes_, dtype=np.int64)] = answered
    return found
