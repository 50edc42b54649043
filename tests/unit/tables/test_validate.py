"""Holding rows against the declaration of a model."""

from typing import Any

import pytest

from modelfleet.spec.data_limits import Check
from modelfleet.spec.features import ORIGIN, PREDICTION_ID
from modelfleet.spec.model import ModelSpec, Target, Task
from modelfleet.spec.time_column import TimeColumn
from modelfleet.tables.validate import validate

GOOD = {"age": "30", "income": "12.5", "colour": "red", "town": "Pisa", "bought": "1"}


def reasons(spec: ModelSpec, **changes: Any) -> tuple[str, ...]:
    """Why a row with these changes is set aside; empty if it is accepted."""
    rejected = validate(spec, [(7, GOOD | changes)]).rejected
    return rejected[0].reasons if rejected else ()


def test_an_accepted_row_has_the_declared_types(binary: ModelSpec) -> None:
    """Text becomes what the model declares, in the order in which it declares it."""
    (row,) = validate(binary, [(2, GOOD)]).accepted
    assert row == {"age": 30, "income": 12.5, "colour": "red", "town": "Pisa", "bought": 1.0}
    assert list(row) == list(GOOD)
    assert isinstance(row["age"], int)


def test_a_whole_number_may_be_written_with_a_point(binary: ModelSpec) -> None:
    """Files that went through a data frame say 30.0 for 30."""
    assert validate(binary, [(2, GOOD | {"age": "30.0"})]).accepted[0]["age"] == 30


def test_a_gap_is_kept_where_the_column_may_have_gaps(binary: ModelSpec) -> None:
    """A missing value of a nullable column is no reason to lose the row."""
    (row,) = validate(binary, [(2, GOOD | {"income": None, "town": None})]).accepted
    assert row["income"] is None
    assert row["town"] is None


@pytest.mark.parametrize(
    ("text", "label"),
    [("0", 0), ("0.0", 0), ("no", 0), ("No", 0), ("FALSE", 0), ("1", 1), ("1.0", 1), ("Yes", 1),
     ("true", 1), (0.0, 0), (1.0, 1), (1, 1), (True, 1)],
)  # fmt: skip
def test_a_binary_target_has_many_spellings(binary: ModelSpec, text: Any, label: int) -> None:
    """Each spelling of yes and no becomes 1.0 or 0.0."""
    assert validate(binary, [(2, GOOD | {"bought": text})]).accepted[0]["bought"] == label


@pytest.mark.parametrize(
    ("changes", "field", "rule"),
    [
        ({"age": None}, "age", "it is missing"),
        ({"age": "17"}, "age", "greater than or equal to 18"),
        ({"age": "101"}, "age", "less than or equal to 100"),
        ({"age": "30.5"}, "age", "valid integer"),
        ({"age": "old"}, "age", "valid integer"),
        ({"income": "inf"}, "income", "finite"),
        ({"income": "1,000"}, "income", "valid number"),
        ({"colour": "green"}, "colour", "'red' or 'blue'"),
        ({"town": "x" * 65}, "town", "at most 64"),
        ({"bought": "perhaps"}, "bought", "0 or 1"),
        ({"bought": "2"}, "bought", "0 or 1"),
    ],
)
def test_a_row_that_breaks_a_rule_is_set_aside(
    binary: ModelSpec, changes: dict[str, Any], field: str, rule: str
) -> None:
    """The reason names the field and the rule."""
    (reason,) = reasons(binary, **changes)
    assert reason.startswith(f"{field}: ")
    assert rule in reason


def test_every_fault_of_a_row_is_a_reason(binary: ModelSpec) -> None:
    """A row is set aside once, with all that is wrong with it."""
    found = reasons(binary, age="17", colour="green", bought="maybe")
    assert [reason.split(":")[0] for reason in found] == ["age", "colour", "bought"]


def test_reasons_never_repeat_a_value(binary: ModelSpec) -> None:
    """What stood in the row may be personal and is not copied into the reasons."""
    private = "Ada-Lovelace"
    found = reasons(
        binary, age=private, income=private, colour=private, town=private * 9, bought=private
    )
    assert len(found) == 5
    assert not any(private in reason for reason in found)


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ("999.99", "it must be 1000 USD or more"),
        ("50001", "it must be 50000 USD or less"),
        ("nan", "it must be a finite number"),
        ("dear", "it must be a finite number"),
    ],
)
def test_a_regression_target_out_of_range_is_junk(
    regression: ModelSpec, value: str, rule: str
) -> None:
    """Junk prices are set aside with the limit they break."""
    row = {key: text for key, text in GOOD.items() if key != "bought"}
    (rejected,) = validate(regression, [(3, row | {"price": value})]).rejected
    assert rejected.reasons == (f"price: {rule}",)
    assert rejected.line == 3


def test_a_regression_target_at_its_limits_is_kept(regression: ModelSpec) -> None:
    """The limits belong to the range."""
    row = {key: text for key, text in GOOD.items() if key != "bought"}
    found = validate(regression, [(2, row | {"price": "1000"}), (3, row | {"price": "5e4"})])
    assert [accepted["price"] for accepted in found.accepted] == [1_000, 50_000]


def test_faults_are_counted_by_column_and_rule(binary: ModelSpec) -> None:
    """Which rule each rejected row breaks is counted, so that a report can tell it."""
    changes: list[dict[str, Any]] = [
        {},
        {"age": "17"},
        {"age": "old", "colour": "green"},
        {"age": None},
        {"age": "16"},
    ]
    found = validate(binary, [(n, GOOD | change) for n, change in enumerate(changes)])
    assert dict(found.faults) == {
        ("age", Check.RANGES): 2,
        ("age", Check.TYPES): 1,
        ("colour", Check.CATEGORIES): 1,
        ("age", Check.REQUIRED): 1,
    }


@pytest.mark.parametrize(
    ("value", "reasons"),
    [("4/9/19", None), ("2019-04-09", None), ("soon", "day: it must be a date or time spelled"),
     (None, "day: it is missing")],
)  # fmt: skip
def test_a_time_is_read_where_one_is_declared(
    binary: ModelSpec, value: str | None, reasons: str | None
) -> None:
    """It is kept in its sortable spelling, and a row without one is set aside."""
    timed = binary.model_copy(update={"time": TimeColumn(column="day", format="%m/%d/%y")})
    found = validate(timed, [(2, GOOD | {"day": value})])
    if reasons is None:
        assert found.accepted[0]["day"] == "2019-04-09"
    else:
        assert found.rejected[0].reasons[0].startswith(reasons)


def test_where_a_row_comes_from_is_kept(binary: ModelSpec) -> None:
    """Its origin is no feature, and goes with it."""
    (row,) = validate(binary, [(2, GOOD | {ORIGIN: "feedback", PREDICTION_ID: "a"})]).accepted
    assert (row[ORIGIN], row[PREDICTION_ID]) == ("feedback", "a")


def test_a_row_without_an_outcome_is_an_open_case(binary: ModelSpec) -> None:
    """It is counted, whatever else is wrong with it, and neither accepted nor rejected."""
    without = {name: text for name, text in GOOD.items() if name != "bought"}
    rows: list[dict[str, Any]] = [
        dict(GOOD),
        GOOD | {"bought": None},
        without,
        GOOD | {"bought": None, "age": "7"},
    ]
    found = validate(binary, enumerate(rows))
    assert (len(found.accepted), found.rejected, found.open_cases) == (1, (), 3)


def test_merged_classes_are_read_as_one_and_excluded_ones_left_out(binary: ModelSpec) -> None:
    """In any spelling that is read alike; other classes are still rejected."""
    target = Target(
        column="bought",
        description="",
        labels=("no", "yes", "other"),
        merge={"other": ("Maybe", "3")},
        exclude=("void",),
    )
    spec = binary.model_copy(update={"task": Task.MULTICLASS, "target": target})
    texts = ("yes", "maybe", "3.0", "Other", "VOID", "never", None)
    found = validate(spec, enumerate(GOOD | {"bought": text} for text in texts))
    assert [row["bought"] for row in found.accepted] == ["yes", "other", "other", "other"]
    assert [row.line for row in found.rejected] == [5]
    assert (found.excluded, found.open_cases) == (1, 1)


def test_two_classes_may_have_more_spellings(binary: ModelSpec) -> None:
    """The merged class is then one of the two."""
    target = Target(
        column="bought", description="", labels=("a", "other"), merge={"other": ("b", "c")}
    )
    spec = binary.model_copy(update={"target": target})
    found = validate(spec, enumerate(GOOD | {"bought": text} for text in "abcd"))
    assert [row["bought"] for row in found.accepted] == [0.0, 1.0, 1.0]
    assert len(found.rejected) == 1
