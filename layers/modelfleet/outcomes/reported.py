"""Reads reported outcomes."""

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import PurePosixPath

from modelfleet.captures.lake import days
from modelfleet.outcomes.report import Feedback
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

# An outcome is an object of its own and each takes a round trip; one after another, ten thousand
# of them would fill minutes.
_AT_ONCE = 16


def reported(lake: ObjectStore, model: str, start: datetime, end: datetime) -> Mapping[str, str]:
    """Where each reported outcome of a window's days lies, by its prediction's identity.

    Parameters
    ----------
    lake
        The lake bucket.
    model
        The model's name.
    start, end
        When the predictions were made, whenever their outcomes were reported.
    """
    return {
        PurePosixPath(key).stem: key
        for day in days(start, end)
        for key in lake.keys(keys.feedback_of_day(model, day))
    }


def read_outcomes(lake: ObjectStore, outcomes: Iterable[str]) -> Iterator[Feedback]:
    """Read outcomes by their keys, in this order.

    Raises
    ------
    DatasetError
        If an object is none.
    """
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(lambda key: Feedback.parse(lake.get(key).content), outcomes)
