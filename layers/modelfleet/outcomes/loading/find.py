"""Finds the prediction that each outcome of a table belongs to, day by day, newest first."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from modelfleet.captures.lake import unpacked
from modelfleet.captures.parse import LINK_SCHEMA, parse_captures
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# Files are small when there is little traffic; looking up many at once is faster.
_ROWS_AT_ONCE = 200_000


@dataclass(frozen=True)
class Sought:
    """Outcomes whose prediction is sought; all arrays have the shape (n,).

    Attributes
    ----------
    key
        Index of each outcome's key.
    known_at
        When each became known, datetime64[us] in UTC; `NaT` for outcomes of prediction IDs.
    stated
        Days that keys state, datetime64[D]; `NaT` for those of entities.
    names
        What a prediction's ID or entity must be, and the key that it means.
    """

    key: NDArray[np.int64]
    known_at: NDArray[np.datetime64]
    stated: NDArray[np.datetime64]
    names: pd.Series


@dataclass(frozen=True)
class Found:
    """Outcomes of one day's predictions.

    `row` are indices of outcomes, `prediction_id` and `ambiguous` are of the same shape: an outcome
    is ambiguous if several predictions of its entity are equally new.
    """

    day: date
    row: NDArray[np.int64]
    prediction_id: NDArray[np.object_]
    ambiguous: NDArray[np.bool_]


def find_predictions(
    lake: ObjectStore, model: str, sought: Sought, within: timedelta
) -> Iterator[Found]:
    """Yield the outcomes whose prediction was made on a day, from the newest day to the oldest.

    The prediction of an entity's outcome is the newest one made before it, at most `within` older.
    Only one day's predictions with a sought key are in memory at a time.
    """
    pending = pd.DataFrame(
        {"key": sought.key, "known_at": sought.known_at, "row": np.arange(sought.key.size)}
    )
    pending["is_id"] = ~np.isnat(sought.stated)
    pending["stated"] = sought.stated
    for day in _days(sought, within):
        if pending.empty:
            return
        made = _made(lake, model, day, sought.names)
        if made.empty:
            continue
        found = _found(pending, made, within)
        if not found.empty:
            yield Found(
                day,
                found["row"].to_numpy(np.int64),
                found["prediction_id"].to_numpy(object),
                found["tied"].to_numpy(np.bool_),
            )
            pending = pending[~pending["row"].isin(found["row"])]


def _days(sought: Sought, within: timedelta) -> Iterator[date]:
    """Yield the days that may have predictions, newest first."""
    stated = {day.astype(object) for day in np.unique(sought.stated[~np.isnat(sought.stated)])}
    known = sought.known_at[np.isnat(sought.stated)]
    if known.size:
        back = range(within.days + 2)
        for last in np.unique(known.astype("datetime64[D]")).astype(object):
            stated |= {last - timedelta(days=n) for n in back}
    yield from sorted(stated, reverse=True)


def _found(pending: pd.DataFrame, made: pd.DataFrame, within: timedelta) -> pd.DataFrame:
    by_id = pending[pending["is_id"]].merge(made, on="key")
    by_id = by_id.drop_duplicates("row")
    entities = pending[~pending["is_id"] & pending["key"].isin(made["key"])]
    by_entity = pd.merge_asof(
        entities.sort_values("known_at"),
        made.sort_values("at"),
        left_on="known_at",
        right_on="at",
        by="key",
        tolerance=pd.Timedelta(within),
    ).dropna(subset=["prediction_id"])
    by_id["tied"] = False
    columns = ["row", "prediction_id", "tied"]
    return pd.concat([by_id[columns], by_entity[columns]]) if len(by_entity) else by_id[columns]


def _made(lake: ObjectStore, model: str, day: date, names: pd.Series) -> pd.DataFrame:
    """Return a day's predictions with a sought key; `tied` if others are of the same moment."""
    parts = [_sought(table, names) for table in _tables(lake, model, day)]
    if not parts:
        return pd.DataFrame()
    found = pd.concat(parts)
    found = found.drop_duplicates(["key", "prediction_id"])
    found["tied"] = found.duplicated(["key", "at"], keep=False)
    return found


def _sought(table: pa.Table, names: pd.Series) -> pd.DataFrame:
    parts = []
    for column in ("prediction_id", "entity"):
        values = table[column].to_pandas()
        places = names.index.get_indexer(values)
        hit = np.flatnonzero(places >= 0)
        parts.append(
            pd.DataFrame(
                {
                    "key": names.to_numpy()[places[hit]],
                    "at": table["timestamp"].to_numpy()[hit],
                    "prediction_id": table["prediction_id"].take(hit).to_pandas(),
                }
            )
        )
    return pd.concat(parts)


def _tables(lake: ObjectStore, model: str, day: date) -> Iterator[pa.Table]:
    """Yield a day's predictions, many at a time."""
    folder, waiting, rows = keys.captures(model, day.isoformat()), list[pa.Table](), 0
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    for key in lake.keys(folder):
        table = parse_captures(unpacked(lake.get(key).content), LINK_SCHEMA, key)
        # Firehose chooses the folder by the prediction's day; other lines are not of this day.
        of_day = pc.and_(
            pc.greater_equal(table["timestamp"], pa.scalar(start)),
            pc.less(table["timestamp"], pa.scalar(start + timedelta(days=1))),
        )
        waiting.append(table.filter(of_day))
        rows += table.num_rows
        if rows >= _ROWS_AT_ONCE:
            yield pa.concat_tables(waiting)
            waiting, rows = [], 0
    if waiting:
        yield pa.concat_tables(waiting)
