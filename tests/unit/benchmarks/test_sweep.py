"""The list of real tables, and the page on what became of them."""

import re

from benchmarks.sweep.__main__ import listed
from benchmarks.sweep.one_table import Found, Table
from benchmarks.sweep.page import _lines
from modelfleet.spec.model import MODEL_NAME_PATTERN


def test_enough_tables_are_listed_once() -> None:
    """At least 150, each under a name of its own that a model may have."""
    tables = listed()
    assert len(tables) >= 150
    assert len({table.name for table in tables}) == len(tables)
    models = [table.model for table in tables]
    assert len(set(models)) == len(models)
    assert all(re.fullmatch(MODEL_NAME_PATTERN, model) for model in models)


def test_no_model_is_named_as_another_begins() -> None:
    """Failed contract tests are assigned to models by name."""
    models = [table.model for table in listed()]
    assert not [(a, b) for a in models for b in models if a != b and b.startswith(a)]


def test_a_row_of_the_page_holds_every_remark() -> None:
    """What a table's warnings contain never starts another cell."""
    found = Found(
        Table(3, "AER/CreditCard", "card"),
        1_319,
        "served",
        metric="roc_auc 0.9",
        decision="promote",
        left_out={"share": "leak"},
        suspicious=("a | b",),
    )
    *_, row = _lines([found], 1, 220)
    assert "share (leak)" in row
    assert r"a \| b" in row
    assert row.count(" | ") == 7


def test_contract_tests_are_named_where_they_ran() -> None:
    """A run without them does not say how many models broke no contract."""
    found = Found(Table(0, "a/b", "c"), 9, "served")
    assert "contract tests" in "".join(_lines([found], 3, 220))
    assert "contract" not in "".join(_lines([found], 0, 220))


def test_a_resumed_sweep_reads_what_was_found() -> None:
    """What is written after each table is what the next run starts from."""
    found = Found(Table(0, "a/b", "c"), 9, "served", left_out={"d": "leak"}, suspicious=("e",))
    assert Found.from_json(found.to_json()) == found
