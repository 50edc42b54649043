"""The held-out rows that are not feedback: on them no caller has a say in who is better."""

from collections.abc import Sequence

import pandas as pd

from modelfleet.domain import keys
from modelfleet.domain.dataset import ORIGIN, Origin
from modelfleet.domain.messages import RetrainingState
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.recent_rows import enough
from modelfleet.pipelines.table_file import read_frame, to_parquet
from modelfleet.pipelines.validate import Row

LOADED_FILE = "loaded.parquet"


def stage_loaded(
    spec: ModelSpec, rows: Sequence[Row], test: Sequence[Row], folder: str, artifacts: ObjectStore
) -> int | None:
    """Stage the test rows that are not feedback, where any row of the version is.

    Parameters
    ----------
    spec
        The model.
    rows
        All rows of the data set version.
    test
        Those of the test side.
    folder, artifacts
        Where to.

    Returns
    -------
    int or None
        How many are staged: 0 where they are too few to compare models on, or too few of an
        outcome; `None` where no row of the version is feedback.
    """
    if not any(map(_is_feedback, rows)):
        return None
    loaded = [row for row in test if not _is_feedback(row)]
    if not enough(spec, loaded):
        return 0
    artifacts.put(f"{folder}/{LOADED_FILE}", to_parquet(spec, loaded))
    return len(loaded)


def loaded_rows(artifacts: ObjectStore, state: RetrainingState) -> pd.DataFrame | None:
    """Read what was staged; `None` where it is nothing."""
    if state.prepared is None or not state.prepared.loaded:
        return None
    folder = keys.staging(state.model, state.execution)
    return read_frame(artifacts.get(f"{folder}/{LOADED_FILE}").content)


def _is_feedback(row: Row) -> bool:
    return row.get(ORIGIN) == Origin.FEEDBACK
