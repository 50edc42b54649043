"""Registry of the tasks' statistics."""

from typing import Any

from modelfleet.spec.task import Task
from modelfleet.statistics.tasks import binary, multiclass, regression
from modelfleet.statistics.tasks.task_statistics import TaskStatistics

STATISTICS: dict[Task, TaskStatistics[Any]] = {
    Task.BINARY: binary.STATISTICS,
    Task.MULTICLASS: multiclass.STATISTICS,
    Task.REGRESSION: regression.STATISTICS,
}
