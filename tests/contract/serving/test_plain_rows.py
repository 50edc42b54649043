"""Batches read without pydantic have the rows that pydantic reads, in all models and columns."""

import json
from typing import Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, field_validator

from functions.predict.plain_rows import PlainReader, plain_reader
from functions.predict.rows import RowsReader
from functions.predict.schemas import BATCH_KEY, batch_request
from modelfleet.catalogue import find, names
from modelfleet.outcomes.entities import entity_of
from modelfleet.spec.features import (
    Features,
    category,
    date,
    number,
    open_category,
    row_of,
)
from tests.attacks import many


class Everything(Features):
    """A column of each kind that can be read plainly."""

    whole: int = number("Whole", minimum=-5, maximum=10**18, example=1)
    broken: float = number("Broken", minimum=-1.5, maximum=1e300, example=1.0)
    gap: float | None = number("Gap", minimum=0, maximum=9, example=1.0, nullable=True)
    steps: int | None = number("Steps", minimum=0, maximum=9, example=1, nullable=True)
    closed: Literal["Köln", "a", "A", "NA"] = category("Closed", example="a")
    scored: Literal["x", "y z"] | None = category(
        "Scored", example="x", unseen="score", nullable=True, missing_words=("-",)
    )
    open: str = open_category("Open", example="t")
    spelled: str | None = open_category(
        "Spelled", example="t", nullable=True, alias="the name's ü", value_words=("NA",)
    )


def own(features: type[Features]) -> Any:
    """A model whose rule only pydantic knows."""

    def positive(value: float) -> float:
        return value

    rule: Any = field_validator("whole")(positive)
    return type("Ruled", (features,), {"__module__": __name__, "rule": rule})


class Quoted(Features):
    """The name of a column that msgspec does not take."""

    size: float = number("Size", minimum=0, maximum=99, example=27.0, alias='size "')


class Dated(Features):
    """A date is read by pydantic alone."""

    day: str = date("Day", example="2026-11-30")


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-10, 12),
    st.sampled_from([0.0, 1.0, 1, 2.0, 5]),
    st.integers(),
    st.sampled_from([2**53, 2**53 + 1, 2**63, 2**64, 10**18, 10**30, -0.0, 1e18, 9.0, 1e300]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(["a", "A", " a", "Ko\u0308ln", "KÖLN", "NA", "na", "-", "", " ", "y  Z", "x"]),
    st.text(max_size=70),
    st.lists(st.integers(), max_size=1),
)


def bodies(features: type[Features]) -> st.SearchStrategy[Any]:
    """Bodies of which most are valid: examples with a few other values, keys, and IDs."""
    example = features.example()
    keys = st.sampled_from([*example, "entity_id", "other", "whole "])
    change = st.one_of(st.just({}), st.dictionaries(keys, VALUES, max_size=2))
    absent: Any = st.one_of(st.just(set()), st.sets(st.sampled_from([*example]), max_size=1))

    def row(parts: tuple[dict[str, Any], set[str]]) -> dict[str, Any]:
        changed, missing = parts
        return {name: value for name, value in (example | changed).items() if name not in missing}

    rows = st.lists(st.tuples(change, absent).map(row), max_size=3)
    return st.builds(
        lambda found, extra: {BATCH_KEY: found} | extra,
        rows,
        st.sampled_from([{}, {}, {}, {"strict": True}, {"strict": 1}, {"other": 1}]),
    )


def read_by_pydantic(body: type[BaseModel], content: bytes) -> list[dict[str, Any]]:
    """The rows with their entities."""
    return [dict(row_of(row)) for row in getattr(body.model_validate_json(content), BATCH_KEY)]


def reader_of(body: type[BaseModel]) -> PlainReader | None:
    """The reader that requests of this kind use."""
    return RowsReader(body)._plain


def typed(rows: Any) -> Any:
    """Values that also differ if only their types or signs do."""
    return [{name: repr(value) for name, value in row.items()} for row in rows]


@pytest.mark.parametrize("model", [*names(), "everything"])
def test_the_rows_are_those_of_pydantic(model: str) -> None:
    """Whatever is read is valid, and equal in value and type."""
    features = Everything if model == "everything" else find(model).features
    body = batch_request(features)
    reader = reader_of(body)
    if reader is None:
        pytest.skip("the model has a column that only pydantic reads")
    plain = 0

    @settings(max_examples=many(150), derandomize=True, database=None, deadline=None)
    @given(bodies(features), st.booleans())
    def compare(content: Any, spread: bool) -> None:
        nonlocal plain
        sent = json.dumps(content, ensure_ascii=spread, indent=2 if spread else None).encode()
        found = reader.read(sent)
        if found is None:
            return
        plain += 1
        expected = read_by_pydantic(body, sent)
        entities = [entity_of(row.pop("entity_id", None)) for row in expected]
        assert typed(found.rows) == typed(expected)
        assert [*map(entity_of, found.entities)] == entities

    compare()
    assert plain > 20  # or the test would compare nothing


@pytest.mark.parametrize("content", [b"", b"[]", b'{"instances": [', b"\xff", b'{"instances": {}}'])
def test_broken_bodies_are_left_to_pydantic(content: bytes) -> None:
    """It words the error."""
    reader = reader_of(batch_request(Everything))
    assert reader is not None
    assert reader.read(content) is None


@pytest.mark.parametrize("features", [own(Everything), Dated, Quoted])
def test_rules_of_pydantic_alone(features: type[Features]) -> None:
    """A validator in a spec is never passed over."""
    assert plain_reader(features) is None
