"""Matching the columns of a file with those of a model."""

import pytest

from modelfleet.tables.names import did_you_mean, match_names, repeated


@pytest.mark.parametrize(
    ("header", "names", "found"),
    [
        (["Age", "Fee"], ["Age", "Fee"], {"Age": 0, "Fee": 1}),
        ([" AGE ", "fee"], ["Age", "Fee"], {"Age": 0, "Fee": 1}),
        (["credit_score"], ["Credit Score"], {"Credit Score": 0}),
        (["CreditScore"], ["credit score"], {"credit score": 0}),
        (["Age", "age"], ["age"], {"age": 1}),
        (["AGE", "Age"], ["age"], {}),
        (["AGE"], ["Age", "age"], {}),
        (["a", "A"], ["a", "A"], {"a": 0, "A": 1}),
        (["", "x"], ["y"], {}),
        (["Gro\u0308\u00dfe", "Left\u200b"], ["Größe", "left"], {"Größe": 0, "left": 1}),
    ],
)
def test_names_match_where_one_column_alone_can_be_meant(
    header: list[str], names: list[str], found: dict[str, int]
) -> None:
    """Case and surrounding blanks do not matter, unless they tell two columns apart."""
    assert match_names(header, names) == found


def test_a_name_that_two_columns_may_have_is_repeated() -> None:
    """It is not there, but not absent either."""
    assert repeated(["AGE", "Age", "x", "x"], ["age", "x", "y"]) == ["age", "x"]


def test_the_nearest_name_is_suggested() -> None:
    """A misspelled name is found; a name that is like none is not guessed at."""
    assert did_you_mean("Tenur", ["Age", "Tenure"]) == "; did you mean Tenure?"
    assert did_you_mean("zzz", ["Age", "Tenure"]) == ""
