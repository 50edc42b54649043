"""Registry of the tasks' drafts."""

from modelfleet.drafting.tasks import binary, multiclass, regression
from modelfleet.drafting.tasks.task_draft import TaskDraft
from modelfleet.spec.task import Task

DRAFTS: dict[Task, TaskDraft] = {
    Task.BINARY: binary.DRAFT,
    Task.MULTICLASS: multiclass.DRAFT,
    Task.REGRESSION: regression.DRAFT,
}
