"""Predictions with outcomes that a retraining joins, and the recent ones that it is judged on."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pandas as pd

from modelfleet.datasets.join_outcomes import are_feedback, join_feedback
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.outcomes.client_share import UNKNOWN, are_several, beyond_half
from modelfleet.outcomes.labelled_predictions import labelled_predictions
from modelfleet.outcomes.reported import WITHIN
from modelfleet.retraining.state import RetrainingState, Trigger
from modelfleet.spec.features import CLIENT, PREDICTION_ID
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.rows import Row, values_of, where

RECENT_DAYS = 30
# With fewer rows, no difference between two models would be significant.
LEAST_ROWS = 100
LEAST_OF_EACH_OUTCOME = 10
RECENT_FILE = "recent.parquet"

_DETECTED = frozenset({Trigger.DRIFT, Trigger.PERFORMANCE})


def join_recent(
    spec: ModelSpec, state: RetrainingState, lake: ObjectStore, now: datetime
) -> frozenset[str]:
    """Join the outcomes reported since the last retraining to the newest data set version.

    Each retraining does; outcomes may arrive months after their predictions. Repeating the step
    joins no prediction twice, and without new or corrected outcomes, the version stays the same.

    Parameters
    ----------
    spec
        The model.
    state
        State of the retraining.
    lake
        Bucket with predictions, outcomes, and data sets.
    now
        End of the period.

    Returns
    -------
    frozenset
        IDs of the recent ones, which show the drift if drift detection started the retraining;
        otherwise empty.

    Raises
    ------
    DatasetError
        If no data is loaded, or the joined version fails a check.
    ConflictError
        If concurrent writers keep moving the pointer to the newest version.
    """
    labelled = labelled_predictions(spec, lake, now - WITHIN, now)
    if not labelled.rows:
        return frozenset()
    join_feedback(spec, labelled.rows, lake, state.by or f"retraining, {state.trigger}", now)
    if state.trigger not in _DETECTED:
        return frozenset()
    recent = now - timedelta(days=RECENT_DAYS)
    return frozenset(row.prediction_id for row in labelled.rows if row.predicted_at >= recent)


def stage_recent(
    spec: ModelSpec,
    test: Sequence[Row],
    recent: Collection[str],
    folder: str,
    artifacts: ObjectStore,
) -> int:
    """Stage the test rows that are recent predictions, if they suffice to compare models.

    With several clients, no client contributes more than half of the rows.

    Parameters
    ----------
    spec
        The model.
    test
        Rows of the test side.
    recent
        IDs of recent predictions.
    folder, artifacts
        Staging folder and its bucket.

    Returns
    -------
    int
        Number of staged rows; 0 if there are too few, overall or of an outcome.
    """
    feedback = where(test, are_feedback(test))
    rows = _shared([row for row in feedback if row.get(PREDICTION_ID) in recent])
    if not enough(spec, rows):
        return 0
    artifacts.put(f"{folder}/{RECENT_FILE}", to_parquet(spec, rows))
    return len(rows)


def recent_rows(artifacts: ObjectStore, state: RetrainingState) -> pd.DataFrame | None:
    """Read the staged rows; `None` if there are none."""
    if state.prepared is None or not state.prepared.recent:
        return None
    folder = keys.staging(state.model, state.execution)
    return read_frame(artifacts.get(f"{folder}/{RECENT_FILE}").content)


def _shared(rows: Sequence[Row]) -> Sequence[Row]:
    clients = {row[PREDICTION_ID]: row.get(CLIENT, UNKNOWN) for row in rows}
    excess = beyond_half(clients) if are_several(clients.values()) else frozenset()
    return [row for row in rows if row[PREDICTION_ID] not in excess]


def enough(spec: ModelSpec, rows: Sequence[Row]) -> bool:
    """Whether there are enough rows, overall and of each outcome, to compare two models."""
    if len(rows) < LEAST_ROWS:
        return False
    outcomes = Counter(values_of(rows, spec.target.column))
    if not spec.outcomes:
        return len(outcomes) > 1
    return min(outcomes[each] for each in spec.outcomes) >= LEAST_OF_EACH_OUTCOME
