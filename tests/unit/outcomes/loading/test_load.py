"""Loading outcomes: exact counts, the newest prediction, corrections, and interrupted loads."""

import json
from collections.abc import Iterable
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from modelfleet.adapters.aws.signing_keys import FixedKeys
from modelfleet.catalogue import find
from modelfleet.outcomes.entities import EntityHashes
from modelfleet.outcomes.loading.load import LoadedOutcomes, load_outcomes
from modelfleet.outcomes.loading.table import read_outcome_table
from modelfleet.outcomes.prediction_ids import PredictionIds
from modelfleet.outcomes.report import Feedback
from modelfleet.outcomes.reported import reported
from modelfleet.spec.errors import DatasetError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.workbooks import sheet

SPEC = find("bankchurn")
KEYS = FixedKeys(b"new", b"old")
HASHES = EntityHashes(SPEC.name, KEYS)
IDS = PredictionIds(SPEC.name, KEYS)
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def predict(
    lake: ObjectStore, at: datetime, entities: Iterable[object], hashes: EntityHashes = HASHES
) -> list[str]:
    """Store a file with a prediction for each entity, and return their IDs."""
    entities = list(entities)
    made = list(IDS.make(len(entities), "k1", at))
    lines = [
        {
            "prediction_id": name,
            "request_id": "r",
            "timestamp": at.isoformat(timespec="milliseconds"),
            "model": SPEC.name,
            "version": "1",
            "variant": "champion",
            "latency_ms": 1.0,
            "features": {},
            "output": {"label": 1},
            "client": "k1",
            **({} if entity is None else {"entity": hashes.newest(entity)}),
        }
        for name, entity in zip(made, entities, strict=True)
    ]
    content = "\n".join(map(json.dumps, lines)).encode()
    lake.put(f"{keys.captures(SPEC.name, f'{at:%Y-%m-%d}')}/{at:%H%M%S}.jsonl", content)
    return made


def load(
    lake: ObjectStore, folder: Path, rows: Any, now: datetime = NOW, within: timedelta = 90 * DAY
) -> LoadedOutcomes:
    """Load rows of a key, an outcome, and maybe a time, from a CSV file."""
    path = folder / "exits.csv"
    table = pd.DataFrame(rows, dtype=object)
    table.columns = pd.Index(["Customer", "Left", "Seen"][: table.shape[1]])
    table.to_csv(path, index=False)
    time = "Seen" if table.shape[1] > 2 else None
    read = read_outcome_table(SPEC, path, key="Customer", target="Left", time=time, now=now)
    return load_outcomes(SPEC, read, lake, lambda: KEYS, "a person", now, within=within)


def counts(found: LoadedOutcomes) -> dict[str, int]:
    """The counts that are not 0."""
    return {name: n for name, n in asdict(found).items() if n and name != "rejected"}


def stored(lake: ObjectStore, names: Iterable[str]) -> dict[str, float | str]:
    """The outcomes of some predictions, as readers see them."""
    found = reported(lake, SPEC.name, NOW - 200 * DAY, NOW + DAY)
    return {each.prediction_id: each.actual for each in found.read(n for n in names if n in found)}


def test_counts_are_exact(lake: ObjectStore, tmp_path: Path) -> None:
    """A week later: 1,500 of 2,000, 40 corrections, 10 repetitions, and 30 unknown."""
    made = predict(lake, NOW - 7 * DAY, range(2_000))
    rows: list[tuple[object, ...]] = [(n, n % 2, "2026-02-25") for n in range(1_500)]
    rows += [(n, 1 - n % 2, "2026-02-26") for n in range(40)]
    rows += [(n, n % 2, "2026-02-25") for n in range(100, 110)]
    rows += [(f"unknown {n}", 1, "2026-02-25") for n in range(30)]
    found = load(lake, tmp_path, rows)
    expected = {"rows": 1_580, "matched": 1_550, "new": 1_500, "corrected": 40, "unchanged": 10}
    assert counts(found) == expected | {"unmatched": 30}
    assert stored(lake, made) == {
        name: (1 - n % 2 if n < 40 else n % 2) for n, name in enumerate(made[:1_500])
    }
    before = list(lake.keys(keys.FEEDBACK))
    again = load(lake, tmp_path, rows, NOW + HOUR)
    again_expected = {"rows": 1_580, "matched": 1_550, "unchanged": 1_550, "unmatched": 30}
    assert counts(again) == again_expected
    assert list(lake.keys(keys.FEEDBACK)) == before
    assert len(before) == 1


def test_a_later_table_corrects(lake: ObjectStore, tmp_path: Path) -> None:
    """And the outcome that it supersedes stays in its file."""
    made = predict(lake, NOW - 2 * DAY, ["a", "b"])
    assert counts(load(lake, tmp_path, [("a", 1), ("b", 1)]))["new"] == 2
    found = load(lake, tmp_path, [("a", 0), ("b", 1)], NOW + HOUR)
    assert counts(found) == {"rows": 2, "matched": 2, "corrected": 1, "unchanged": 1}
    assert stored(lake, made) == {made[0]: 0, made[1]: 1}
    assert len(list(lake.keys(keys.FEEDBACK))) == 2


def test_reports_by_request_count_as_stored(lake: ObjectStore, tmp_path: Path) -> None:
    """The same outcome is unchanged, another one is a correction."""
    made = predict(lake, NOW - 2 * DAY, ["a", "b"])
    for name in made:
        outcome = Feedback(
            prediction_id=name,
            model=SPEC.name,
            actual=1,
            received_at=NOW - DAY,
            request_id="r",
            client="k1",
        )
        key = keys.feedback(SPEC.name, f"{NOW - 2 * DAY:%Y-%m-%d}", name)
        lake.put(key, outcome.model_dump_json().encode())
    found = load(lake, tmp_path, [("a", 1), ("b", 0)])
    assert counts(found) == {"rows": 2, "matched": 2, "corrected": 1, "unchanged": 1}
    assert stored(lake, made) == {made[0]: 1, made[1]: 0}


def test_the_newest_prediction_before_the_outcome_is_meant(
    lake: ObjectStore, tmp_path: Path
) -> None:
    """Within the window, on any earlier day or hour; a day without a time means its end."""
    old, new, newest = (
        predict(lake, datetime(2026, 2, day, hour, tzinfo=UTC), ["a"])[0]
        for day, hour in ((1, 8), (10, 8), (10, 20))
    )
    rows = [
        ("a", 1, "2026-02-09T23:00:00"),
        ("a", 0, "2026-02-10T12:00:00+02:00"),
        ("a", 1, "2026-02-10T23:00:00"),
        ("a", 1, "2026-01-31T08:00:00"),
    ]
    found = load(lake, tmp_path, rows)
    assert counts(found) == {"rows": 4, "matched": 3, "new": 3, "unmatched": 1}
    assert stored(lake, [old, new, newest]) == {old: 1, new: 0, newest: 1}
    whole_day = load(lake, tmp_path, [("a", 0, "2026-02-10")], NOW + HOUR)
    assert counts(whole_day)["corrected"] == 1
    assert stored(lake, [newest]) == {newest: 0}
    late = load(lake, tmp_path, [("a", 0, "2026-02-28")], within=7 * DAY)
    assert counts(late) == {"rows": 1, "unmatched": 1}


def test_prediction_ids_match_themselves(lake: ObjectStore, tmp_path: Path) -> None:
    """Whatever the time says; IDs and entities may be mixed, and altered IDs match nothing."""
    made = predict(lake, NOW - 80 * DAY, ["a", None, "c"])
    altered = made[0][:-1] + "9"
    rows = [(made[0], 1, "2026-01-01"), (made[1], 0, "2026-03-01"), ("c", 1, "2026-02-01")]
    found = load(lake, tmp_path, [*rows, (altered, 1, "2026-02-01")], within=60 * DAY)
    assert counts(found) == {"rows": 4, "matched": 3, "new": 3, "unmatched": 1}
    assert stored(lake, made) == dict(zip(made, (1, 0, 1), strict=True))


def test_ambiguous_rows_are_not_stored(lake: ObjectStore, tmp_path: Path) -> None:
    """Two equally new predictions, or two outcomes of the same moment, settle nothing."""
    made = predict(lake, NOW - DAY, ["twice", "twice", "a", "b"])
    rows = [("twice", 1), ("a", 1), ("a", 0), ("b", 1), ("b", 1)]
    found = load(lake, tmp_path, rows)
    expected = {"rows": 5, "matched": 2, "new": 1, "unchanged": 1, "ambiguous": 3}
    assert counts(found) == expected
    assert stored(lake, made) == {made[3]: 1}
    ordered = [("a", 1, "2026-02-28T12:00:00"), ("a", 0, "2026-02-28T13:00:00")]
    assert counts(load(lake, tmp_path, ordered))["new"] == 1
    assert stored(lake, made[2:3]) == {made[2]: 0}


def test_predictions_of_before_a_rotation_are_found(lake: ObjectStore, tmp_path: Path) -> None:
    """Under the previous secret, and delivered twice they are one."""
    before = EntityHashes(SPEC.name, FixedKeys(b"old"))
    made = predict(lake, NOW - DAY, ["a"], before)
    folder = keys.captures(SPEC.name, "2026-02-28")
    (key,) = lake.keys(folder)
    lake.put(f"{folder}/again.jsonl", lake.get(key).content)
    assert counts(load(lake, tmp_path, [("a", 1)])) == {"rows": 1, "matched": 1, "new": 1}
    assert stored(lake, made) == {made[0]: 1}


class KilledLake:
    """A lake whose user dies at the second write."""

    def __init__(self, lake: ObjectStore) -> None:
        self._lake = lake
        self._written = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._lake, name)

    def put(self, key: str, content: bytes) -> str:
        """Write once."""
        self._written += 1
        if self._written > 1:
            raise KeyboardInterrupt
        return self._lake.put(key, content)


def test_an_interrupted_load_is_completed_by_loading_again(
    lake: ObjectStore, tmp_path: Path
) -> None:
    """Nothing is lost and nothing is stored twice."""
    made = [predict(lake, NOW - days * DAY, [f"c{days}"])[0] for days in range(1, 5)]
    rows = [(f"c{days}", days % 2) for days in range(1, 5)]
    with pytest.raises(KeyboardInterrupt):
        load(KilledLake(lake), tmp_path, rows)
    assert len(stored(lake, made)) == 1
    found = load(lake, tmp_path, rows, NOW + HOUR)
    assert counts(found) == {"rows": 4, "matched": 4, "new": 3, "unchanged": 1}
    assert stored(lake, made) == dict(zip(made, (1, 0, 1, 0), strict=True))
    assert len(list(lake.keys(keys.FEEDBACK))) == 4


def test_bad_rows_cost_only_themselves(lake: ObjectStore, tmp_path: Path) -> None:
    """Each is counted under its reason, which quotes no value."""
    predict(lake, NOW - DAY, ["a"])
    rows = [
        ("a", 1, "2026-03-01"),
        (None, 1, "2026-03-01"),
        ("a", "perhaps", "2026-03-01"),
        ("a", None, "2026-03-01"),
        ("a", 1, None),
        ("a", 1, "2062-03-01"),
        ("a", 1, "1900-03-01"),
        ("a", 1, "yesterday"),
    ]
    found = load(lake, tmp_path, rows)
    assert counts(found) == {"rows": 8, "matched": 1, "new": 1}
    assert sum(found.rejected.values()) == 7
    assert len(found.rejected) == 7
    assert not any("perhaps" in reason or "yesterday" in reason for reason in found.rejected)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("a.parquet", lambda table, path: table.to_parquet(path)),
        ("a.jsonl", lambda table, path: table.to_json(path, orient="records", lines=True)),
        ("a.csv", lambda table, path: table.to_csv(path, index=False, sep=";")),
        ("a.csv.gz", lambda table, path: table.to_csv(path, index=False)),
    ],
)
def test_every_format_is_read(lake: ObjectStore, tmp_path: Path, name: str, write: Any) -> None:
    """Also typed numbers with gaps as keys, and words for the classes."""
    made = predict(lake, NOW - DAY, [4711, 4712])
    table = pd.DataFrame({"id": [4711.0, 4712.0, None], "gone": ["yes", "no", "yes"]})
    write(table, tmp_path / name)
    read = read_outcome_table(SPEC, tmp_path / name, key="ID", target="gone", time=None, now=NOW)
    found = load_outcomes(SPEC, read, lake, lambda: KEYS, "a person", NOW)
    assert counts(found) == {"rows": 3, "matched": 2, "new": 2}
    assert stored(lake, made) == {made[0]: 1, made[1]: 0}


def test_columns_are_named_by_the_user(tmp_path: Path) -> None:
    """A missing column is an error with the closest name; one column has one role."""
    path = tmp_path / "a.csv"
    path.write_text("customer,left\na,1\n")
    with pytest.raises(DatasetError, match="column exited is missing"):
        read_outcome_table(SPEC, path, key="customer", target="exited", time=None, now=NOW)
    with pytest.raises(DatasetError, match="different columns"):
        read_outcome_table(SPEC, path, key="left", target="left", time=None, now=NOW)


def test_without_entities_no_secret_is_read(lake: ObjectStore, tmp_path: Path) -> None:
    """A table of prediction IDs needs no further right."""
    made = predict(lake, NOW - DAY, [None])
    path = tmp_path / "a.csv"
    path.write_text(f"id,left\n{made[0]},1\n")
    read = read_outcome_table(SPEC, path, key="id", target="left", time=None, now=NOW)
    found = load_outcomes(SPEC, read, lake, lambda: pytest.fail("read"), "a person", NOW)
    assert found.new == 1


def test_numbers_and_codes_may_be_mixed_in_one_column(lake: ObjectStore, tmp_path: Path) -> None:
    """A workbook types the numbers among them."""
    made = predict(lake, NOW - DAY, [4711, "C-1", "007"])
    path = tmp_path / "a.xlsx"
    path.write_bytes(sheet([["id", "left"], [4711, 1], ["C-1", 0], ["007", 1]]))
    read = read_outcome_table(SPEC, path, key="id", target="left", time=None, now=NOW)
    load_outcomes(SPEC, read, lake, lambda: KEYS, "a person", NOW)
    assert stored(lake, made) == dict(zip(made, (1, 0, 1), strict=True))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("a", 1), ("a", 0)], {"rows": 2, "ambiguous": 2}),
        ([("a", None)], {"rows": 1}),
        ([("b", 1)], {"rows": 1, "unmatched": 1}),
    ],
)
def test_a_table_without_a_usable_row_stores_nothing(
    lake: ObjectStore, tmp_path: Path, rows: list[Any], expected: dict[str, int]
) -> None:
    """And says why."""
    predict(lake, NOW - DAY, ["a"])
    assert counts(load(lake, tmp_path, rows)) == expected
    assert list(lake.keys(keys.FEEDBACK)) == []


def test_numbers_are_outcomes_of_a_regression(lake: ObjectStore, tmp_path: Path) -> None:
    """In the number format of the file."""
    spec = find("carvision")
    at = NOW - DAY
    (name,) = PredictionIds(spec.name, KEYS).make(1, "k1", at)
    line = {
        "prediction_id": name,
        "request_id": "r",
        "timestamp": at.isoformat(),
        "model": spec.name,
        "version": "1",
        "variant": "champion",
        "latency_ms": 1.0,
        "features": {},
        "output": {"value": 1.0},
    }
    lake.put(f"{keys.captures(spec.name, f'{at:%Y-%m-%d}')}/a.jsonl", json.dumps(line).encode())
    path = tmp_path / "a.csv"
    path.write_text(f"id;paid\n{name};12.345,50\n")
    read = read_outcome_table(spec, path, key="id", target="paid", time=None, now=NOW)
    assert load_outcomes(spec, read, lake, lambda: KEYS, "a person", NOW).new == 1
    found = reported(lake, spec.name, at, NOW)
    assert [each.actual for each in found.read([name])] == [12_345.5]
