"""Groups of rows: what is stored, and how they are split."""

import itertools
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelfleet.datasets.join_outcomes import join_feedback
from modelfleet.datasets.load import load
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.row_groups import group_hashes, row_key
from modelfleet.datasets.split import split
from modelfleet.datasets.store import DatasetStore
from modelfleet.outcomes.labelled_predictions import LabelledRow
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.features import GROUP
from modelfleet.spec.model import ModelSpec
from modelfleet.spec.time_column import TimeColumn
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import Row

NOW = datetime(2026, 5, 1, tzinfo=UTC)
GROUPS = st.none() | st.sampled_from("abcdefgh")
ROWS = st.lists(st.tuples(GROUPS, st.integers(18, 24), st.integers(0, 40)), max_size=60)


def key() -> bytes:
    """A stage's key."""
    return b"a secret"


@pytest.fixture(scope="session")
def grouped(binary: ModelSpec) -> ModelSpec:
    """The model with a customer for each row, which it declares as an identifier too."""
    return binary.model_copy(update={"group": "customer"})


def rows_of(drawn: Sequence[tuple[str | None, int, int]]) -> list[Row]:
    """Rows of a group, with few different features, on a day."""
    first = date(2026, 1, 1)
    return [
        {GROUP: group, "age": age, "bought": 0.0, "day": (first + timedelta(day)).isoformat()}
        for group, age, day in drawn
    ]


@given(drawn=ROWS, timed=st.booleans())
def test_no_group_is_on_two_sides(
    grouped: ModelSpec, drawn: list[tuple[str | None, int, int]], timed: bool
) -> None:
    """Nor are rows without a group that have equal features; with a time, later rows are tested."""
    spec = grouped.model_copy(update={"time": TimeColumn(column="day") if timed else None})
    rows = rows_of(drawn)
    sides = split(spec, rows)
    found = [{row_key(spec, row) for row in part} for part in sides.values()]
    assert not any(one & other for one, other in itertools.combinations(found, 2))
    assert {id(row) for part in sides.values() for row in part} <= set(map(id, rows))
    if not timed:
        assert sum(map(len, sides.values())) == len(rows)
        return
    times = [{row["day"] for row in part} for part in sides.values() if part]
    for earlier, later in itertools.pairwise(times):
        assert max(earlier) < min(later)


def test_groups_of_one_period_lose_no_row(grouped: ModelSpec) -> None:
    """Only a group with rows in several periods leaves some of them out."""
    spec = grouped.model_copy(update={"time": TimeColumn(column="day")})
    rows = rows_of([(str(day), 18 + day, day) for day in range(60) for _ in range(3)])
    assert sum(map(len, split(spec, rows).values())) == len(rows)


def test_groups_over_all_periods_are_divided_among_them(grouped: ModelSpec) -> None:
    """Each side has customers of its own, about 60, 20, and 20 percent of them."""
    spec = grouped.model_copy(update={"time": TimeColumn(column="day")})
    rows = rows_of([(str(customer), 30, day) for customer in range(500) for day in range(10)])
    sides = split(spec, rows)
    customers = [len({row[GROUP] for row in sides[side]}) / 500 for side in Side]
    assert customers == pytest.approx([0.6, 0.2, 0.2], abs=0.06)
    assert len(sides[Side.TRAIN]) == customers[0] * 500 * 6


def table(customers: int = 150, rows: int = 20) -> pd.DataFrame:
    """Many rows per customer, whose features and label are the customer's but for small noise."""
    rng = np.random.default_rng(0)
    customer = np.repeat(np.arange(customers), rows)
    return pd.DataFrame(
        {
            "customer": [f"Customer No. {4200 + number}" for number in customer],
            "age": 18 + rng.integers(0, 80, customers)[customer],
            "income": (rng.uniform(1e3, 1e5, customers)[customer]).round(2)
            + rng.integers(0, 9, customer.size),
            "colour": rng.choice(["red", "blue"], customers)[customer],
            "town": "Pisa",
            "bought": rng.integers(0, 2, customers)[customer],
        }
    )


def loaded(spec: ModelSpec, frame: pd.DataFrame, lake: ObjectStore, folder: Path) -> str:
    """Load a table, and return its version."""
    path = folder / "table.csv"
    frame.to_csv(path, index=False)
    return load(spec, path, lake, "ada", NOW, group_key=key).version


def test_a_group_is_stored_as_a_keyed_hash_only(
    grouped: ModelSpec, lake: ObjectStore, tmp_path: Path
) -> None:
    """No stored byte says which customers there are, but their number and their rows are known."""
    frame = table()
    frame.loc[[3, 5], "age"] = 7  # rejected rows, which are stored with reasons
    version = loaded(grouped, frame, lake, tmp_path)
    for name in lake.keys(""):
        content = lake.get(name).content
        assert b"Customer No" not in content
    store = DatasetStore(grouped, lake)
    manifest = store.manifest(version)
    assert manifest is not None
    assert (manifest.group, manifest.groups, manifest.quarantined) == ("customer", 150, 2)
    stored = [row[GROUP] for row in store.rows(version).accepted]
    assert all(re.fullmatch("[a-z2-7]{24}", group) for group in stored)
    assert len(set(stored)) == 150


def test_no_customer_is_on_two_sides(grouped: ModelSpec, lake: ObjectStore, tmp_path: Path) -> None:
    """The sides of a stored version have no hash in common, and differ from those of other keys."""
    version = loaded(grouped, table(), lake, tmp_path)
    sides = split(grouped, DatasetStore(grouped, lake).rows(version).accepted)
    found = [{row[GROUP] for row in sides[side]} for side in Side]
    assert sum(map(len, found)) == len(set().union(*found)) == 150
    other = group_hashes(grouped, ["Customer No. 4200"], lambda: b"another secret")[0]
    assert other not in set().union(*found)


def test_a_hash_covers_the_model_and_no_type(grouped: ModelSpec) -> None:
    """5 in a text file is 5.0 in a file with types; hashes of two models cannot be linked."""
    text, number, missing = group_hashes(grouped, ["5", 5.0, None], key)
    assert text == number
    assert missing is None
    other = grouped.model_copy(update={"name": "other"})
    assert group_hashes(other, ["5"], key) != [text]


def test_without_a_key_nothing_is_stored(
    grouped: ModelSpec, lake: ObjectStore, tmp_path: Path
) -> None:
    """A group is never stored as it is, nor as a hash that anyone could compute."""
    path = tmp_path / "table.csv"
    table().to_csv(path, index=False)
    with pytest.raises(DatasetError, match="storing the group customer requires a secret key"):
        load(grouped, path, lake, "ada", NOW)
    assert not list(lake.keys(""))


def test_a_table_without_the_group_is_refused(
    grouped: ModelSpec, lake: ObjectStore, tmp_path: Path
) -> None:
    """Without the column, nobody knows which rows belong together."""
    with pytest.raises(DatasetError, match="column customer is missing"):
        loaded(grouped, table().drop(columns="customer"), lake, tmp_path)


def test_rows_without_a_group_are_their_own(
    grouped: ModelSpec, lake: ObjectStore, tmp_path: Path
) -> None:
    """They are spread over the sides, but an equal row with a group takes them along."""
    frame = table(30)
    twin = frame.iloc[[0]].assign(customer=None, bought=1 - frame["bought"][0])
    alone = table(200, 1).assign(customer=None, income=1.5)
    version = loaded(grouped, pd.concat([frame, twin, alone]), lake, tmp_path)
    rows = DatasetStore(grouped, lake).rows(version).accepted
    known = {row[GROUP] for row in rows}
    assert len(known - {None}) == 30
    assert sum(row[GROUP] is None for row in rows) == 200
    sides = split(grouped, [row for row in rows if row[GROUP] is None])
    assert all(len(part) > 10 for part in sides.values())


def test_outcomes_join_the_group_of_equal_rows(
    grouped: ModelSpec, lake: ObjectStore, tmp_path: Path
) -> None:
    """A prediction has no group, but is never on another side than an equal row of the table."""
    frame = table()
    loaded(grouped, frame, lake, tmp_path)
    equal = {name: frame[name][0] for name in ("age", "income", "colour", "town")}
    labelled = [
        LabelledRow({**equal, "age": int(equal["age"])}, 1.0, "id-1", NOW),
        LabelledRow({**equal, "age": 99}, 1.0, "id-2", NOW),
    ]
    joined = join_feedback(grouped, labelled, lake, "ada", NOW)
    rows = DatasetStore(grouped, lake).rows(joined.version).accepted
    first, second = (
        next(row for row in rows if row.get("_prediction_id") == name) for name in ("id-1", "id-2")
    )
    (expected,) = group_hashes(grouped, [frame["customer"][0]], key)
    assert (first[GROUP], second[GROUP]) == (expected, None)
    again = join_feedback(grouped, labelled, lake, "ada", NOW)
    assert again.version == joined.version


def test_a_version_stored_without_the_group_must_be_loaded_again(
    binary: ModelSpec, grouped: ModelSpec, lake: ObjectStore, tmp_path: Path
) -> None:
    """A group that was declared, or changed, after the load is not known for its rows."""
    version = loaded(binary, table(400, 1), lake, tmp_path)
    with pytest.raises(DatasetError, match="stored without the group customer; load a file"):
        DatasetStore(grouped, lake).rows(version)
