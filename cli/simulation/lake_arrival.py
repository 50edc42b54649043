"""Waits until predictions, which are captured asynchronously, have reached the lake."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from cli.output.errors import FleetError
from modelfleet.captures.lake import read_captures
from modelfleet.spec.model import ModelSpec
from modelfleet.storage.object_store import ObjectStore

# Firehose delivers within about a minute in AWS, and within seconds on a laptop.
_TIMEOUT_SECONDS = 180.0
# If a model captures only a share of its predictions, the last one is unknown.
_QUIET_SECONDS = 20.0
_POLL_SECONDS = 1.0
# The clock of the function may differ.
_SKEW = timedelta(minutes=5)


def wait_for_lake(
    spec: ModelSpec,
    lake: ObjectStore,
    ids: Collection[str],
    since: datetime,
    on_progress: Callable[[int], None],
) -> int:
    """Wait for predictions; returns how many of them are in the lake.

    If the model captures only a share of its predictions, wait until no more arrive for a while.

    Parameters
    ----------
    spec
        The model.
    lake
        The lake bucket.
    ids
        IDs of the predictions.
    since
        The time of the first request.
    on_progress
        Called with the number of newly arrived predictions.

    Raises
    ------
    FleetError
        If predictions do not arrive in time.
    """
    share = spec.serving.capture_share
    wanted, seen, last_arrival = set(ids) if share else set(), 0, time.monotonic()
    while seen < len(wanted):
        arrived = _arrived(lake, spec.name, since, wanted)
        if arrived > seen:
            on_progress(arrived - seen)
            seen, last_arrival = arrived, time.monotonic()
            continue
        waited = time.monotonic() - last_arrival
        if seen and share < 1.0 and waited > _QUIET_SECONDS:
            break
        if waited > _TIMEOUT_SECONDS:
            raise FleetError(
                f"only {seen:,} of {len(wanted):,} predictions of {spec.name} reached the lake in "
                f"time; see `fleet logs {spec.name} --function captures`"
            )
        time.sleep(_POLL_SECONDS)
    return seen


def _arrived(lake: ObjectStore, model: str, since: datetime, wanted: set[str]) -> int:
    made = read_captures(lake, model, since - _SKEW, datetime.now(UTC) + _SKEW)
    return len(wanted & {each.prediction_id for each in made})
