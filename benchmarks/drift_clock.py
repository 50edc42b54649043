"""Measures one side of the drift benchmark in its own process."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.one_core import on_one_core

_KIBIBYTE = 1024


def clock(task: Callable[[Path], int]) -> None:
    """Time a task on the folder in the process's arguments, on one core.

    The task returns the number of drifted columns.
    """
    folder, result = Path(sys.argv[1]), Path(sys.argv[2])
    on_one_core()
    started, processor = time.perf_counter(), time.process_time()
    drifted = task(folder)
    found = {
        "seconds": time.perf_counter() - started,
        "processor_seconds": time.process_time() - processor,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIBIBYTE / 1e6,
        "drifted": drifted,
    }
    result.write_text(json.dumps(found))
