"""The answers of each task."""

from typing import Any

from modelfleet.serving.tasks.binary import BinaryAnswers
from modelfleet.serving.tasks.multiclass import MulticlassAnswers
from modelfleet.serving.tasks.regression import RegressionAnswers
from modelfleet.serving.tasks.task_answers import TaskAnswers
from modelfleet.spec.task import Task

ANSWERS: dict[Task, TaskAnswers[Any]] = {
    Task.BINARY: BinaryAnswers(),
    Task.MULTICLASS: MulticlassAnswers(),
    Task.REGRESSION: RegressionAnswers(),
}
