"""The statistics of each task."""

from typing import Any

from modelfleet.spec.task import Task
from modelfleet.statistics.tasks.binary import BinaryStatistics
from modelfleet.statistics.tasks.multiclass import MulticlassStatistics
from modelfleet.statistics.tasks.regression import RegressionStatistics
from modelfleet.statistics.tasks.task_statistics import TaskStatistics

STATISTICS: dict[Task, TaskStatistics[Any]] = {
    Task.BINARY: BinaryStatistics(),
    Task.MULTICLASS: MulticlassStatistics(),
    Task.REGRESSION: RegressionStatistics(),
}
