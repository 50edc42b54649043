"""What a retraining's steps keep in staging: splits, how their file was read, the candidate."""

import pandas as pd

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.registry.bundle_store import Bundle
from modelfleet.registry.manifest import MANIFEST_FILE
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import TableFormat

FOLDER = "bundle"
_FORMAT_FILE = "table_format.json"


def candidate_folder(state: RetrainingState) -> str:
    """Where a retraining keeps its candidate."""
    return f"{keys.staging(state.model, state.execution)}/{FOLDER}"


def write_candidate(artifacts: ObjectStore, state: RetrainingState, bundle: Bundle) -> None:
    """Write a candidate over whatever an earlier attempt left, the manifest last."""
    folder = candidate_folder(state)
    for name, content in bundle.files.items():
        artifacts.put(f"{folder}/{name}", content)
    artifacts.put(f"{folder}/{MANIFEST_FILE}", bundle.manifest.to_json())


def side_content(artifacts: ObjectStore, state: RetrainingState, side: Side) -> bytes:
    """The side's parquet file.

    Raises
    ------
    ObjectNotFoundError
        If the rows have not been prepared.
    """
    return artifacts.get(f"{keys.staging(state.model, state.execution)}/{side.file}").content


def side_rows(artifacts: ObjectStore, state: RetrainingState, side: Side) -> pd.DataFrame:
    """The side's rows: the features in declared order, then the target."""
    return read_frame(side_content(artifacts, state, side))


def stage_format(found: TableFormat | None, folder: str, artifacts: ObjectStore) -> None:
    """Keep how the data set's file was read, so that the bundle can say it."""
    if found is not None:
        artifacts.put(f"{folder}/{_FORMAT_FILE}", found.model_dump_json().encode())


def staged_format(artifacts: ObjectStore, state: RetrainingState) -> TableFormat | None:
    """How the data set's file was read; `None` where it is not known."""
    try:
        stored = artifacts.get(f"{keys.staging(state.model, state.execution)}/{_FORMAT_FILE}")
    except ObjectNotFoundError:
        return None
    return TableFormat.model_validate_json(stored.content)
