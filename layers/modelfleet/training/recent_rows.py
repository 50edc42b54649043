"""Recent predictions with outcomes, for a retraining that drift triggered."""

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

import pandas as pd

from modelfleet.datasets.join_outcomes import join_feedback
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.outcomes.client_share import UNKNOWN, are_several, beyond_half
from modelfleet.outcomes.labelled_predictions import labelled_predictions
from modelfleet.retraining.state import RetrainingState, Trigger
from modelfleet.spec.features import CLIENT, PREDICTION_ID
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from modelfleet.tables.validate import Row

RECENT_DAYS = 30
# With fewer, a difference of two models would be chance whatever it is.
LEAST_ROWS = 100
LEAST_OF_EACH_OUTCOME = 10
RECENT_FILE = "recent.parquet"

_FOUND = frozenset({Trigger.DRIFT, Trigger.PERFORMANCE})


def join_recent(
    spec: ModelSpec, state: RetrainingState, lake: ObjectStore, now: datetime
) -> frozenset[str]:
    """Join the labelled predictions of the last days to the newest data set version.

    Only where a monitor's finding has started the retraining: what it found is in these rows and in
    no others. Doing it again joins nothing twice.

    Parameters
    ----------
    spec
        The model.
    state
        The machine's data.
    lake
        The bucket with predictions, outcomes and data sets.
    now
        The end of the days.

    Returns
    -------
    frozenset
        The ids of the predictions; none where nothing is labelled, or a person or a schedule asks.

    Raises
    ------
    DatasetError
        If no data is loaded, or the joined version fails a check.
    ConflictError
        If others move the pointer to the newest version all the time.
    """
    if state.trigger not in _FOUND:
        return frozenset()
    found = labelled_predictions(spec, lake, now - timedelta(days=RECENT_DAYS), now)
    if not found.rows:
        return frozenset()
    join_feedback(spec, found.rows, lake, state.by or f"retraining, {state.trigger}", now)
    return frozenset(row.prediction_id for row in found.rows)


def stage_recent(
    spec: ModelSpec,
    test: Sequence[Row],
    recent: Collection[str],
    folder: str,
    artifacts: ObjectStore,
) -> int:
    """Stage the test rows that are recent predictions, where they are enough to compare models on.

    Where they are of several clients, none has more than half of them.

    Parameters
    ----------
    spec
        The model.
    test
        The rows of the test side.
    recent
        Ids of predictions.
    folder, artifacts
        Where to.

    Returns
    -------
    int
        How many rows are staged; 0 where they are too few, or too few of an outcome.
    """
    rows = _shared([row for row in test if row.get(PREDICTION_ID) in recent])
    if not enough(spec, rows):
        return 0
    artifacts.put(f"{folder}/{RECENT_FILE}", to_parquet(spec, rows))
    return len(rows)


def recent_rows(artifacts: ObjectStore, state: RetrainingState) -> pd.DataFrame | None:
    """Read what was staged; `None` where it is nothing."""
    if state.prepared is None or not state.prepared.recent:
        return None
    folder = keys.staging(state.model, state.execution)
    return read_frame(artifacts.get(f"{folder}/{RECENT_FILE}").content)


def _shared(rows: Sequence[Row]) -> Sequence[Row]:
    clients = {row[PREDICTION_ID]: row.get(CLIENT, UNKNOWN) for row in rows}
    excess = beyond_half(clients) if are_several(clients.values()) else frozenset()
    return [row for row in rows if row[PREDICTION_ID] not in excess]


def enough(spec: ModelSpec, rows: Sequence[Row]) -> bool:
    """Whether so many rows, with so many of each outcome, tell two models apart at all."""
    if len(rows) < LEAST_ROWS:
        return False
    outcomes = Counter(row[spec.target.column] for row in rows)
    if not spec.outcomes:
        return len(outcomes) > 1
    return min(outcomes[each] for each in spec.outcomes) >= LEAST_OF_EACH_OUTCOME
