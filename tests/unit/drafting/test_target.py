"""What a target is."""

import numpy as np
import pytest

from modelfleet.drafting.column_values import ColumnValues
from modelfleet.drafting.target import outcomes, plan_target, target_format
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.drafting.tasks.rare import Handling
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import Metric, Task
from modelfleet.tables.columns.formats import RawColumn, find_formats
from modelfleet.tables.table_format import TableFormat


def target(*texts: str) -> ColumnValues:
    """A column of a hundred rows of each text."""
    return read_target([text for text in texts for _ in range(100)])


def read_target(cells: list[str]) -> ColumnValues:
    """A column as a target is read."""
    (found,) = find_formats([RawColumn("t", cells)], TableFormat())
    return ColumnValues.read("t", cells, target_format(found))


@pytest.mark.parametrize(
    ("column", "positive", "labels"),
    [
        (target("0", "1"), "1", None),
        (target("No", "Yes"), "Yes", ("No", "Yes")),
        (target("true", "false"), "true", ("false", "true")),
        (target("0.0", "1.0"), "1.0", None),
        (target("stay", "stay", "gone"), "gone", ("stay", "gone")),
        (target("1", "1", "2"), "2", ("1", "2")),
        (target("N", "Y"), "Y", ("N", "Y")),
        (target("Ja", "Ja", "Nein"), "Ja", ("Nein", "Ja")),
        (target("non", "oui", "oui"), "oui", ("non", "oui")),
        (target("да", "да", "нет"), "да", ("нет", "да")),
        (target("V", "V", "F"), "V", ("F", "V")),
        (target("✓", "✓", "✗"), "✓", ("✗", "✓")),
        (target("ya", "ya", "tidak"), "ya", ("tidak", "ya")),
        (target("já", "já", "nei"), "já", ("nei", "já")),
        (target("بله", "بله", "خیر"), "بله", ("خیر", "بله")),
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


def test_a_word_among_two_numbers_is_no_outcome() -> None:
    """The row is left out, not taken for one of the negative class."""
    column = ColumnValues.read("t", [*"01" * 100, "unsure"])
    known = plan_target(column.at(np.arange(201) < 200))
    assert outcomes(column, known)[:2].tolist() == [0.0, 1.0]
    assert np.isnan(outcomes(column, known)[-1])


@pytest.mark.parametrize(("other", "word"), [("s", "v"), ("x", "t"), ("sand", "on")])
def test_a_code_is_no_word_for_yes(other: str, word: str) -> None:
    """Unless the other class is a word for no: the engines of R's mtcars are V and straight."""
    column = ColumnValues.read("t", [other] * 100 + [word] * 200)
    assert plan_target(column).positive == other
    column = ColumnValues.read("t", ["f"] * 100 + ["v"] * 200)
    assert plan_target(column).positive == "v"


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


@pytest.mark.parametrize(
    "column",
    [
        target("57.8", "57.9", "60.1"),
        target("0.5", "1.5"),
        target(*map(str, range(11))),
        read_target(
            [text for n in range(8) for text in [str(n)] * (5, 40, 90, 99, 60, 40, 9, 3)[n]]
        ),
        read_target(
            [text for n in range(7) for text in [str(n)] * (300, 120, 60, 30, 15, 9, 2)[n]]
        ),
    ],
)
def test_decimals_scores_and_counts_are_numbers(column: ColumnValues) -> None:
    """However few values they have; a score or a count has its rare values at the ends."""
    assert plan_target(column).task is Task.REGRESSION


def test_codes_of_classes_are_none() -> None:
    """Their rare values are anywhere; glass has types 1, 2, 3, 5, 6 and 7."""
    rows = {"1": 70, "2": 76, "3": 17, "5": 13, "6": 9, "7": 29}
    found = plan_target(read_target([text for text, n in rows.items() for _ in range(n)]))
    assert found.task is Task.MULTICLASS
    assert found.merge == {"other": ("3", "5", "6")}


def test_counts_are_called_so_and_zeros_are_counted() -> None:
    """A target with zeros has no MAPE."""
    found = plan_target(read_target([str(n % 40) if n % 2 else "0" for n in range(400)]))
    assert found.reason == "counts (whole numbers) with 21 values; 50.0% are zero"
    assert Metric.MAPE not in DRAFTS[found.task].metrics(found)
    without = plan_target(read_target([f"{1 + n / 7:.2f}" for n in range(400)]))
    assert without.reason.startswith("a number with")
    assert Metric.MAPE in DRAFTS[without.task].metrics(without)


def classes(**rows: int) -> ColumnValues:
    """A column with so many rows of each class."""
    return read_target([name for name, count in rows.items() for _ in range(count)])


@pytest.mark.parametrize(
    ("column", "handling", "labels", "merge", "exclude"),
    [
        (classes(a=90, b=90, c=90, d=15, e=9), "merge", "a b c other", {"other": ("d", "e")}, ()),
        (classes(a=90, b=90, c=90, d=15, e=9), "drop", "a b c", {}, ("d", "e")),
        (
            classes(a=90, other=90, d=15, e=9),
            "merge",
            "a other other_2",
            {"other 2": ("d", "e")},
            (),
        ),
        (classes(a=90, b=80, c=90, d=9, e=9), "merge", "a b c", {}, ("d", "e")),
        (classes(a=90, b=80, c=90, d=19), "merge", "a b c", {}, ("d",)),
        (classes(yes=90, no=80, maybe=3), "merge", "no yes", {}, ("maybe",)),
        (classes(a=90, d=15, e=9), "merge", "a other", {"other": ("d", "e")}, ()),
        (classes(a=20, b=20, c=20), "merge", "a b c", {}, ()),
    ],
)
def test_rare_classes_are_merged_or_left_out(
    column: ColumnValues,
    handling: Handling,
    labels: str,
    merge: dict[str, tuple[str, ...]],
    exclude: tuple[str, ...],
) -> None:
    """The merged class has a name of its own, and enough rows; if not, it is left out as well."""
    found = plan_target(column, rare=handling)
    assert found.labels == tuple(label.replace("_", " ") for label in labels.split())
    assert (found.merge, found.exclude) == (merge, exclude)
    numbers = outcomes(column, found)
    rare = np.array([text in exclude for text in column.texts])
    assert np.array_equal(np.isnan(numbers), rare)
    if merge:
        (label,) = merge
        place = found.spellings.index(label)
        assert {numbers[n] for n, text in enumerate(column.texts) if text in merge[label]} == {
            place
        }


@pytest.mark.parametrize(
    "rows", [{"a": 300, "b": 19}, {"a": 9, "b": 9, "c": 9}, {"a": 90, "b": 9, "c": 9}]
)
def test_too_few_rows_of_all_classes_are_refused(rows: dict[str, int]) -> None:
    """A class has at least twenty rows."""
    with pytest.raises(DatasetError, match="too few rows of"):
        plan_target(classes(**rows))


def test_few_numbers_are_one_if_the_user_says_so() -> None:
    """A grade from 1 to 5 may be predicted as a number."""
    assert plan_target(target(*"12345"), task=Task.REGRESSION).task is Task.REGRESSION


@pytest.mark.parametrize(
    ("column", "labels"),
    [
        (target("low", "high", "middle"), ("high", "low", "middle")),
        (target("3", "10", "1"), ("1", "3", "10")),
        (target("10.0", "2.5", "07"), ("2.5", "07", "10")),
        (target("Low", "Low", "low", "high", "middle"), ("high", "Low", "middle")),
    ],
)
def test_three_values_are_classes(column: ColumnValues, labels: tuple[str, ...]) -> None:
    """Numbers stand in their order, words in theirs, and one class has its commonest spelling."""
    found = plan_target(column)
    assert found.task is Task.MULTICLASS
    assert found.labels == labels
    assert sum(found.shares) == pytest.approx(1)


def test_a_class_may_be_any_number_of_digits() -> None:
    """It is called by them, and not by what a float makes of them."""
    digits = "9" * 400
    assert digits in (plan_target(target(f"{digits}.0", "x", "y")).labels or ())


def test_classes_are_their_places() -> None:
    """Every spelling of a class is its index, and what is not there is nothing."""
    column = ColumnValues.read("t", [*["a"] * 90, *["B"] * 90, *["b"] * 100, *["c"] * 90, ""])
    found = outcomes(column, plan_target(column))
    assert np.bincount(found[:-1].astype(int)).tolist() == [90, 190, 90]
    assert np.isnan(found[-1])


def test_two_spellings_of_two_classes_are_two() -> None:
    """Yes and yes are one, so that nothing more is asked for."""
    found = plan_target(target("Yes", "yes", "yes", "No", "no"))
    assert (found.task, found.positive, found.negative) == (Task.BINARY, "yes", "No")
    assert found.positive_share == pytest.approx(0.6)


def test_few_whole_numbers_may_be_one() -> None:
    """They are taken for classes, with the hint that they need not be."""
    assert plan_target(target(*"12345")).reason.endswith("add: --task regression")
    assert "--task" not in plan_target(target("a", "b", "c")).reason


def test_many_numbers_are_classes_if_the_user_says_so() -> None:
    """Up to fifty; one more is refused by name."""
    codes = [str(100 + number) for number in range(50)]
    found = plan_target(target(*codes), task=Task.MULTICLASS)
    assert found.labels == tuple(codes)
    with pytest.raises(DatasetError, match="t: it has 51 different values; a target has 50"):
        plan_target(target(*codes, "99"), task=Task.MULTICLASS)


@pytest.mark.parametrize(
    ("column", "task", "positive", "fault"),
    [
        (target("a", "b", "c"), Task.BINARY, None, "a binary target has two"),
        (target("a", "b", "c"), None, "a", "a binary target has two"),
        (target("a", "b"), Task.MULTICLASS, None, "its task is binary"),
        (target("a", "A"), None, None, "the same value in every row"),
    ],
)
def test_classes_must_be_what_the_user_says(
    column: ColumnValues, task: Task | None, positive: str | None, fault: str
) -> None:
    """What does not fit is said, and nothing is guessed."""
    with pytest.raises(DatasetError, match=fault):
        plan_target(column, task, positive)


@pytest.mark.parametrize(
    ("words", "classes", "gaps"),
    [
        ("none some much", {"none", "some", "much"}, {}),
        ("None some", {"None", "some"}, {}),
        ("Yes No NA", {"Yes", "No"}, {"NA": 100}),
        ("none some null ?", {"none", "some"}, {"null": 100, "?": 100}),
        ("1 2 none", {"1", "2"}, {"none": 100}),
    ],
)
def test_none_is_a_class_among_words(words: str, classes: set[str], gaps: dict[str, int]) -> None:
    """Other spellings of a gap are none, and neither is it among numbers."""
    cells = [word for word in words.split() for _ in range(100)]
    found = read_target([*cells, ""])
    assert set(found.counts) == classes
    assert found.found.missing == gaps


def test_none_that_is_there_seldom_is_a_gap() -> None:
    """Then it would be no class in any case."""
    found = read_target([*["some"] * 300, *["much"] * 300, *["None"] * 19])
    assert found.known == 600
