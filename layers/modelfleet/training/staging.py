"""What a retraining's steps keep in staging: splits and the candidate."""

import pandas as pd

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.registry.bundle_store import Bundle
from modelfleet.registry.manifest import MANIFEST_FILE
from modelfleet.retraining.state import RetrainingState
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

FOLDER = "bundle"


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
