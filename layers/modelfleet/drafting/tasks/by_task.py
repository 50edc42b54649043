"""The drafts of each task."""

from modelfleet.drafting.tasks.binary import BinaryDraft
from modelfleet.drafting.tasks.multiclass import MulticlassDraft
from modelfleet.drafting.tasks.regression import RegressionDraft
from modelfleet.drafting.tasks.task_draft import TaskDraft
from modelfleet.spec.task import Task

DRAFTS: dict[Task, TaskDraft] = {
    Task.BINARY: BinaryDraft(),
    Task.MULTICLASS: MulticlassDraft(),
    Task.REGRESSION: RegressionDraft(),
}
