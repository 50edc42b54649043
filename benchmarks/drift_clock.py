"""What a side of the drift benchmark writes down of itself."""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.one_core import on_one_core

_KIBIBYTE = 1024


def clock(task: Callable[[Path], int]) -> None:
    """Time a task on the folder that this process was started with, on one core.

    The task answers how many columns have drifted.
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
