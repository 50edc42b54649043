"""Reads the sides of a retraining's split from staging."""

import pandas as pd

from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import read_frame
from modelfleet.retraining.state import RetrainingState
from modelfleet.storage import keys
from modelfleet.storage.ports import ObjectStore


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
