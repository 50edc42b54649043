"""Which classes a target may have, and by what each task may be measured."""

import pytest

from modelfleet.spec.data_limits import Check
from modelfleet.spec.model import Metric, Target, Task
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


def binary(labels: tuple[str, str] | None) -> Target:
    """A binary target."""
    return Target(column="y", description="y", labels=labels)


@pytest.mark.parametrize(
    ("labels", "zero", "one"),
    [
        (None, ["0", "0.0", "no", " No ", "FALSE"], ["1", "1.0", "yes", "Yes", "true", "TRUE"]),
        (("No", "Yes"), ["no", "0", "false"], ["YES", "1", " yes", "True"]),
        (("stayed", "left"), ["Stayed", " STAYED "], ["left"]),
        (("1", "2"), ["1", "1.0"], ["2", "2.0"]),
    ],
)
def test_text_is_read_alike_in_files_and_outcomes(
    labels: tuple[str, str] | None, zero: list[str], one: list[str]
) -> None:
    """Each spelling that `data load` accepts is an outcome, too."""
    kind, target = Task.BINARY.kind, binary(labels)
    for label, texts in enumerate((zero, one)):
        for text in texts:
            assert kind.read(target, text) == kind.read_outcome(target, text) == (label, None)


@pytest.mark.parametrize(
    ("labels", "value", "says"),
    [
        (None, "maybe", "it must be 0 or 1, or no or yes, or false or true"),
        (None, 2, "it must be 0 or 1, or no or yes, or false or true"),
        (("stayed", "left"), "yes", "it must be stayed or left"),
        (("stayed", "left"), "1", "it must be stayed or left"),
        (("stayed", "left"), True, "it must be stayed or left, or 0 or 1"),
        (("1", "2"), 1, "it must be 1 or 2, as text"),
        (("1", "0"), 0, "it must be 1 or 0, as text"),
        (("yes", "no"), True, "it must be yes or no, as text"),
        (("yes", "no"), "1", "it must be yes or no"),
        (("stayed", "left"), None, "it must be stayed or left, or 0 or 1"),
        (("stayed", "left"), ["left"], "it must be stayed or left, or 0 or 1"),
    ],
)
def test_an_outcome_that_could_be_either_class_is_refused(
    labels: tuple[str, str] | None, value: object, says: str
) -> None:
    """The message lists the classes."""
    assert Task.BINARY.kind.read_outcome(binary(labels), value)[1] == (Check.CATEGORIES, says)


@pytest.mark.parametrize(
    ("labels", "value", "label"),
    [
        (None, True, 1), (None, 0, 0), (("no", "yes"), False, 0), (("no", "yes"), 1, 1),
        (("stayed", "left"), 1, 1), (("stayed", "left"), 0.0, 0), (("1", "2"), 2, 1),
        (("0", "5"), 5, 1),
    ],
)  # fmt: skip
def test_the_label_of_an_answer_is_an_outcome(
    labels: tuple[str, str] | None, value: float, label: int
) -> None:
    """Unless it is the name of the other class."""
    assert Task.BINARY.kind.read_outcome(binary(labels), value) == (label, None)


@pytest.mark.parametrize("labels", [None, ("no", "yes"), ("1", "2"), ("1", "0"), ("a", "b")])
def test_what_a_data_set_has_can_be_reported(labels: tuple[str, str] | None) -> None:
    """`reported` finds a spelling that is read as the same class."""
    kind, target = Task.BINARY.kind, binary(labels)
    for label in (0.0, 1.0):
        assert kind.read_outcome(target, kind.reported(target, label)) == (label, None)
        assert kind.read(target, kind.names(labels)[int(label)]) == (label, None)


def test_every_metric_measures_a_task() -> None:
    """None is declared that nobody could use."""
    assert set().union(*(task.kind.metrics for task in Task)) == set(Metric)
