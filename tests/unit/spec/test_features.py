"""The declaration of columns."""

from typing import Literal

import pytest
from pydantic import ValidationError

from modelfleet.spec.categories import Unseen
from modelfleet.spec.errors import SpecError
from modelfleet.spec.features import (
    Column,
    ColumnKind,
    Features,
    category,
    number,
    open_category,
)


class Sample(Features):
    """One field of each kind."""

    age: int = number("Age", minimum=18, maximum=100, example=40, unit="years", personal_data=True)
    income: float | None = number("Income", minimum=0, maximum=1e6, example=10.5, nullable=True)
    colour: Literal["red", "blue"] = category("Colour", example="red")
    town: str = open_category("Town", example="Pisa")


def test_a_field_becomes_a_column() -> None:
    """Everything that a field declares is found in its column."""
    age, income, colour, town = Sample.columns()
    assert age == Column(
        name="age",
        kind=ColumnKind.INTEGER,
        description="Age",
        unit="years",
        minimum=18,
        maximum=100,
        personal_data=True,
        example=40,
    )
    assert (income.kind, income.nullable, income.unit) == (ColumnKind.NUMBER, True, None)
    assert (colour.kind, colour.categories) == (ColumnKind.CATEGORY, ("red", "blue"))
    assert (colour.unseen, town.unseen, income.unseen) == (Unseen.REFUSE, Unseen.SCORE, None)
    assert (town.kind, town.categories) == (ColumnKind.CATEGORY, ())


def test_the_example_is_a_valid_row() -> None:
    """The examples together make a row that the class accepts."""
    assert Sample.example() == {"age": 40, "income": 10.5, "colour": "red", "town": "Pisa"}
    assert Sample.model_validate(Sample.example())


def test_a_nullable_field_may_be_left_out() -> None:
    """What may be missing need not be sent."""
    row = {key: value for key, value in Sample.example().items() if key != "income"}
    assert Sample.model_validate(row).model_dump()["income"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("age", 17), ("age", 101), ("age", 40.5), ("age", None), ("income", -1),
        ("income", float("nan")), ("income", float("inf")), ("colour", "green"),
        ("town", ""), ("town", "  "), ("town", "x" * 65), ("Age", 40),
    ],
)  # fmt: skip
def test_a_value_that_breaks_its_declaration_is_refused(field: str, value: object) -> None:
    """The fault is reported at the field, misspelled names included."""
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(Sample.example() | {field: value})
    assert [fault["loc"] for fault in caught.value.errors()] == [(field,)]


def test_nullable_and_annotation_must_agree() -> None:
    """A field that may be missing says so twice, or the class is refused."""

    class Wrong(Features):
        age: int = number("Age", minimum=0, maximum=9, example=1, nullable=True)

    class AlsoWrong(Features):
        age: int | None = number("Age", minimum=0, maximum=9, example=1)

    for wrong in (Wrong, AlsoWrong):
        with pytest.raises(SpecError, match="field age: annotate it"):
            wrong.columns()


def test_a_bare_field_is_refused() -> None:
    """Without description, range and example there is no column."""

    class Bare(Features):
        age: int

    with pytest.raises(SpecError, match=r"field age: declare it with number\(\)"):
        Bare.columns()


def test_a_type_that_no_column_has_is_refused() -> None:
    """Columns are numbers and categories."""

    class Listed(Features):
        tags: list[str] = category("Tags", example="a")

    with pytest.raises(SpecError, match="field tags: its type must be"):
        Listed.columns()


class Coded(Features):
    """A model of a table in which numbers stand for missing values."""

    age: int | None = number(
        "Age", minimum=0, maximum=120, example=40, nullable=True, missing_words=("-999", "unknown")
    )
    balance: float = number("Balance", minimum=-999, maximum=999, example=1)


@pytest.mark.parametrize(
    ("age", "read"), [(-999, None), (-999.0, None), ("-999", None), (99, 99), (None, None)]
)
def test_a_number_that_stands_for_a_missing_value_is_missing(age: object, read: object) -> None:
    """A request is read as files are; other columns keep the number."""
    assert Coded.model_validate({"age": age, "balance": -999}) == Coded.model_validate(
        {"age": read, "balance": -999}
    )


@pytest.mark.parametrize("age", [-998, "-998", "unknown"])
def test_other_values_are_no_such_number(age: object) -> None:
    """They are validated as ever."""
    with pytest.raises(ValidationError):
        Coded.model_validate({"age": age, "balance": 1})
