"""Reads reported outcomes."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import PurePosixPath

from modelfleet.captures.lake import days
from modelfleet.outcomes.report import Feedback
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# Each outcome is an object and needs a round trip; ten thousand in sequence would take minutes.
_AT_ONCE = 16


def reported(lake: ObjectStore, model: str, start: datetime, end: datetime) -> Mapping[str, str]:
    """Return the keys of the reported outcomes of a window's days, by prediction ID.

    Parameters
    ----------
    lake
        The lake bucket.
    model
        The model's name.
    start, end
        The window of the predictions; their outcomes may have been reported later.
    """
    return {
        PurePosixPath(key).stem: key
        for day in days(start, end)
        for key in lake.keys(keys.feedback_of_day(model, day))
    }


def read_outcomes(lake: ObjectStore, outcomes: Iterable[str]) -> Iterator[Feedback]:
    """Read outcomes by their keys, in the same order.

    Raises
    ------
    DatasetError
        If an object is not a valid outcome.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda key: Feedback.parse(lake.get(key).content), outcomes)
