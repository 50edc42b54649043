"""What a target is."""

import pytest

from modelfleet.domain.spec import Task
from modelfleet.pipelines.infer.column_values import ColumnValues
from modelfleet.pipelines.infer.target import plan_target


def target(*texts: str) -> ColumnValues:
    """A column of a hundred rows of each text."""
    return ColumnValues.read("t", [text for text in texts for _ in range(100)])


@pytest.mark.parametrize(
    ("column", "positive", "labels"),
    [
        (target("0", "1"), "1", None),
        (target("No", "Yes"), "Yes", None),
        (target("true", "false"), "true", None),
        (target("0.0", "1.0"), "1.0", None),
        (target("stay", "stay", "gone"), "gone", ("stay", "gone")),
        (target("1", "1", "2"), "2", ("1", "2")),
        (target("N", "Y"), "Y", ("N", "Y")),
        (target("<=50K", "<=50K", ">50K"), ">50K", ("<=50K", ">50K")),
    ],
)
def test_two_values_are_classes(
    column: ColumnValues, positive: str, labels: tuple[str, str] | None
) -> None:
    """A word that says yes is the positive class, else the rarer one."""
    found = plan_target(column)
    assert found.task is Task.BINARY
    assert found.positive == positive
    assert found.labels == labels


def test_the_user_may_say_which_class_is_positive() -> None:
    """Then both must be spelled out."""
    found = plan_target(target("No", "Yes"), positive="no")
    assert found.positive == "No"
    assert found.labels == ("Yes", "No")


def test_many_numbers_are_a_regression() -> None:
    """With the range that a person would declare."""
    found = plan_target(ColumnValues.read("price", [f"${n},000" for n in range(1, 101)]))
    assert found.task is Task.REGRESSION
    assert (found.minimum, found.maximum) == (0, 200_000)


def test_few_numbers_are_one_if_the_user_says_so() -> None:
    """A grade from 1 to 5 may be predicted as a number."""
    assert plan_target(target(*"12345"), task=Task.REGRESSION).task is Task.REGRESSION
