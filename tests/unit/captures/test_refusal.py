"""Refusals on their way to the lake, and back."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.captures import refused_values
from modelfleet.captures.delivery import Delivered, deliver
from modelfleet.captures.refusal import CapturedRefusal, RefusedValue, read_refusal, write_refusal
from modelfleet.captures.refused_values import RefusedColumn, read_refused_values
from modelfleet.captures.window import Window
from modelfleet.spec.errors import CaptureError
from modelfleet.storage import keys
from tests.captures import RecordedCaptures, prediction_line
from tests.sealing import opener

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
WINDOW = Window(start=AT - timedelta(hours=1), end=AT + timedelta(hours=1))
ENTRY: dict[str, Any] = {
    "message": "prediction refused",
    "timestamp": AT.isoformat(timespec="milliseconds"),
    "model": "churn",
    "request_id": "r1",
    "client": "k1",
    "refused": [{"column": "Geography", "value": "Italy", "rows": 3}],
}


def refusal(number: int, value: str | None, client: str = "k1", at: datetime = AT) -> str:
    """A line of the lake."""
    values = (RefusedValue("Geography", value, 1),)
    return write_refusal(CapturedRefusal(f"r{number}", at, "churn", client, values))


def test_a_line_survives_the_lake() -> None:
    """What is read is what was written; its folder is within the model's captures."""
    read = read_refusal(json.dumps(ENTRY))
    line = write_refusal(read)
    assert read_refusal(line) == read
    entry = json.loads(line)
    folder = keys.captures(entry["model"], entry["timestamp"][:10])
    assert folder == keys.refusals("churn", "2026-01-31")
    assert folder.startswith(keys.captures_pattern("churn").removesuffix("*"))


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "yesterday"}, {"model": None}, {"client": 7}, {"refused": None},
        {"refused": [{"column": "a", "value": "b"}]}, {"model": "x" * 300},
        {"refused": [{"column": "a", "value": "b", "rows": 0}]},
        {"refused": [{"column": "a", "value": "b", "rows": True}]},
        {"refused": [{"column": "a", "value": ["b"], "rows": 1}]},
        {"refused": [{"column": "a", "value": "x" * 300, "rows": 1}]},
        {"refused": ENTRY["refused"] * 21},
    ],
)  # fmt: skip
def test_damage_is_one_error(change: dict[str, object]) -> None:
    """Whatever is wrong, the reader has one error to answer for."""
    with pytest.raises(CaptureError):
        read_refusal(ENTRY | change)


def test_refusals_are_delivered_with_predictions() -> None:
    """Each once, however often the log has it."""
    captures = RecordedCaptures()
    lines = [json.dumps(ENTRY), prediction_line("p1"), json.dumps(ENTRY), '{"message": "x"}']
    assert deliver(lines, captures, None, opener()) == Delivered(1, 0, 0, 0, refusals=1)
    assert [each.request_id for each in captures.refusals] == ["r1"]
    assert [each.prediction_id for each in captures.captures] == ["p1"]


def test_each_request_of_the_window_is_counted_once() -> None:
    """The lake may have it twice; damage is skipped."""
    lake = memory_store()
    lines = [
        refusal(1, "Italy"),
        refusal(2, "Italy", "k2"),
        refusal(1, "Italy"),
        "damage\n",
        refusal(3, None),
        refusal(4, "Italy", at=AT - timedelta(hours=2)),
    ]
    lake.put(f"{keys.refusals('churn', '2026-01-31')}/12-a", "".join(lines).encode())
    lake.put(f"{keys.refusals('other', '2026-01-31')}/12-a", refusal(9, "Malta").encode())
    found = read_refused_values(lake, "churn", WINDOW)
    assert found["Geography"].rows == {"Italy": 2, None: 1}
    assert found["Geography"].clients["Italy"] == {"k1", "k2"}


def test_of_too_many_values_the_frequent_ones_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is lost of the total."""
    monkeypatch.setattr(refused_values, "VALUES_MAXIMUM", 10)
    column = RefusedColumn()
    for number in range(1_000):
        column.add("Italy" if number % 3 else f"value {number}", 1, "k1")
    assert column.rows["Italy"] == 666
    assert column.rows.total() == 1_000
    assert len(column.rows) <= 11
    assert set(column.clients) <= {*column.rows}
