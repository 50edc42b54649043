"""Joining labelled predictions to a data set version."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from modelfleet.datasets.join_outcomes import join_feedback
from modelfleet.datasets.load import load
from modelfleet.datasets.manifest import ROWS_FILE, Origin
from modelfleet.datasets.store import DatasetStore
from modelfleet.outcomes.labelled_predictions import LabelledRow
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import CLIENT, ORIGIN, PREDICTION_ID
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.time_column import TimeColumn
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import Row
from modelfleet.training.prepare import prepare

NOW = datetime(2026, 1, 2, tzinfo=UTC)
ASKED = datetime(2026, 2, 3, 4, 5, tzinfo=UTC)
HEADER = "age,income,colour,town,bought"
_COIN = random.Random(1)  # noqa: S311  # not a secret
# As many as it takes to train on.
_MANY = [f"{18 + n % 80},{n},red,Oslo,{_COIN.randrange(2)}" for n in range(300)]
ROWS = ["30,12.5,red,Pisa,1", "41,,blue,NA,0", "52,7,red,Rome,no", *_MANY]
FEATURES = {"age": 33, "income": 4.0, "colour": "blue", "town": None}
WriteTable = Callable[..., Path]


@pytest.fixture
def parent(binary: ModelSpec, write_table: WriteTable, lake: ObjectStore) -> str:
    """A loaded version of rows of a file."""
    return load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW).version


def labelled(prediction_id: str, actual: Any = 1, **changes: Any) -> LabelledRow:
    """A prediction whose outcome is known."""
    return LabelledRow(FEATURES | changes, actual, prediction_id, ASKED)


def feedback_of(spec: ModelSpec, lake: ObjectStore, version: str) -> dict[str, Row]:
    """A version's rows that came from feedback, by prediction."""
    rows = DatasetStore(spec, lake).rows(version).accepted
    return {row[PREDICTION_ID]: row for row in rows if row.get(ORIGIN) == Origin.FEEDBACK}


def test_feedback_becomes_rows_that_say_so(
    binary: ModelSpec, lake: ObjectStore, parent: str
) -> None:
    """The new version holds the parent's rows and those of the feedback, marked as such."""
    manifest = join_feedback(binary, [labelled("a"), labelled("b", "no")], lake, "job", NOW)
    assert (manifest.parent, manifest.rows, manifest.source) == (parent, len(ROWS) + 2, "feedback")
    assert manifest.origins == {Origin.FILE: len(ROWS), Origin.FEEDBACK: 2}
    found = feedback_of(binary, lake, manifest.version)
    assert {name: row["bought"] for name, row in found.items()} == {"a": 1.0, "b": 0.0}
    assert DatasetStore(binary, lake).newest() == manifest.version


def test_the_same_feedback_gives_the_same_version(
    binary: ModelSpec, lake: ObjectStore, parent: str
) -> None:
    """Whether it comes again on top, in another order or from the parent anew, nothing changes."""
    rows = [labelled("a"), labelled("b", 0)]
    first = join_feedback(binary, rows, lake, "job", NOW)
    stored = {key: lake.get(key).content for key in lake.keys(keys.DATASETS)}
    on_top = join_feedback(binary, reversed(rows), lake, "job", NOW)
    anew = join_feedback(binary, rows, lake, "job", NOW, parent=parent)
    assert first.version == on_top.version == anew.version
    assert {key: lake.get(key).content for key in lake.keys(keys.DATASETS)} == stored


def test_a_table_that_is_loaded_meanwhile_is_not_lost(
    binary: ModelSpec,
    lake: ObjectStore,
    parent: str,
    write_table: WriteTable,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Outcomes are joined to what is the newest when they are there, not to what was."""
    loaded: list[str] = []
    store_version = DatasetStore.store

    def load_in_between(store: DatasetStore, *args: Any) -> None:
        store_version(store, *args)
        if not loaded:
            loaded.append("")  # what is loaded below is stored by this function too
            table = write_table(HEADER, *ROWS, "77,1,red,Bari,1")
            loaded[0] = load(binary, table, lake, "eve", NOW, replace=True).version

    monkeypatch.setattr(DatasetStore, "store", load_in_between)
    manifest = join_feedback(binary, [labelled("a")], lake, "job", NOW)
    assert manifest.parent == loaded[0] != parent
    assert manifest.rows == len(ROWS) + 2
    assert DatasetStore(binary, lake).newest() == manifest.version


def of_day(day: int, client: str, number: int = 0) -> LabelledRow:
    """A client's prediction of a day of January, whose outcome is known."""
    prediction_id = f"202601{day:02}-{client}{number}"
    return LabelledRow(FEATURES, 1, prediction_id, ASKED, client)


@pytest.mark.usefixtures("parent")
def test_one_client_has_at_most_half_of_the_rows(binary: ModelSpec, lake: ObjectStore) -> None:
    """The newest outcomes are kept, the manifest counts the others, and again gives the same."""
    loaded = len(DatasetStore(binary, lake).rows(DatasetStore(binary, lake).require()).accepted)
    rows = [of_day(1 + number % 31, "a", number) for number in range(loaded + 7)]
    rows.append(of_day(1, "b"))
    random.Random(1).shuffle(rows)  # noqa: S311  # repeatable, no secret
    made = join_feedback(binary, rows, lake, "job", NOW)
    # The loaded rows and one of another client's leave room for as many.
    kept = feedback_of(binary, lake, made.version)
    assert "20260101-b0" in kept
    assert (made.rows, made.left_out) == (2 * (loaded + 1), 6)
    lost = {row.prediction_id for row in rows} - kept.keys()
    assert {each.partition("-")[0] for each in lost} == {"20260101"}
    assert {row[CLIENT] for row in kept.values()} == {"a", "b"}
    assert join_feedback(binary, rows, lake, "job", NOW).version == made.version


@pytest.mark.usefixtures("parent")
def test_the_cap_holds_over_all_versions(binary: ModelSpec, lake: ObjectStore) -> None:
    """What a client brings in small portions is no more in the end."""
    for day in range(1, 6):
        portion = [of_day(day, "a", number) for number in range(100)]
        made = join_feedback(binary, portion, lake, "job", NOW)
    assert made.origins[Origin.FEEDBACK] == made.origins[Origin.FILE]
    kept = feedback_of(binary, lake, made.version)
    assert {name for name in kept if name.startswith("20260105")} == {
        row.prediction_id for row in portion
    }


@pytest.mark.usefixtures("parent")
def test_rows_of_before_clients_were_kept_are_read(binary: ModelSpec, lake: ObjectStore) -> None:
    """They are nobody's in particular, and count as one client's."""
    made = join_feedback(binary, [labelled("a")], lake, "job", NOW)
    key = f"{keys.dataset(binary.name, made.version)}/{ROWS_FILE}"
    table = pq.read_table(BytesIO(lake.get(key).content)).drop_columns([CLIENT])
    content = BytesIO()
    pq.write_table(table, content)
    lake.put(key, content.getvalue())
    assert feedback_of(binary, lake, made.version)["a"][CLIENT] == ""


@pytest.mark.usefixtures("parent")
def test_the_last_label_counts(binary: ModelSpec, lake: ObjectStore) -> None:
    """A label that is corrected replaces the one before, in one batch and across versions."""
    first = join_feedback(binary, [labelled("a", 0), labelled("a", 1)], lake, "job", NOW)
    assert feedback_of(binary, lake, first.version)["a"]["bought"] == 1.0
    second = join_feedback(binary, [labelled("a", 0)], lake, "job", NOW)
    assert second.rows == first.rows == len(ROWS) + 1
    assert feedback_of(binary, lake, second.version)["a"]["bought"] == 0.0


@pytest.mark.usefixtures("parent")
def test_equal_rows_of_two_predictions_are_two(binary: ModelSpec, lake: ObjectStore) -> None:
    """Two customers alike are two rows, and so is a prediction for a row of the file."""
    known = {"age": 30, "income": 12.5, "colour": "red", "town": "Pisa"}
    manifest = join_feedback(
        binary, [labelled("a", **known), labelled("b", **known)], lake, "job", NOW
    )
    assert manifest.rows == len(ROWS) + 2


@pytest.mark.usefixtures("parent")
def test_feedback_that_breaks_the_schema_is_set_aside(binary: ModelSpec, lake: ObjectStore) -> None:
    """What cannot be learned from is quarantined with its reason, and the rest joins."""
    rows = [labelled("a", age=3), labelled("b", "perhaps"), labelled("c")]
    manifest = join_feedback(binary, rows, lake, "job", NOW)
    assert (manifest.rows, manifest.quarantined) == (len(ROWS) + 1, 2)
    lines = lake.get(keys.quarantine("toy", manifest.version)).content.splitlines()
    assert [json.loads(line)["reasons"][0].split(":")[0] for line in lines] == ["age", "bought"]


def test_without_feedback_the_parent_stays(
    binary: ModelSpec, lake: ObjectStore, parent: str
) -> None:
    """Nothing new makes no new version."""
    assert join_feedback(binary, [], lake, "job", NOW).version == parent
    assert DatasetStore(binary, lake).versions() == (parent,)


def test_there_is_nothing_to_join_to(binary: ModelSpec, lake: ObjectStore) -> None:
    """Feedback alone is no data set."""
    with pytest.raises(DatasetError, match="toy: no data is loaded; load a file with"):
        join_feedback(binary, [labelled("a")], lake, "job", NOW)


def test_the_time_of_a_prediction_is_the_rows_time(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """Where a model declares a time, feedback has that of its request."""
    timed = binary.model_copy(update={"time": TimeColumn(column="day")})
    rows = [f"{row},2026-01-{1 + 9 * n // len(ROWS):02}" for n, row in enumerate(ROWS)]
    load(timed, write_table(f"{HEADER},day", *rows), lake, "ada", NOW)
    manifest = join_feedback(timed, [labelled("a")], lake, "job", NOW)
    assert feedback_of(timed, lake, manifest.version)["a"]["day"] == "2026-02-03"


def test_feedback_is_trained_on(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore, artifacts: ObjectStore
) -> None:
    """Prepare takes the joined version, and stages features and target alone."""
    rows = [f"{18 + n % 80},{n},red,{'Pisa' if n % 3 else ''},{n * n % 7 % 2}" for n in range(300)]
    load(binary, write_table(HEADER, *rows), lake, "ada", NOW)
    manifest = join_feedback(binary, [labelled(str(n)) for n in range(9)], lake, "job", NOW)
    prepared = prepare(binary, RetrainingState(model="toy", execution="run"), lake, artifacts)
    assert prepared.dataset_version == manifest.version
    assert sum(prepared.rows.values()) == 309


def test_feedback_on_generated_rows_is_generated(
    binary: ModelSpec, write_table: WriteTable, lake: ObjectStore
) -> None:
    """A few labelled predictions do not make made-up rows real."""
    load(binary, write_table(HEADER, *ROWS), lake, "ada", NOW, generated=True)
    assert join_feedback(binary, [labelled("a")], lake, "job", NOW).generated
