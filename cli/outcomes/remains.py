"""What is left of an entity after its captures and outcomes are deleted, and where."""

from collections.abc import Set
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from modelfleet.datasets.manifest import ROWS_FILE
from modelfleet.spec.features import PREDICTION_ID
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore


class Remaining(NamedTuple):
    """Data in one place, and what ends it. `rows` is `None` where it cannot be counted."""

    place: str
    what: str
    until: str
    rows: int | None = None


def rows_in_datasets(lake: ObjectStore, model: str, ids: Set[str]) -> list[Remaining]:
    """Return the data set versions that joined some predictions with their outcomes."""
    found = []
    for key in lake.keys(keys.datasets(model)) if ids else ():
        if not key.endswith(f"/{ROWS_FILE}"):
            continue
        content = pa.BufferReader(lake.get(key).content)
        if PREDICTION_ID not in pq.read_schema(content).names:
            continue
        # Threads of Arrow that outlive a read can abort a command as it ends (arrow#33975).
        table = pq.read_table(content, columns=[PREDICTION_ID], use_threads=False)
        names = table[PREDICTION_ID].to_pylist()
        if count := sum(name in ids for name in names):
            place = key.removesuffix(f"/{ROWS_FILE}")
            what = "training rows, and the versions of the model that were fitted on them"
            found.append(Remaining(place, what, "deleted by hand", count))
    return found


def elsewhere() -> list[Remaining]:
    """Return the places that cannot be searched for an entity."""
    return [
        Remaining(
            "log groups", "hash, output, columns that are not sensitive", "log_retention_days"
        ),
        Remaining("backup vault", "copies of the lake bucket", "vault_days"),
        Remaining("batch/ in the lake bucket", "tables of batch jobs", "30 days"),
        Remaining("datasets/ in the lake bucket", "rows of loaded tables", "deleted by hand"),
        Remaining(
            "captures-undelivered/", "records that Firehose could not write", "captures_days"
        ),
        Remaining("dead-letter queue", "deliveries that failed", "14 days"),
    ]
