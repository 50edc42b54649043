"""Which classes a target may have, and by what each task may be measured."""

import pytest

from modelfleet.spec.model import Metric, Task
from modelfleet.spec.tasks.kind import spelling
from modelfleet.spec.tasks.multiclass import CLASSES_MAXIMUM

MANY = tuple(f"class {number}" for number in range(CLASSES_MAXIMUM + 1))


@pytest.mark.parametrize(
    ("task", "labels"),
    [
        (Task.BINARY, None),
        (Task.BINARY, ("no", "yes")),
        (Task.MULTICLASS, ("a", "b", "c")),
        (Task.MULTICLASS, MANY[:-1]),
        (Task.REGRESSION, None),
    ],
)
def test_labels_that_fit_their_task(task: Task, labels: tuple[str, ...] | None) -> None:
    """Two classes may have names, more must have them, a number has none."""
    assert task.kind.label_fault(labels) == ""


@pytest.mark.parametrize(
    ("task", "labels", "fault"),
    [
        (Task.REGRESSION, ("a", "b"), "a number has no classes"),
        (Task.BINARY, ("a", "b", "c"), "3 classes are no binary target"),
        (Task.MULTICLASS, None, "name every class"),
        (Task.MULTICLASS, ("a", "b"), "there are 2 classes; a multiclass target has 3 to 50"),
        (Task.MULTICLASS, MANY, "there are 51 classes; a multiclass target has 3 to 50"),
        (Task.MULTICLASS, ("a", "b", "A"), "each class has a name of its own"),
        (Task.MULTICLASS, ("1", "2", "1.0"), "each class has a name of its own"),
        (Task.MULTICLASS, ("a", "b", " "), "each class has a name of its own"),
    ],
)
def test_labels_that_do_not(task: Task, labels: tuple[str, ...] | None, fault: str) -> None:
    """What is wrong is said in words."""
    assert task.kind.label_fault(labels) == fault


def test_one_class_has_one_spelling() -> None:
    """Neither case nor a decimal point makes another class, and every digit does."""
    assert spelling("Yes") == spelling("yes")
    assert spelling("1") == spelling("1.0")
    assert spelling("10000001") != spelling("10000002")


def test_every_metric_measures_a_task() -> None:
    """None is declared that nobody could use."""
    assert set().union(*(task.kind.metrics for task in Task)) == set(Metric)
