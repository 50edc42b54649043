"""Reading of category values."""

import re
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from modelfleet.spec.categories import CategoryReader, Unseen, recordable, refused_value
from modelfleet.spec.errors import SpecError
from modelfleet.spec.features import Features, category, open_category
from modelfleet.spec.words import MISSING

COUNTRIES = ("France", "Germany", "Spain")


class Sample(Features):
    """One field of each policy."""

    country: Literal["France", "Germany", "Spain"] = category("Country", example="France")
    shop: Literal["north", "south"] = category("Shop", example="north", unseen="score")
    plan: Literal["basic", "plus"] | None = category(
        "Plan", example="plus", unseen="score", nullable=True, missing_words=("unknown",)
    )
    town: str = open_category("Town", example="Pisa", value_words=("na",))


def read(field: str, value: Any) -> Any:
    """Return the value of a field of a valid row."""
    return getattr(Sample.model_validate(Sample.example() | {field: value}), field)


def fault(field: str, value: Any) -> Any:
    """Return the only error of a row with this value."""
    with pytest.raises(ValidationError) as caught:
        Sample.model_validate(Sample.example() | {field: value})
    (found,) = caught.value.errors()
    assert found["loc"] == (field,)
    return found


@pytest.mark.parametrize("text", ["France", " France ", "FRANCE", "france\t", "\u00a0France"])
@pytest.mark.parametrize("unseen", [None, *Unseen])
def test_case_and_blanks_do_not_matter(text: str, unseen: Unseen | None) -> None:
    """A declared category is found under each of its spellings, whatever the policy."""
    reader = CategoryReader(unseen)
    reader.declare(COUNTRIES, nullable=False)
    assert reader.read(text) == "France"


@pytest.mark.parametrize("declared", ["Zürich", "Zu\u0308rich"])
@pytest.mark.parametrize("text", ["Zürich", "Zu\u0308rich", "ZU\u0308RICH\u200b"])
def test_a_category_is_found_however_unicode_spells_it(declared: str, text: str) -> None:
    """An unlisted text has one spelling, too."""
    reader = CategoryReader()
    reader.declare((declared, "Bern"), nullable=False)
    assert reader.read(text) == declared
    assert read("town", "Zu\u0308rich") == "Zürich"


def test_categories_that_differ_only_in_case_match_exactly() -> None:
    """An ambiguous spelling means none of them."""
    reader = CategoryReader()
    reader.declare(("m", "M", "Other"), nullable=False)
    assert [reader.read(text) for text in ("m", " M", "other")] == ["m", "M", "Other"]
    twice = CategoryReader()
    twice.declare(("north east", "North East"), nullable=False)
    with pytest.raises(PydanticCustomError):
        twice.read("NORTH EAST")


def test_a_refusal_suggests_the_nearest_category() -> None:
    """The message lists the categories, and names the one that was probably meant."""
    assert fault("country", "Frnace")["msg"] == (
        "Input should be 'France', 'Germany' or 'Spain'; did you mean 'France'?"
    )
    assert fault("country", "Italy")["msg"] == "Input should be 'France', 'Germany' or 'Spain'"


def test_unlisted_values_are_scored_where_the_column_says_so() -> None:
    """Scored values are stripped, and keep their spelling."""
    assert read("shop", " East ") == "East"
    assert read("shop", " NORTH ") == "north"
    assert read("plan", "family") == "family"
    assert read("plan", None) is None


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("", "string_too_short"), (" ", "string_too_short"), ("x" * 65, "string_too_long"),
        ("\ud800", "string_unicode"), ("-", "missing_word"), ("N/A", "missing_word"),
        (["a"], "literal_error"), (None, "literal_error"), (float("nan"), "literal_error"),
    ],
)  # fmt: skip
def test_a_scored_value_is_still_a_category(value: Any, kind: str) -> None:
    """Whatever is no text, too long, or missing is invalid in columns that score, too."""
    assert fault("shop", value)["type"] == kind


@pytest.mark.parametrize("word", ["", "NA", "n/a", "-", "?", "Unknown", "null"])
def test_words_for_a_missing_value_are_those_of_files(word: str) -> None:
    """A nullable column reads them as missing; words that are values are read as values."""
    assert read("plan", word) is None


def test_a_word_that_is_a_value_stays_one() -> None:
    """`value_words` and declared categories take precedence over words for a missing value."""
    assert read("town", "NA") == "NA"
    reader = CategoryReader()
    reader.declare(("EU", "NA"), nullable=True)
    assert reader.read("na") == "NA"
    assert reader.read("null") is None


@pytest.mark.parametrize(
    ("value", "read_as"), [(501, "501"), (501.0, "501"), (0.5, "0.5"), (True, "True")]
)
def test_codes_may_be_numbers(value: Any, read_as: str) -> None:
    """Workbooks and JSON have numbers where a file of text has their digits."""
    assert read("town", value) == read_as
    assert read("shop", value) == read_as


def test_refusing_needs_something_to_refuse_by() -> None:
    """An open category cannot refuse, and the author learns it from the field's name."""
    with pytest.raises(SpecError, match="field town: unseen="):

        class Wrong(Features):
            town: str = category("Town", example="Pisa", unseen="refuse")


def test_the_schema_says_what_is_accepted() -> None:
    """A column that scores accepts any text; one that refuses lists its categories."""
    properties = Sample.model_json_schema()["properties"]
    assert properties["country"]["enum"] == list(COUNTRIES)
    assert properties["shop"]["type"] == "string"
    assert "enum" not in properties["shop"]
    assert {each["type"] for each in properties["plan"]["anyOf"]} == {"string", "null"}


@given(
    st.tuples(
        st.sampled_from(["", " ", "\x1c", "\x85\n", "\u3000"]),
        st.sampled_from([*MISSING, "na", "nu\u212al", "\u017fpill", "x"])
        | st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        st.sampled_from([str.lower, str.upper, str.title, str.swapcase]),
    )
)
def test_the_pattern_of_the_schema_is_exactly_what_is_accepted(
    spelled: tuple[str, str, Any],
) -> None:
    """Regardless of case and surrounding blanks, and with the column's own words."""
    blanks, text, change = spelled
    value = blanks + change(text) + blanks
    pattern = Sample.model_json_schema()["properties"]["town"]["pattern"]
    accepted = CategoryReader(Unseen.SCORE, value_words=("na",)).accepts(value)
    assert (re.search(pattern, value) is not None) == accepted


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Italy", "Italy"), ("Île-de-France", "Île-de-France"), ("ada@example.org", None),
        ("4929 1234 5678 9012", None), ("x" * 65, None), ("a\nb", None), ("\x1b[31m", None),
        ("\u202eevil", None), ("", None),
    ],
)  # fmt: skip
def test_only_harmless_texts_are_recorded(text: str, kept: str | None) -> None:
    """Callers choose refused values, so nothing long, invisible, or personal is recorded."""
    assert recordable(text) == kept
    assert refused_value(fault("country", text)["ctx"]) == kept


def test_a_word_for_a_missing_value_is_no_new_category() -> None:
    """It is refused where nothing may be missing, but never proposed."""
    assert refused_value(fault("country", "n/a")["ctx"]) is None
