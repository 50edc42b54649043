"""The declaration of columns."""

import datetime
from typing import Any, Literal

import pytest
from pydantic import ValidationError

from modelfleet.spec.categories import Unseen
from modelfleet.spec.errors import SpecError
from modelfleet.spec.features import (
    Column,
    ColumnKind,
    Features,
    category,
    date,
    inputs_of,
    number,
    open_category,
    row_of,
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


class Dated(Features):
    """A field of each kind of date."""

    born: datetime.date | None = date(
        "Born", example="1980-02-29", nullable=True, earliest="1900-01-01", parts=("days",)
    )
    booked: datetime.datetime = date("Booked", example="2025-12-25T10:30:00")
    seen: datetime.datetime = date("Seen", example="2025-12-25T10:30:00+01:00", aware=True)


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("born", "1980-02-29", "1980-02-29"),
        ("born", " 1980-02-29T00:00:00 ", "1980-02-29"),
        ("born", datetime.date(1980, 2, 29), "1980-02-29"),
        ("born", None, None),
        ("booked", "2025-12-25 10:30", "2025-12-25T10:30:00"),
        ("booked", "2025-12-25T10:30:00.25", "2025-12-25T10:30:00.250000"),
        ("booked", "2025-12-25", "2025-12-25T00:00:00"),
        ("seen", "2025-12-25T10:30:00Z", "2025-12-25T10:30:00+00:00"),
        ("seen", "2025-12-25T00:30:00+01:00", "2025-12-24T23:30:00+00:00"),
    ],
)
def test_a_date_has_one_spelling_in_rows(field: str, value: object, text: str | None) -> None:
    """Whatever ISO 8601 spelling is sent, rows have the same text, which is valid again."""
    row = row_of(Dated.model_validate(Dated.example() | {field: value}))
    assert row[field] == text
    assert row_of(Dated.model_validate(dict(row))) == row


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("born", "1980-02-30", "should be an ISO 8601 date: 2025-12-25"),
        ("born", "25/12/1980", "should be an ISO 8601 date: 2025-12-25"),
        ("born", 1735122600, "should be an ISO 8601 date: 2025-12-25"),
        ("born", "1980-02-29T10:30:00", "should be a date without a time"),
        ("born", "1899-12-31", "should not be before 1900-01-01"),
        ("booked", None, "should be a valid datetime"),
        ("booked", "2025-12-25T10:30:00Z", "should not have a time zone"),
        ("booked", "2025-12-25T10:30:00+01:00", "omit the offset: 2025-12-25T10:30:00"),
        ("seen", "2025-12-25T10:30:00", "add Z or an offset"),
        ("seen", "2025-12-25", "should have a time zone"),
        ("seen", "0001-01-01T00:00:00+14:00", "within the years 1 to 9999"),
    ],
)
def test_another_date_is_refused_with_what_to_send(field: str, value: object, message: str) -> None:
    """Times with and without an offset are never mixed; the message says what to send."""
    with pytest.raises(ValidationError) as caught:
        Dated.model_validate(Dated.example() | {field: value})
    (fault,) = caught.value.errors()
    assert fault["loc"] == (field,)
    assert message in fault["msg"]


def test_a_date_declares_its_format() -> None:
    """The schema distinguishes days, local times, and times with an offset."""
    fields = Dated.model_json_schema()["properties"]
    assert fields["born"]["anyOf"][0]["format"] == "date"
    assert fields["booked"]["format"] == "date-time-local"
    assert fields["seen"]["format"] == "date-time"
    parts = ("days", "month", "day", "day of year", "weekday", "hour")
    names = [each.column.name for each in inputs_of(Dated.columns()[:2])]
    assert names == ["born (days)", *(f"booked ({part})" for part in parts)]


@pytest.mark.parametrize(
    "declared",
    [
        {"parts": ("hour",)},
        {"parts": ("century",)},
        {"parts": ("month", "month")},
        {"aware": True},
        {"earliest": "01.01.1900"},
    ],
)
def test_an_impossible_date_is_refused(declared: dict[str, Any]) -> None:
    """A day has neither an hour nor a time zone, and bounds are dates themselves."""
    with pytest.raises(SpecError, match=r"date\(\)"):

        class Impossible(Features):
            born: datetime.date = date("Born", example="1980-02-29", **declared)


def test_dates_are_declared_as_dates() -> None:
    """Neither category() on a date nor date() on a text is a column."""

    class Coded(Features):
        born: datetime.date = category("Born", example="1980-02-29")

    class Texted(Features):
        born: str = date("Born", example="1980-02-29")

    for features in (Coded, Texted):
        with pytest.raises(SpecError, match=r"declare dates, and only dates, with date\(\)"):
            features.columns()


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


@pytest.mark.parametrize("spelled", ["Größe", "Gro\u0308\u00dfe"])
def test_a_name_matches_however_unicode_spells_it(spelled: str) -> None:
    """Composed or not, of a column and in a request; a field that is there twice is refused."""

    class Sizes(Features):
        size: float = number("Size", minimum=0, maximum=9, example=1, alias=spelled)

    for name in ("Größe", "Gro\u0308\u00dfe"):
        assert row_of(Sizes.model_validate({name: 3})) == {spelled: 3}
    with pytest.raises(ValidationError, match="Extra inputs"):
        Sizes.model_validate({"Größe": 3, "Gro\u0308\u00dfe": 3})
