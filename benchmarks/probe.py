"""Runs a handler as Lambda would, in its own process, and measures its time and memory.

No row is requested twice, so that caches do not help.

Arguments are the handler's module, a file of events, and the file for the result. It imports as
little as possible before the handler, because its imports count for all sides.
"""

import importlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

_WARM_UP = 30
_REQUESTS = 400
_SINGLE_SECONDS = 4.0
_BATCH_SECONDS = 0.7
_BATCH_MINIMUM = 5
_STATUS_OK = 200


class Context:
    """Lambda's context argument of a handler."""

    function_name = "benchmark"
    function_version = "1"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:benchmark"
    aws_request_id = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"

    def get_remaining_time_in_millis(self) -> int:
        """Return a constant."""
        return 10_000


def main(module: str, events_file: str, result_file: str) -> None:
    """Measure the first response, single predictions, memory, and batches, in this order."""
    events = json.loads(Path(events_file).read_text())
    handler = importlib.import_module(module).handler
    first = _answered(handler, events["single"])
    first_answer_at, processor_seconds = time.monotonic(), time.process_time()
    singles = _singles(handler, events["single"], events["rows"])
    result = {
        "first_answer_at": first_answer_at,
        "cold_processor_seconds": processor_seconds,
        "probability": json.loads(first["body"])["probability"],
        "single_seconds": singles,
        "resident_mb": _resident_mb(),
        "batch_seconds": {n: _batches(handler, each) for n, each in _batch_events(events)},
    }
    Path(result_file).write_text(json.dumps(result))


def _batch_events(events: dict[str, Any]) -> list[tuple[str, list[Any]]]:
    """Read the batches late, so that their rows do not count as a side's memory."""
    path = events.get("batches")
    return list(json.loads(Path(path).read_text()).items()) if path else []


def _singles(handler: Any, event: Any, rows: list[str]) -> list[float]:
    events = cycle([event | {"body": row} for row in rows])
    for _ in range(_WARM_UP):
        _answered(handler, next(events))
    return _repeated(handler, events, _SINGLE_SECONDS, _WARM_UP, time.perf_counter)


def _batches(handler: Any, batches: list[Any]) -> list[float]:
    events = cycle(batches)
    _answered(handler, next(events))
    # Throughput per core is measured in processor time, because other processes share the core.
    return _repeated(handler, events, _BATCH_SECONDS, _BATCH_MINIMUM, time.process_time)


def _repeated(
    handler: Any,
    events: Iterator[Any],
    seconds: float,
    minimum: int,
    clock: Callable[[], float],
) -> list[float]:
    taken: list[float] = []
    end = time.perf_counter() + seconds
    while len(taken) < minimum or (len(taken) < _REQUESTS and time.perf_counter() < end):
        event = next(events)
        start = clock()
        _answered(handler, event)
        taken.append(clock() - start)
    return taken


def _answered(handler: Any, event: Any) -> Any:
    answer = handler(event, Context())
    if answer["statusCode"] != _STATUS_OK:
        raise SystemExit(f"{answer['statusCode']}: {answer['body'][:500]}")
    return answer


def _resident_mb() -> float:
    """Return the resident memory of this process in megabytes (10^6 bytes)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


if __name__ == "__main__":
    main(*sys.argv[1:])
