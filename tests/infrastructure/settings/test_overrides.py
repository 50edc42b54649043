"""A deployment may override settings of its stage, and an invalid value is one clear line."""

import dataclasses

import pytest

from cdk.settings.overrides import OVERRIDES, override
from cdk.settings.stage import StageError
from cdk.settings.stages import DEV, LOCAL, PROD
from modelfleet.resource_names import StackPart

_TWO = ("https://a.example.com", "http://b:3000")


def test_without_overrides_the_stage_is_unchanged() -> None:
    """Settings that are not overridden are the stage's."""
    assert override(PROD, dict.fromkeys(OVERRIDES)) == PROD


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
        ("budget_usd", "12.5", 12.5),
        ("budget_usd", 300, 300.0),
        ("budget_usd", "0", None),
        ("protected", "all", frozenset(StackPart)),
        ("protected", "none", frozenset()),
        ("protected", "", frozenset()),
        ("protected", "storage, batch", frozenset({StackPart.STORAGE, StackPart.BATCH})),
    ],
)
def test_an_override_changes_only_its_setting(name: str, value: object, expected: object) -> None:
    """Values are text, as on the command line, or typed, as in cdk.json."""
    found = override(PROD, {name: value})
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
        ("budget_usd", "much"),
        ("budget_usd", "-1"),
        ("budget_usd", "inf"),
        ("budget_usd", "nan"),
        ("budget_usd", ""),
    ],
)
def test_an_invalid_value_names_its_setting(name: str, value: object) -> None:
    """The message says which setting is wrong."""
    with pytest.raises(StageError, match=f"{name}: "):
        override(DEV, {name: value})


def test_a_stage_without_costs_has_no_budget() -> None:
    """Stage local runs on this machine, and ignores `budget_usd`."""
    assert override(LOCAL, {"budget_usd": "100"}) == LOCAL
