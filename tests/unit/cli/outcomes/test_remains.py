"""What remains of an entity is counted where it can be found."""

from io import BytesIO

import pyarrow as pa
import pyarrow.parquet as pq

from cli.outcomes.remains import Remaining, elsewhere, rows_in_datasets
from modelfleet.adapters.object_store import memory_store
from modelfleet.datasets.manifest import ROWS_FILE
from modelfleet.spec.features import PREDICTION_ID
from modelfleet.storage import keys


def rows(*ids: str | None) -> bytes:
    """A data set version with rows of these predictions; `None` is a loaded row."""
    written = BytesIO()
    pq.write_table(pa.table({"Age": [1.0] * len(ids), PREDICTION_ID: pa.array(ids)}), written)
    return written.getvalue()


def test_joined_rows_are_counted_by_version() -> None:
    """Versions without a row of the entity, and other models, are not named."""
    lake = memory_store()
    for version, ids in {"v1": ("p1", None), "v2": ("p1", "p2", "x"), "v3": ("x",)}.items():
        lake.put(f"{keys.dataset('churn', version)}/{ROWS_FILE}", rows(*ids))
    lake.put(f"{keys.dataset('other', 'v1')}/{ROWS_FILE}", rows("p1"))
    found = rows_in_datasets(lake, "churn", {"p1", "p2"})
    assert [(each.place, each.rows) for each in found] == [
        ("datasets/churn/v1", 1),
        ("datasets/churn/v2", 2),
    ]
    assert rows_in_datasets(lake, "churn", set()) == []


def test_places_that_cannot_be_searched_say_until_when() -> None:
    """Nobody should take the command for a proof that nothing is left."""
    assert all(isinstance(each, Remaining) and each.until for each in elsewhere())
    assert {"log groups", "backup vault"} <= {each.place for each in elsewhere()}
