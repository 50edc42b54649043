"""Registry of the tasks' answers."""

from typing import Any

from modelfleet.serving.tasks import binary, multiclass, regression
from modelfleet.serving.tasks.task_answers import TaskAnswers
from modelfleet.spec.task import Task

ANSWERS: dict[Task, TaskAnswers[Any]] = {
    Task.BINARY: binary.ANSWERS,
    Task.MULTICLASS: multiclass.ANSWERS,
    Task.REGRESSION: regression.ANSWERS,
}
