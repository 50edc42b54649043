"""Staging area of a retraining: splits, how their file was read, and the candidate."""

import time
from collections.abc import Callable

import pandas as pd

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.registry.bundle_store import Bundle
from modelfleet.registry.manifest import MANIFEST_FILE
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.errors import ObjectNotFoundError, StepError
from modelfleet.statistics.results import Selection
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.table_format import TableFormat

FOLDER = "bundle"
_SELECTION_FILE = "selection.json"
_FORMAT_FILE = "table_format.json"
_PROGRESS_SECONDS = 1.0


def candidate_folder(state: RetrainingState) -> str:
    """Return the staging folder of the candidate's bundle."""
    return f"{keys.staging(state.model, state.staged_by)}/{FOLDER}"


def write_candidate(artifacts: ObjectStore, state: RetrainingState, bundle: Bundle) -> None:
    """Write a candidate, the manifest last, overwriting any earlier attempt."""
    folder = candidate_folder(state)
    for name, content in bundle.files.items():
        artifacts.put(f"{folder}/{name}", content)
    artifacts.put(f"{folder}/{MANIFEST_FILE}", bundle.manifest.to_json())


def side_content(artifacts: ObjectStore, state: RetrainingState, side: Side) -> bytes:
    """Read the Parquet file of a side.

    Raises
    ------
    StepError
        If they are not stored, or no longer.
    """
    try:
        return artifacts.get(f"{keys.staging(state.model, state.staged_by)}/{side.file}").content
    except ObjectNotFoundError as error:
        raise StepError(
            f"{state.model}: the rows that {state.staged_by} prepared are not stored; start again "
            f"with `fleet retrain {state.model}`"
        ) from error


def side_rows(artifacts: ObjectStore, state: RetrainingState, side: Side) -> pd.DataFrame:
    """Read the rows of a side: the features in declared order, then the target."""
    return read_frame(side_content(artifacts, state, side))


def stage_selection(artifacts: ObjectStore, state: RetrainingState, selection: Selection) -> None:
    """Keep the selection, so that a retry trains the same model, whatever time it has."""
    content = selection.model_dump_json().encode()
    artifacts.put(f"{keys.staging(state.model, state.staged_by)}/{_SELECTION_FILE}", content)


def staged_selection(artifacts: ObjectStore, state: RetrainingState) -> Selection | None:
    """Read the selection of an earlier attempt; `None` if there was none."""
    try:
        stored = artifacts.get(f"{keys.staging(state.model, state.staged_by)}/{_SELECTION_FILE}")
    except ObjectNotFoundError:
        return None
    return Selection.model_validate_json(stored.content)


def staged_progress(
    artifacts: ObjectStore, state: RetrainingState, log: Callable[[str], None]
) -> Callable[[str], None]:
    """Return a function that logs a training's messages, and keeps the latest for who waits for it.

    Folds of a small table take milliseconds, so a message is only kept if the previous one is a
    second old.
    """
    key = keys.training_progress(state.model, state.execution)
    kept_at = -_PROGRESS_SECONDS

    def progress(text: str) -> None:
        nonlocal kept_at
        log(text)
        if (now := time.monotonic()) - kept_at >= _PROGRESS_SECONDS:
            artifacts.put(key, text.encode())
            kept_at = now

    return progress


def stage_format(found: TableFormat | None, folder: str, artifacts: ObjectStore) -> None:
    """Keep how the data set's file was read, so that the bundle can say it."""
    if found is not None:
        artifacts.put(f"{folder}/{_FORMAT_FILE}", found.model_dump_json().encode())


def staged_format(artifacts: ObjectStore, state: RetrainingState) -> TableFormat | None:
    """How the data set's file was read; `None` where it is not known."""
    try:
        stored = artifacts.get(f"{keys.staging(state.model, state.staged_by)}/{_FORMAT_FILE}")
    except ObjectNotFoundError:
        return None
    return TableFormat.model_validate_json(stored.content)
