"""Held-out rows that are not feedback, which no caller influences.

The threshold or interval is chosen on such rows too: a row's side follows from its features, so a
caller could otherwise fill the validation side.
"""

from collections.abc import Mapping

import pandas as pd

from modelfleet.datasets.join_outcomes import are_feedback
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.datasets.split import Splits
from modelfleet.retraining.state import Prepared, RetrainingState
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.rows import where
from modelfleet.training.recent_rows import enough

LOADED_FILES: Mapping[Side, str] = {
    Side.VALIDATION: "loaded-validation.parquet",
    Side.TEST: "loaded.parquet",
}


def stage_loaded(
    spec: ModelSpec, sides: Splits, side: Side, folder: str, artifacts: ObjectStore
) -> int | None:
    """Stage a side's rows that are not feedback, if the version contains feedback.

    Parameters
    ----------
    spec
        The model.
    sides
        All rows of the data set version.
    side
        Validation or test.
    folder, artifacts
        Staging folder and its bucket.

    Returns
    -------
    int or None
        Number of staged rows: 0 if there are too few, overall or of an outcome, to compare models;
        `None` if the version contains no feedback.
    """
    if not any(are_feedback(rows).any() for rows in sides.values()):
        return None
    loaded = where(sides[side], ~are_feedback(sides[side]))
    if not enough(spec, loaded):
        return 0
    artifacts.put(f"{folder}/{LOADED_FILES[side]}", to_parquet(spec, loaded))
    return len(loaded)


def loaded_rows(artifacts: ObjectStore, state: RetrainingState, side: Side) -> pd.DataFrame | None:
    """Read the staged rows of a side; `None` if there are none."""
    if state.prepared is None or not _staged(state.prepared)[side]:
        return None
    folder = keys.staging(state.model, state.execution)
    return read_frame(artifacts.get(f"{folder}/{LOADED_FILES[side]}").content)


def are_too_few(state: RetrainingState) -> bool:
    """Whether the version has feedback, and too few other rows to decide on or to compare on."""
    return state.prepared is not None and 0 in _staged(state.prepared).values()


def _staged(prepared: Prepared) -> Mapping[Side, int | None]:
    return {Side.VALIDATION: prepared.deciding, Side.TEST: prepared.loaded}
