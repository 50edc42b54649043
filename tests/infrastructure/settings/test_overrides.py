"""A deployment sets what is its own business, and a wrong value is one clear line."""

import dataclasses

import pytest

from cdk.settings.overrides import SETTINGS, adjusted
from cdk.settings.stage import StageError
from cdk.settings.stages import DEV, PROD
from modelfleet.domain.deployment import StackPart

_TWO = ("https://a.example.com", "http://b:3000")


def test_without_a_word_the_stage_is_as_it_is() -> None:
    """What is not said is the stage's."""
    assert adjusted(PROD, dict.fromkeys(SETTINGS)) == PROD


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("reserved_concurrency", "20", 20),
        ("reserved_concurrency", 0, None),
        ("allowed_origins", "https://a.example.com http://b:3000", _TWO),
        ("allowed_origins", "*", ("*",)),
        ("allowed_origins", "", ()),
        ("snap_start", "no", False),
        ("snap_start", True, True),
        ("protected", "all", frozenset(StackPart)),
        ("protected", "none", frozenset()),
        ("protected", "", frozenset()),
        ("protected", "storage, batch", frozenset({StackPart.STORAGE, StackPart.BATCH})),
    ],
)
def test_what_is_said_holds_and_nothing_else_changes(
    name: str, value: object, expected: object
) -> None:
    """On the command line values are text, in cdk.json what they are."""
    found = adjusted(PROD, {name: value})
    assert getattr(found, name) == expected
    assert dataclasses.replace(found, **{name: getattr(PROD, name)}) == PROD


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("reserved_concurrency", "many"),
        ("reserved_concurrency", "-1"),
        ("reserved_concurrency", "901"),
        ("reserved_concurrency", "1.5"),
        ("protected", "yes"),
        ("protected", "storage,database"),
        ("allowed_origins", "models.example.com"),
        ("allowed_origins", "https://a.example.com/path"),
        ("snap_start", "perhaps"),
    ],
)
def test_a_wrong_value_names_its_setting(name: str, value: object) -> None:
    """Whoever mistypes one reads which."""
    with pytest.raises(StageError, match=f"{name}: "):
        adjusted(DEV, {name: value})
