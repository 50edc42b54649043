"""Predictions with outcomes that a retraining joins, and the recent ones that it is judged on."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd

from modelfleet.datasets.join_outcomes import are_feedback, join_feedback
from modelfleet.datasets.manifest import Origin
from modelfleet.datasets.rows_file import read_frame, to_parquet
from modelfleet.datasets.store import DatasetStore
from modelfleet.outcomes.client_share import UNKNOWN, are_several, beyond_half
from modelfleet.outcomes.labelled_predictions import labelled_predictions
from modelfleet.outcomes.reported import WITHIN
from modelfleet.pages.numbers import counted
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
# A fifth of them is held out. With fewer than about 1,500 held-out rows that no caller influences,
# hardly any candidate can show that feedback did it no harm, and the gate would block it
# (docs/decisions/0029-outcome-ownership.md).
LEAST_LOADED = 7_500

_DETECTED = frozenset({Trigger.DRIFT, Trigger.PERFORMANCE})


@dataclass(frozen=True, kw_only=True)
class Joined:
    """What a retraining has joined."""

    recent: frozenset[str] = frozenset()
    """IDs of recent predictions, which show the drift if drift detection started the retraining."""

    left_out: int = 0
    """Reported outcomes that are not joined: too few rows are loaded to prove them harmless."""

    @property
    def warning(self) -> str:
        """Describe the outcomes that are left out; empty if there are none."""
        if not self.left_out:
            return ""
        return (
            f"{counted(self.left_out, 'reported outcome')} left out: below {LEAST_LOADED:,} loaded "
            "rows, the gate would block nearly every model trained on them; to use them, "
            "`fleet data join`, then `fleet retrain --force`"
        )


NOTHING_JOINED = Joined()


def join_recent(
    spec: ModelSpec, state: RetrainingState, lake: ObjectStore, now: datetime
) -> Joined:
    """Join the outcomes reported since the last retraining to the newest data set version.

    Each retraining does if enough rows are loaded, and one that drift detection has started in any
    case; outcomes may arrive months after their predictions. Repeating the step joins no prediction
    twice, and without new or corrected outcomes, the version stays the same.

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
    Joined
        The recent predictions, and how many outcomes are left out.

    Raises
    ------
    DatasetError
        If no data is loaded, or the joined version fails a check.
    ConflictError
        If concurrent writers keep moving the pointer to the newest version.
    """
    labelled = labelled_predictions(spec, lake, now - WITHIN, now)
    if not labelled.rows:
        return Joined()
    detected = state.trigger in _DETECTED
    if not detected and _loaded(spec, lake) < LEAST_LOADED:
        return Joined(left_out=len(labelled.rows))
    join_feedback(spec, labelled.rows, lake, state.by or f"retraining, {state.trigger}", now)
    if not detected:
        return Joined()
    since = now - timedelta(days=RECENT_DAYS)
    recent = (row.prediction_id for row in labelled.rows if row.predicted_at >= since)
    return Joined(recent=frozenset(recent))


def _loaded(spec: ModelSpec, lake: ObjectStore) -> int:
    """How many rows of the newest version are not feedback."""
    store = DatasetStore(spec, lake)
    manifest = store.manifest(store.require())
    return manifest.rows - manifest.origins.get(Origin.FEEDBACK, 0) if manifest else 0


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
    folder = keys.staging(state.model, state.staged_by)
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
