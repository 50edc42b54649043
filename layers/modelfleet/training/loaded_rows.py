"""Rows that are not feedback, which no caller influences.

Candidate and champion are compared on such test rows too, and the threshold or interval is chosen
on such training rows: a row's side follows from its features, so a caller could otherwise fill it.
"""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.datasets.join_outcomes import are_feedback
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.datasets.split import Splits
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.rows import Rows, where
from modelfleet.training.recent_rows import enough

LOADED_FILE = "loaded.parquet"
_DECIDING_FILE = "deciding.bytes"
LEARNED = (Side.TRAIN, Side.VALIDATION)
"""The sides of the judged model's training rows, in their order."""


def stage_loaded(spec: ModelSpec, sides: Splits, folder: str, artifacts: ObjectStore) -> int | None:
    """Stage the test rows that are not feedback, if the version contains feedback.

    Parameters
    ----------
    spec
        The model.
    sides
        All rows of the data set version.
    folder, artifacts
        Staging folder and its bucket.

    Returns
    -------
    int or None
        Number of staged rows: 0 if there are too few, overall or of an outcome, to compare models;
        `None` if the version contains no feedback.
    """
    if not _has_feedback(sides):
        return None
    loaded = where(sides[Side.TEST], ~are_feedback(sides[Side.TEST]))
    if not enough(spec, loaded):
        return 0
    artifacts.put(f"{folder}/{LOADED_FILE}", to_parquet(spec, loaded))
    return len(loaded)


def stage_deciding(
    spec: ModelSpec, sides: Splits, folder: str, artifacts: ObjectStore
) -> int | None:
    """Stage which training rows are not feedback; parameters and result as in `stage_loaded`."""
    if not _has_feedback(sides):
        return None
    decides = [~are_feedback(sides[side]) for side in LEARNED]
    first, second = (
        Rows.of(spec, where(sides[side], chosen))
        for side, chosen in zip(LEARNED, decides, strict=True)
    )
    loaded = first.joined(second)
    if not enough(spec, loaded):
        return 0
    artifacts.put(f"{folder}/{_DECIDING_FILE}", np.concatenate(decides).tobytes())
    return len(loaded)


def loaded_rows(artifacts: ObjectStore, state: RetrainingState) -> pd.DataFrame | None:
    """Read the staged test rows; `None` if there are none."""
    if state.prepared is None or not state.prepared.loaded:
        return None
    folder = keys.staging(state.model, state.staged_by)
    return read_frame(artifacts.get(f"{folder}/{LOADED_FILE}").content)


def added_content(artifacts: ObjectStore, state: RetrainingState, test: bytes) -> bytes | None:
    """Return the rows of the test side that the served model learns too; `None` if there are none.

    Feedback on the held-out side is not among them. A caller who chooses features chooses their
    side, and no row is left to show what the served model learned from those of the held-out side.
    """
    if state.prepared is None or state.prepared.loaded == 0:
        return None
    if state.prepared.loaded is None:
        return test
    folder = keys.staging(state.model, state.staged_by)
    return artifacts.get(f"{folder}/{LOADED_FILE}").content


def deciding_rows(artifacts: ObjectStore, state: RetrainingState) -> NDArray[np.bool_] | None:
    """Read which training rows choose the rule, shape (n,); `None` for all of them."""
    if state.prepared is None or not state.prepared.deciding:
        return None
    folder = keys.staging(state.model, state.staged_by)
    return np.frombuffer(artifacts.get(f"{folder}/{_DECIDING_FILE}").content, dtype=np.bool_)


def are_too_few(state: RetrainingState) -> bool:
    """Whether the version has feedback, and too few other rows to decide on or to compare on."""
    return state.prepared is not None and 0 in (state.prepared.deciding, state.prepared.loaded)


def _has_feedback(sides: Splits) -> bool:
    return any(are_feedback(rows).any() for rows in sides.values())
