"""What columns are called as fields of a class."""

import keyword
import re
import warnings
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from modelfleet.drafting.names import field_names, plain_words, title_of, unit_of, words
from modelfleet.spec.features import Features, number, row_of
from tests.hostile import MARKUP


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("CreditScore", "CreditScore"),
        ("age", "age"),
        ("totalCharges", "total_charges"),
        ("a1B", "a1_b"),
        ("visit_ImportFrom", "visit_import_from"),
        ("l", "l_"),
        ("Config", "config"),
        ("Monthly Charges ($)", "monthly_charges"),
        ("class", "class_"),
        ("int", "int_"),
        ("json", "json_"),
        ("example", "example_"),
        ("register", "register_"),
        ("_hidden", "hidden"),
        ("2nd visit", "n_2nd_visit"),
        ("Größe [m²]", "grosse_m2"),
        ("都市", "column_1"),
    ],
)
def test_fields_are_called_as_a_person_would(column: str, field: str) -> None:
    """A sound name stays, everything else becomes one."""
    found = field_names([column])[column]
    assert found == field


SPECIAL = sorted(
    {*dir(BaseModel), *dir(type(BaseModel)), *dir(Features), *keyword.kwlist, *keyword.softkwlist}
    | {"Config", "__root__", "root", "__slots__", "__annotations__", "_private", "_", "__"}
    | {"l", "O", "I", "self", "cls", "field", "info", "values", "Any", "annotations", "alias"}
)


@pytest.mark.parametrize("column", SPECIAL)
def test_no_column_changes_its_class(column: str) -> None:
    """A name that pydantic or Python treats specially is a column like any other."""
    (field,) = field_names([column]).values()
    source = f"""class Made(Features):
    {field}: float = number("x", minimum=0, maximum=9, example=1, alias={column!r})"""
    space: dict[str, Any] = {"Features": Features, "number": number, "__name__": "made"}
    with warnings.catch_warnings(action="error"):
        exec(source, space)  # noqa: S102  the test
    made = space["Made"]
    assert made.model_config == Features.model_config
    assert [each.name for each in made.columns()] == [column]
    assert row_of(made.model_validate({column: 1})) == {column: 1.0}
    inherited = {*dir(Features)} - {each for each in dir(Features) if each.startswith("_")}
    assert {each for each in inherited if each in vars(made)} <= {"model_config", "model_fields"}


def test_two_columns_never_share_a_field() -> None:
    """Names that come out alike are numbered, and a column's own name goes first."""
    found = field_names(["a b", "a_b", "A-B", "a.b"])
    assert found == {"a b": "a_b_2", "a_b": "a_b", "A-B": "a_b_3", "a.b": "a_b_4"}


@given(st.lists(st.text(min_size=1, max_size=12), unique=True, min_size=1, max_size=8))
def test_every_header_makes_fields(columns: list[str]) -> None:
    """Whatever the header, fields are different names that a pydantic class may have."""
    fields = list(field_names(columns).values())
    assert len(set(fields)) == len(columns)
    for field in fields:
        assert field.isidentifier()
        assert not keyword.iskeyword(field)
        assert not hasattr(Features, field)


@pytest.mark.parametrize(
    ("name", "title", "unit"),
    [
        ("MonthlyCharges", "Monthly charges", None),
        ("Income [EUR/year]", "Income", "EUR/year"),
        ("GDP", "GDP", None),
        ("Months (since start)", "Months", "since start"),
    ],
)
def test_titles_and_units_are_read_off_the_name(name: str, title: str, unit: str | None) -> None:
    """What stands in brackets at the end is taken for the unit."""
    assert title_of(name) == title
    assert unit_of(name) == unit


@pytest.mark.parametrize(
    ("name", "title"), [("[rooms]", "Rooms"), ("(<img src=x>)", "Img src x"), ("(€)", "Unnamed")]
)
def test_a_name_in_brackets_is_its_words(name: str, title: str) -> None:
    """Where nothing but a unit would be left out, its words are the title."""
    assert title_of(name) == title


@given(st.text(max_size=90) | st.sampled_from(MARKUP))
def test_a_title_is_only_words(name: str) -> None:
    """Nothing of a name could be the syntax of a page or a document that shows its title."""
    for text in (title_of(name), plain_words(name)):
        assert re.fullmatch(r"(?:[^\W_]+(?: [^\W_]+)*)?", text), text
        assert len(text) <= 60


def test_words_are_told_apart() -> None:
    """By blanks, signs and changes of case."""
    assert words("customerID_no Of-HTTPCalls") == ("customer", "id", "no", "of", "http", "calls")
