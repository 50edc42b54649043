"""A window of the lake as columns: what the line-by-line reader gives, and nothing else."""

import gzip
import logging
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.captures.columns import WindowColumns, columns_of
from modelfleet.captures.lake import read_captures
from modelfleet.captures.window import Window
from modelfleet.captures.window_reader import read_window
from modelfleet.catalogue import find
from modelfleet.spec.metric import Metric
from modelfleet.spec.task import Task
from modelfleet.statistics.drift.bins import Categories
from modelfleet.storage.object_store import ObjectStore
from models.carvision.sample import sample
from tests.captures import prediction_line
from tests.drifting import SPEC

DAY = datetime(2026, 1, 31, tzinfo=UTC)
WINDOW = Window(start=DAY, end=DAY + timedelta(days=1))
ROW = {"income": 1.5, "spending": 2, "visits": 3, "balance": 0.0, "plan": "basic", "city": "c1"}


def line(prediction_id: str, features: dict[str, Any] | None = None, **changes: object) -> str:
    """A capture of the small model."""
    values = {"features": ROW | (features or {}), "model": SPEC.name} | changes
    return prediction_line(prediction_id, **values)


def put(lake: ObjectStore, name: str, *lines: str, day: str = "2026-01-31") -> None:
    """Store lines as Firehose does."""
    content = gzip.compress("".join(f"{each}\n" for each in lines).encode())
    lake.put(f"captures/model={SPEC.name}/date={day}/{name}", content)


def read(lake: ObjectStore, **options: Any) -> WindowColumns:
    """Read the day."""
    return read_window(lake, SPEC, WINDOW, **options)


def names_of(values: object) -> list[str | None]:
    """A category column's values."""
    assert isinstance(values, Categories)
    return [None if code < 0 else values.names[code] for code in values.codes]


def numbers_of(values: object) -> list[float]:
    """A numeric column's values."""
    assert isinstance(values, np.ndarray)
    return list(map(float, values))


def test_columns_have_what_was_asked_and_answered() -> None:
    """Numbers with NaN and categories with none for missing, by file and line."""
    lake = memory_store()
    put(lake, "a", line("p1"), line("p2", {"plan": "family", "income": None, "city": None}))
    put(lake, "b", line("p3", {"plan": "basic", "city": "c9"}, output={"probability": 0.75}))
    columns = read(lake)
    assert columns.rows == 3
    assert numbers_of(columns.features["income"]) == pytest.approx([1.5, np.nan, 1.5], nan_ok=True)
    assert numbers_of(columns.features["visits"]) == [3, 3, 3]
    assert names_of(columns.features["plan"]) == ["basic", "family", "basic"]
    assert names_of(columns.features["city"]) == ["c1", None, "c9"]
    assert columns.predictions.tolist() == [0.25, 0.25, 0.75]


def test_it_reads_what_the_stream_of_captures_reads() -> None:
    """Real rows of a model come out as if they had been read one by one."""
    spec = find("carvision")
    names = [column.name for column in spec.features.columns()]
    rows = [{name: row[name] for name in names} for row in sample(300, 1)]
    lake = memory_store()
    lines = [
        prediction_line(f"p{i}", model=spec.name, features=row, output={"value": 9_000.0 + i})
        for i, row in enumerate(rows)
    ]
    for start in range(0, 300, 60):
        content = "\n".join(lines[start : start + 60]).encode()
        lake.put(f"captures/model={spec.name}/date=2026-01-31/{start:03}", content)
    columns = read_window(lake, spec, WINDOW)
    captures = list(read_captures(lake, spec.name, WINDOW.start, WINDOW.end))
    expected = columns_of(
        spec.features.columns(),
        [capture.features for capture in captures],
        [capture.output["value"] for capture in captures],
    )
    assert columns.predictions.tolist() == expected.predictions.tolist()
    for name in names:
        if isinstance(expected.features[name], Categories):
            assert names_of(columns.features[name]) == names_of(expected.features[name])
        else:
            ours, theirs = (numbers_of(each.features[name]) for each in (columns, expected))
            assert ours == pytest.approx(theirs, nan_ok=True)


def test_each_prediction_is_read_once() -> None:
    """What was delivered twice, in one file or in two, is one row: the first."""
    lake = memory_store()
    put(lake, "a", line("p1", {"visits": 1}), line("p1", {"visits": 2}))
    put(lake, "b", line("p2", {"visits": 3}), line("p1", {"visits": 4}))
    assert numbers_of(read(lake).features["visits"]) == [1, 3]


def test_the_window_is_exact() -> None:
    """Its start belongs to it and its end does not, across midnight and in any zone."""
    lake = memory_store()
    times = ["11:59:59.999", "12:00:00.000", "23:59:59.999"]
    put(lake, "a", *(line(at, timestamp=f"2026-01-31T{at}+00:00") for at in times))
    after = ["11:59:59.999", "12:00:00.000"]
    put(
        lake,
        "b",
        *(line(f"n{at}", timestamp=f"2026-02-01T{at}+00:00") for at in after),
        day="2026-02-01",
    )
    noon = DAY + timedelta(hours=12)
    assert read_window(lake, SPEC, Window(start=noon, end=noon + timedelta(days=1))).rows == 3


def test_a_version_is_read_by_itself() -> None:
    """What another version answered is left out where one is named."""
    lake = memory_store()
    put(lake, "a", line("p1"), line("p2", version="8"), line("p3"))
    assert read(lake).rows == 3
    assert read(lake, version="7").rows == 2
    assert read(lake, version="9").rows == 0


def test_a_model_that_was_never_called_has_no_rows() -> None:
    """Every column is there, and empty."""
    columns = read(memory_store())
    assert columns.rows == 0
    assert set(columns.features) == set(ROW)
    assert columns.predictions.shape == (0,)


@pytest.mark.parametrize(
    "damaged",
    [
        '{"prediction_id": "x", "feat',
        '{"prediction_id": "x"}',
        line("x", {"visits": "many"}),
        line("x", timestamp="yesterday"),
        line("x", output=None),
        "[]",
    ],
)
def test_a_damaged_line_holds_nothing_back(caplog: pytest.LogCaptureFixture, damaged: str) -> None:
    """A line that is not whole is named and left out; those beside it are read."""
    lake = memory_store()
    put(lake, "a", line("p1"), damaged, line("p2"))
    put(lake, "b", line("p3"))
    with caplog.at_level(logging.WARNING):
        assert read(lake).rows == 3
    assert f"line 2 of captures/model={SPEC.name}/date=2026-01-31/a" in caplog.text


def test_empty_files_and_blank_lines_are_nothing() -> None:
    """Neither is an error, or a row."""
    lake = memory_store()
    put(lake, "a")
    put(lake, "b", "", line("p1"), "  ")
    assert read(lake).rows == 1


def test_a_large_window_is_thinned_alike_each_time() -> None:
    """Of too many predictions a half or a quarter is kept, the same in any order of files."""
    lines = [line(f"p{i}", {"visits": i % 100}) for i in range(400)]
    first, second = memory_store(), memory_store()
    for place in range(4):
        put(first, str(place), *lines[place * 100 : (place + 1) * 100])
        put(second, str(3 - place), *lines[place * 100 : (place + 1) * 100])
    kept, again = (read(lake, rows_maximum=150) for lake in (first, second))
    assert kept.share in {0.5, 0.25}
    assert 60 < kept.rows <= 150
    visits = [sorted(numbers_of(columns.features["visits"])) for columns in (kept, again)]
    assert visits[0] == visits[1]


def test_a_value_is_a_regressions_prediction() -> None:
    """What a regression answers stands under another key."""
    spec = SPEC.model_copy(update={"task": Task.REGRESSION, "metrics": (Metric.RMSE,)})
    lake = memory_store()
    put(lake, "a", line("p1", output={"value": 12.5}))
    assert read_window(lake, spec, WINDOW).predictions.tolist() == [12.5]
