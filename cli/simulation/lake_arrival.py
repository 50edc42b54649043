"""Waiting until predictions, which are kept after they are answered, have reached the lake."""

import time
from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta

from cli.output.errors import FleetError
from modelfleet.domain.ports import ObjectStore
from modelfleet.domain.spec import ModelSpec
from modelfleet.pipelines.captures import read_captures

# Firehose writes at the latest after a minute or so; on a laptop it takes a second or two.
_FIRST_SECONDS = 180.0
# Nobody says that the last one has come where a model keeps a part of its predictions only.
_STILL_SECONDS = 20.0
_POLL_SECONDS = 1.0
# The function's clock is another one.
_SKEW = timedelta(minutes=5)


def wait_for_lake(
    spec: ModelSpec,
    lake: ObjectStore,
    ids: Collection[str],
    since: datetime,
    on_progress: Callable[[int], None],
) -> int:
    """Wait for predictions; answer how many of them are in the lake.

    All are waited for. Where a model keeps a part, it is waited until for a while no more come.

    Parameters
    ----------
    spec
        Whose predictions.
    lake
        The bucket that they go to.
    ids
        What the API called them.
    since
        When the first was asked for.
    on_progress
        Is told how many more have come.

    Raises
    ------
    FleetError
        If those that must come do not.
    """
    share = spec.serving.capture_share
    wanted, seen, came_at = set(ids) if share else set(), 0, time.monotonic()
    while seen < len(wanted):
        there = _there(lake, spec.name, since, wanted)
        if there > seen:
            on_progress(there - seen)
            seen, came_at = there, time.monotonic()
            continue
        waited = time.monotonic() - came_at
        if seen and share < 1.0 and waited > _STILL_SECONDS:
            break
        if waited > _FIRST_SECONDS:
            raise FleetError(
                f"{seen} of {len(wanted)} predictions of {spec.name} reached the lake; "
                f"ask: fleet logs {spec.name} --function captures"
            )
        time.sleep(_POLL_SECONDS)
    return seen


def _there(lake: ObjectStore, model: str, since: datetime, wanted: set[str]) -> int:
    made = read_captures(lake, model, since - _SKEW, datetime.now(UTC) + _SKEW)
    return len(wanted & {each.prediction_id for each in made})
