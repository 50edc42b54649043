"""Setting two data set versions side by side."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from modelfleet.datasets.compare import DatasetDifference, compare_datasets
from modelfleet.datasets.load import load
from modelfleet.datasets.store import DatasetStore
from modelfleet.spec.data_limits import DataLimits
from modelfleet.spec.errors import DatasetError
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore

NOW = datetime(2026, 1, 2, tzinfo=UTC)
HEADER = "age,income,colour,town,bought"
OLD = ["30,{},red,Pisa,1", "30,{},red,Pisa,1", "41,{},blue,Rome,0", "52,{},red,Rome,0"]
NEW = ["30,{},red,Pisa,1", "41,{},blue,Rome,0", *(f"{age},{{}},blue,,1" for age in (90, 91, 92))]
# Each of them so often, with an income of its own: as many as it takes to train on.
TIMES = 100
WriteTable = Callable[..., Path]


def many(rows: list[str]) -> list[str]:
    """A table of each row so often."""
    return [row.format(n) for n in range(TIMES) for row in rows]


@pytest.fixture
def store(binary: ModelSpec, lake: ObjectStore) -> DatasetStore:
    """The model's versions."""
    # The columns are made to move, and tell the target.
    limits = DataLimits(minimum_rows=10_000)
    return DatasetStore(binary.model_copy(update={"data_limits": limits}), lake)


@pytest.fixture
def difference(store: DatasetStore, write_table: WriteTable) -> DatasetDifference:
    """What lies between the two tables."""
    names = [
        load(store.spec, write_table(HEADER, *many(rows)), store.lake, "ada", NOW).version
        for rows in (OLD, NEW)
    ]
    return compare_datasets(store, *(name[:8] for name in names))


def test_rows_are_counted_as_often_as_they_stand(difference: DatasetDifference) -> None:
    """A copy that is gone is a row removed."""
    assert (difference.rows_before, difference.rows_after) == (4 * TIMES, 5 * TIMES)
    counts = (difference.rows_added, difference.rows_removed, difference.rows_kept)
    assert counts == (3 * TIMES, 2 * TIMES, 2 * TIMES)


def test_classes_are_compared(difference: DatasetDifference) -> None:
    """The shares of positives stand side by side."""
    assert difference.class_shares == (0.5, 0.8)


def test_columns_are_compared(difference: DatasetDifference) -> None:
    """Each column has both versions' figures, and the one that moved most comes first."""
    moved = [column.psi or 0 for column in difference.columns]
    assert moved == sorted(moved, reverse=True)
    assert moved[0] > 1
    by_name = {column.name: column for column in difference.columns}
    assert by_name["town"].after.missing_share == 0.6
    bars = {bar.label: (bar.before, bar.share) for bar in by_name["colour"].bars}
    assert bars == {"blue": (0.25, 0.8), "red": (0.75, pytest.approx(0.2))}


def test_a_version_against_itself(store: DatasetStore, difference: DatasetDifference) -> None:
    """Nothing is added, removed or moved."""
    same = compare_datasets(store, difference.after, difference.after)
    assert (same.rows_added, same.rows_removed) == (0, 0)
    assert {column.psi for column in same.columns} == {0.0}


@pytest.mark.parametrize(
    ("name", "message"),
    [("nosuch", "toy: no data set version nosuch; list them with: fleet data list toy"),
     ("", "toy: more than one data set version begins with")],
)  # fmt: skip
@pytest.mark.usefixtures("difference")
def test_a_version_that_is_not_there_is_named(store: DatasetStore, name: str, message: str) -> None:
    """The error says what to type to see which there are."""
    with pytest.raises(DatasetError, match=message):
        compare_datasets(store, name, name)


def test_a_mistyped_version_is_recognized(
    store: DatasetStore, difference: DatasetDifference
) -> None:
    """The error suggests the nearest one."""
    typed = f"{difference.after[:6]}_{difference.after[7:]}"
    with pytest.raises(DatasetError, match=f"did you mean {difference.after}"):
        store.require(typed)
