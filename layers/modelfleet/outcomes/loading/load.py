"""Loads a table of outcomes: what is new is stored, what is corrected supersedes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.outcomes.entities import EntityHashes
from modelfleet.outcomes.loaded_file import OutcomeLoad, write_loaded
from modelfleet.outcomes.loading.find import Found, Sought, find_predictions
from modelfleet.outcomes.loading.table import OutcomeTable
from modelfleet.outcomes.prediction_ids import SigningKeys, day_in
from modelfleet.outcomes.reported import WITHIN, reported
from modelfleet.spec.model import ModelSpec
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

_SHOWN_HASH = 8


@dataclass
class LoadedOutcomes:
    """Counts of a load's rows; each valid row is matched, unmatched, or ambiguous.

    A matched row is new, corrects an outcome, or changes nothing. A row is ambiguous if several
    predictions of its entity are equally new, or if the table has different outcomes of one
    prediction that became known at the same time.
    """

    rows: int
    matched: int = 0
    new: int = 0
    corrected: int = 0
    unchanged: int = 0
    unmatched: int = 0
    ambiguous: int = 0
    rejected: Mapping[str, int] = field(default_factory=dict)


def load_outcomes(
    spec: ModelSpec,
    table: OutcomeTable,
    lake: ObjectStore,
    secret: Callable[[], SigningKeys],
    loaded_by: str,
    now: datetime,
    *,
    within: timedelta = WITHIN,
    progress: Callable[[str], None] = lambda _: None,
) -> LoadedOutcomes:
    """Store the outcomes of a table, by prediction ID or entity.

    Each day's outcomes are one object, so that an interrupted load stores whole days, and loading
    the table again stores the rest. Loading it twice changes nothing. Corrections supersede earlier
    outcomes, which remain in the files and objects that reported them.

    Parameters
    ----------
    spec
        The model.
    table
        Keys and outcomes.
    lake
        The lake bucket.
    secret
        Returns the keys that entities are hashed with; only called if the table has entities.
    loaded_by, now
        User and time of the load.
    within
        Maximum time from a prediction to the outcome of its entity.
    progress
        Called with each day that was stored.

    Raises
    ------
    DatasetError
        If a stored outcome is not valid.
    """
    counts = LoadedOutcomes(
        rows=table.keys.size + sum(table.rejected.values()), rejected=table.rejected
    )
    about = OutcomeLoad(
        load=f"{now.astimezone(UTC):%Y%m%dT%H%M%S%f}-{table.sha256[:_SHOWN_HASH]}",
        received_at=now,
        loaded_by=loaded_by,
        source=table.source,
        sha256=table.sha256,
    )
    for found in find_predictions(lake, spec.name, _sought(spec, table, secret), within):
        _store_day(spec, table, found, lake, about, counts)
        progress(found.day.isoformat())
    counts.unmatched = table.keys.size - counts.matched - counts.ambiguous
    return counts


def _sought(spec: ModelSpec, table: OutcomeTable, secret: Callable[[], SigningKeys]) -> Sought:
    """Return the predictions to find; a key of the form of a prediction ID is one."""
    codes, distinct = pd.factorize(table.keys)
    days = [day_in(key) for key in distinct]
    stated = np.array(days, dtype="datetime64[D]")
    names = {key: code for code, key in enumerate(distinct) if days[code] is not None}
    if len(names) < len(distinct):
        hashes = EntityHashes(spec.name, secret())
        secrets = hashes.known_keys()
        for code, key in enumerate(distinct):
            if days[code] is None:
                names |= dict.fromkeys(hashes.under(secrets, key), code)
    return Sought(codes, table.known_at, stated[codes], pd.Series(names, dtype=np.int64))


def _store_day(
    spec: ModelSpec,
    table: OutcomeTable,
    found: Found,
    lake: ObjectStore,
    about: OutcomeLoad,
    counts: LoadedOutcomes,
) -> None:
    rows = pd.DataFrame(
        {
            "prediction_id": found.prediction_id,
            "at": table.known_at[found.row],
            "line": table.lines[found.row],
            "actual": table.actual[found.row],
        }
    )
    rows["value"] = pd.factorize(rows["actual"])[0]
    same_time = rows.groupby(["prediction_id", "at"], sort=False)["value"]
    conflicting = (same_time.transform("min") != same_time.transform("max")).to_numpy()
    ambiguous = found.ambiguous | conflicting
    counts.ambiguous += int(ambiguous.sum())
    rows = rows[~ambiguous].sort_values(["prediction_id", "at", "line"])
    counts.matched += len(rows)
    written = _changes(rows, _stored(lake, spec.name, found, rows), counts)
    if written.empty:
        return
    content = write_loaded(about, zip(written["prediction_id"], written["actual"], strict=True))
    lake.put(keys.loaded_outcomes(spec.name, found.day.isoformat(), about.load), content)


def _stored(
    lake: ObjectStore, model: str, found: Found, rows: pd.DataFrame
) -> Mapping[str, float | str]:
    start = datetime(found.day.year, found.day.month, found.day.day, tzinfo=UTC)
    known = reported(lake, model, start, start + timedelta(days=1))
    names = [name for name in rows["prediction_id"].unique() if name in known]
    return {each.prediction_id: each.actual for each in known.read(names)}


def _changes(
    rows: pd.DataFrame, stored: Mapping[str, float | str], counts: LoadedOutcomes
) -> pd.DataFrame:
    """Return the rows to write, in the order in which they supersede each other.

    A table whose last outcome of a prediction is the stored one changes nothing, whatever it says
    happened before: otherwise, loading a table with corrections twice would undo and redo them.
    """
    of_prediction = rows["prediction_id"]
    before = of_prediction.map(stored) if stored else pd.Series(np.nan, rows.index, dtype=object)
    known = of_prediction.isin(stored.keys())
    last = rows.groupby("prediction_id", sort=False)["actual"].transform("last")
    settled = known & _equal(last, before)
    first = ~of_prediction.duplicated()
    changes = first | ~_equal(rows["actual"], rows["actual"].shift())
    changes &= ~(first & known & _equal(rows["actual"], before))
    changes &= ~settled
    new = first & ~known
    counts.new += int(new.sum())
    counts.corrected += int((changes & ~new).sum())
    counts.unchanged += int((~changes).sum())
    return rows[changes]


def _equal(one: "pd.Series[Any]", other: "pd.Series[Any]") -> NDArray[np.bool_]:
    """Compare outcomes; a stored 1 equals 1.0."""
    return np.asarray(one.to_numpy(object) == other.to_numpy(object), dtype=np.bool_)
