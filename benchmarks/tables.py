"""`fleet data load` and `fleet new` on tables of 20 columns, as text: processor time and memory.

Each runs in a process of its own, on one core; `load` stores in a bucket in memory. Next to them,
pandas with pandera and Polars validate the same file by the same rules.
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import redirect_stdout
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from pydantic import create_model

from benchmarks.layout import REPOSITORY, WORK
from benchmarks.one_core import on_one_core
from benchmarks.tables_usual import IMPORTED, USUAL
from modelfleet.adapters.object_store import memory_store
from modelfleet.spec.features import Features, category, number, open_category
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task
from modelfleet.tables.spreadsheet import write_rows

if TYPE_CHECKING:
    import pandas as pd

# Each process imports only what it measures, before the measurement: memory counts imports, too.
ROWS = (100_000, 1_000_000)
# For a million rows of 20 columns, and for fewer.
MOST_SECONDS = 30.0
MEMORY_MB = 2_000
_KIBIBYTE = 1_024
_TIMEOUT_SECONDS = 1_800.0
_COLOURS = ("red", "green", "blue", "black")
_SEED = 1
_POSITIVE = 0.3
_NUMBERS, _COUNTS, _CATEGORIES = 10, 4, 4


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Load tables of different lengths, one after the other."""
    WORK.mkdir(parents=True, exist_ok=True)
    found = {}
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        for rows in ROWS:
            say(f"load {rows:,} rows")
            path = Path(folder) / f"{rows}.csv"
            _write(_table(rows), path)
            figures: dict[str, float] = {}
            for what in _MEASURED:
                figures |= _in_a_process(what, path)
            found[str(rows)] = figures
    return {"columns": _table(1).shape[1], "rows": found}


def load_once(path: Path) -> dict[str, float]:
    """Read, validate, check and store a table; times in seconds, sizes in MB."""
    from modelfleet.datasets.load import load  # noqa: PLC0415  # see above

    spec = _spec()
    return _measured(
        "load", lambda: load(spec, path, memory_store(), "benchmark", datetime.now(UTC))
    )


def plan_once(path: Path) -> dict[str, float]:
    """Read a table and draft a model of it, as `fleet new` does; seconds and MB."""
    from cli.drafting.draft import draft, inspect  # noqa: PLC0415  # see above
    from modelfleet.drafting.table import PlanRequest  # noqa: PLC0415  # see above

    return _measured("new", lambda: draft(inspect(path, PlanRequest(model="bench", target="y"))))


def usual_once(what: str, path: Path) -> dict[str, float]:
    """Read and validate a table in a usual way; seconds and MB.

    Raises
    ------
    ValueError
        If not every row is valid, as all are.
    """
    importlib.import_module(IMPORTED[what])
    spec, valid = _spec(), list[int]()
    figures = _measured(what, lambda: valid.append(USUAL[what](spec, path)))
    with path.open(encoding="utf-8") as file:
        rows = sum(1 for _ in file) - 1
    if valid != [rows]:
        raise ValueError(f"{what}: {valid} of {rows} rows are valid")
    return figures


def _measured(what: str, run: Callable[[], object]) -> dict[str, float]:
    """Return the times of a run, with those of processes that it starts, and the peak memory."""
    start, begun = _processor_seconds(), time.perf_counter()
    run()
    return {
        f"{what}_seconds": round(_processor_seconds() - start, 2),
        f"{what}_elapsed_seconds": round(time.perf_counter() - begun, 2),
        f"{what}_peak_mb": _peak_mb(),
    }


def _peak_mb() -> float:
    """Return the peak of this process; `getrusage` starts with that of the one that started it."""
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (peak,) = (line.split()[1] for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(peak) / _KIBIBYTE


def _processor_seconds() -> float:
    used = os.times()
    return used.user + used.system + used.children_user + used.children_system


def _in_a_process(what: str, path: Path) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.tables", what, str(path)],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=True,
        timeout=_TIMEOUT_SECONDS,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _write(table: "pd.DataFrame", path: Path) -> None:
    names = list(map(str, table))
    columns = [table[name].tolist() for name in names]
    rows = (dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True))
    with path.open("w", newline="", encoding="utf-8") as file:
        write_rows(file, names, rows)


def _table(rows: int) -> "pd.DataFrame":
    import pandas as pd  # noqa: PLC0415  # see above

    rng = np.random.default_rng(_SEED)
    numbers = {f"n{i}": rng.normal(100, 20, rows).round(3) for i in range(_NUMBERS)}
    counts = {f"i{i}": rng.integers(0, 1_000, rows) for i in range(_COUNTS)}
    colours = {f"c{i}": rng.choice(_COLOURS, rows) for i in range(_CATEGORIES)}
    town = rng.choice([f"town {n}" for n in range(200)], rows)
    y = (rng.random(rows) < _POSITIVE).astype(int)
    return pd.DataFrame({**numbers, **counts, **colours, "town": town, "y": y})


def _spec() -> ModelSpec:
    numbers: dict[str, Any] = {
        f"n{i}": (float, number("A number", minimum=-1_000, maximum=1_000, example=1.0))
        for i in range(_NUMBERS)
    }
    counts: dict[str, Any] = {
        f"i{i}": (int, number("A count", minimum=0, maximum=1_000, example=1))
        for i in range(_COUNTS)
    }
    colours: dict[str, Any] = {
        f"c{i}": (
            Literal["red", "green", "blue", "black"],
            category("A colour", example="red"),
        )
        for i in range(_CATEGORIES)
    }
    town: dict[str, Any] = {"town": (str, open_category("A town", example="town 1"))}
    features = create_model(
        "BenchmarkFeatures", __base__=Features, **numbers, **counts, **colours, **town
    )
    return ModelSpec(
        name="bench",
        title="Benchmark",
        description="A table of 20 columns.",
        task=Task.BINARY,
        target=Target(column="y", description="1 by chance"),
        features=features,
        metrics=(Metric.ROC_AUC,),
        gate=Gate(primary=Metric.ROC_AUC, margin=0.01),
    )


_MEASURED: dict[str, Callable[[Path], dict[str, float]]] = {
    "load": load_once,
    "new": plan_once,
    **{what: partial(usual_once, what) for what in USUAL},
}


if __name__ == "__main__":
    on_one_core()
    # Progress goes to the terminal, not among the results.
    with redirect_stdout(sys.stderr):
        measured = _MEASURED[sys.argv[1]](Path(sys.argv[2]))
    sys.stdout.write(json.dumps(measured))
