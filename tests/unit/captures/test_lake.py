"""Whatever lies in the lake, the reader gives each prediction of a window once."""

import gzip
import json
import logging
from datetime import UTC, datetime, timedelta, timezone

import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.lake import read_captures
from modelfleet.storage.object_store import ObjectStore
from tests.captures import SEPARATORS, prediction_line

FIRST = datetime(2026, 1, 31, tzinfo=UTC)
DAY = timedelta(days=1)


def put(lake: ObjectStore, day: str, name: str, *lines: str, packed: bool = False) -> None:
    """Store lines as Firehose does."""
    content = "".join(f"{line}\n" for line in lines).encode()
    key = f"captures/model=churn/date={day}/{name}"
    lake.put(key, gzip.compress(content) if packed else content)


def made_at(prediction_id: str, time: str) -> str:
    """A prediction of this moment."""
    return prediction_line(prediction_id, timestamp=f"{time}+00:00")


def read(lake: ObjectStore, start: datetime, end: datetime) -> list[str]:
    """The identities of what is read."""
    return [c.prediction_id for c in read_captures(lake, "churn", start, end)]


def test_each_prediction_is_read_once() -> None:
    """A prediction that was delivered twice, in one object or in two, is one."""
    lake = memory_store()
    put(lake, "2026-01-31", "a", prediction_line("p1"), prediction_line("p1"))
    put(lake, "2026-01-31", "b", prediction_line("p2"), prediction_line("p1"))
    assert read(lake, FIRST, FIRST + DAY) == ["p1", "p2"]


@pytest.mark.parametrize("text", SEPARATORS, ids=ascii)
def test_what_a_caller_sent_ends_no_line(text: str) -> None:
    """A line that was written unescaped, as lines of before were, is read as one."""
    lake, line = memory_store(), prediction_line("p1", features={"Plan": "TEXT"})
    spelled = text if text >= " " else json.dumps(text)[1:-1]
    put(lake, "2026-01-31", "a", line.replace("TEXT", f"a{spelled}b"), prediction_line("p2"))
    first, second = read_captures(lake, "churn", FIRST, FIRST + DAY)
    assert first.features == {"Plan": f"a{text}b"}
    assert second.prediction_id == "p2"


def test_packed_and_plain_objects_are_read() -> None:
    """Firehose compresses, and the local engine does not."""
    lake = memory_store()
    put(lake, "2026-01-31", "a", prediction_line("p1"), packed=True)
    put(lake, "2026-01-31", "b", prediction_line("p2"))
    assert read(lake, FIRST, FIRST + DAY) == ["p1", "p2"]


def test_the_window_is_exact() -> None:
    """Its start belongs to it and its end does not, across midnight too."""
    lake = memory_store()
    put(lake, "2026-01-31", "a", made_at("before", "2026-01-31T11:59:59.999"))
    put(lake, "2026-01-31", "b", made_at("start", "2026-01-31T12:00:00.000"))
    put(lake, "2026-02-01", "a", made_at("last", "2026-02-01T11:59:59.999"))
    put(lake, "2026-02-01", "b", made_at("end", "2026-02-01T12:00:00.000"))
    noon = FIRST + DAY / 2
    assert read(lake, noon, noon + DAY) == ["start", "last"]


def test_a_window_may_be_said_in_any_zone() -> None:
    """The lake's days are those of UTC, the caller's need not be."""
    lake = memory_store()
    put(lake, "2026-01-31", "a", made_at("p1", "2026-01-31T23:30:00.000"))
    zone = timezone(timedelta(hours=9))
    start = datetime(2026, 2, 1, 8, 0, tzinfo=zone)
    assert read(lake, start, start + timedelta(hours=1)) == ["p1"]


def test_other_models_and_empty_days_are_nothing() -> None:
    """A window without predictions is empty, and so is one that ends before it starts."""
    lake = memory_store()
    put(lake, "2026-01-31", "a", prediction_line("p1"))
    assert list(read_captures(lake, "chur", FIRST, FIRST + DAY)) == []
    assert read(lake, FIRST + DAY, FIRST + 9 * DAY) == []
    assert read(lake, FIRST + DAY, FIRST) == []


def test_a_damaged_line_holds_nothing_back(caplog: pytest.LogCaptureFixture) -> None:
    """It is reported by its place, without its content."""
    lake = memory_store()
    put(lake, "2026-01-31", "a", prediction_line("p1"), '{"secret": 1', "", prediction_line("p2"))
    with caplog.at_level(logging.WARNING):
        assert read(lake, FIRST, FIRST + DAY) == ["p1", "p2"]
    (record,) = caplog.records
    assert "line 2 of captures/model=churn/date=2026-01-31/a" in record.getMessage()
    assert "secret" not in record.getMessage()
