"""A capture reads back as it was written, and a damaged one is refused whole."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from modelfleet.captures.record import (
    CapturedPrediction,
    is_prediction,
    read_capture,
    write_capture,
)
from modelfleet.spec.errors import CaptureError

ENTRY: dict[str, Any] = {
    "prediction_id": "p1",
    "request_id": "r1",
    "timestamp": "2026-01-31T23:59:59.500+00:00",
    "model": "churn",
    "version": "7",
    "variant": "champion",
    "latency_ms": 1.5,
    "features": {"Age": 42, "Name": "Zoë"},
    "output": {"probability": 0.25},
}


def test_a_log_line_becomes_a_capture() -> None:
    """Every field is read, and what the log adds is left out."""
    capture = read_capture(json.dumps(ENTRY | {"level": "INFO", "message": "prediction"}))
    assert capture == CapturedPrediction(
        **ENTRY | {"timestamp": datetime(2026, 1, 31, 23, 59, 59, 500_000, tzinfo=UTC)}
    )


def test_a_capture_survives_the_lake() -> None:
    """What is written is one line that reads back as the same."""
    capture = read_capture(ENTRY)
    line = write_capture(capture)
    assert line.endswith("\n")
    assert line.count("\n") == 1
    assert read_capture(line) == capture


def test_a_shadow_survives_the_lake() -> None:
    """What a challenger would have said is kept beside what was told, where there was one."""
    shadow = {"version": "2", "output": {"probability": 0.5}}
    line = write_capture(read_capture(ENTRY | {"shadow": shadow}))
    assert read_capture(line).shadow == shadow
    assert "shadow" not in write_capture(read_capture(ENTRY))


def test_whose_key_it_was_survives_the_lake() -> None:
    """It is empty in lines of before it was kept, and nothing but text."""
    capture = read_capture(ENTRY | {"client": "k1"})
    assert read_capture(write_capture(capture)).client == "k1"
    assert read_capture(ENTRY).client == ""
    for wrong in (None, 7, ["k1"]):
        with pytest.raises(CaptureError):
            read_capture(ENTRY | {"client": wrong})


def test_time_is_utc() -> None:
    """A capture's day does not depend on where its clock stands."""
    capture = read_capture(ENTRY | {"timestamp": "2026-02-01T00:30:00.000+01:00"})
    assert json.loads(write_capture(capture))["timestamp"] == "2026-01-31T23:30:00.000+00:00"


@pytest.mark.parametrize("missing", list(ENTRY))
def test_each_field_is_needed(missing: str) -> None:
    """A line that lacks a field is not a whole prediction."""
    with pytest.raises(CaptureError):
        read_capture({name: value for name, value in ENTRY.items() if name != missing})


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        "null",
        '"text"',
        b"\xff\xfe",
        json.dumps(ENTRY)[:-20],
        ENTRY | {"prediction_id": ""},
        ENTRY | {"prediction_id": 7},
        ENTRY | {"timestamp": "yesterday"},
        ENTRY | {"timestamp": 1},
        ENTRY | {"timestamp": "0001-01-01T00:00:00+23:59"},
        ENTRY | {"timestamp": "9999-12-31T23:59:59-23:59"},
        ENTRY | {"latency_ms": None},
        ENTRY | {"latency_ms": 10**400},
        json.dumps(ENTRY | {"latency_ms": 10**400}),
        ENTRY | {"latency_ms": "nan"},
        ENTRY | {"latency_ms": float("inf")},
        "[" * 100_000,
        ENTRY | {"features": []},
        ENTRY | {"output": None},
        ENTRY | {"shadow": "2"},
        ENTRY | {"shadow": {"version": "2"}},
    ],
)
def test_damage_is_one_error(content: Any) -> None:
    """Whatever is wrong, the reader has one error to answer for."""
    with pytest.raises(CaptureError):
        read_capture(content)


def test_only_predictions_are_predictions() -> None:
    """Other log lines are told apart by their message."""
    assert is_prediction({"message": "prediction"})
    assert not is_prediction({"message": "release loaded"})
    assert not is_prediction({})
