"""Drift detection on a million rows of 20 columns: modelfleet and Evidently.

Both sides read the same Parquet files in fresh processes on one core, alternately. modelfleet
computes its complete report, with all statistics, from the reference profile made in training;
Evidently reads the rows of both sides and computes PSI. Time is measured from files to result,
without imports, as processor time: neither side uses more than one thread, and other load on the
machine does not count. Memory is the peak of the whole process, including imports.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.drift_rows import CATEGORIES, NUMBERS, REFERENCE_ROWS, ROWS
from benchmarks.layout import REPOSITORY, WORK
from benchmarks.targets import Target

PRODUCT, EVIDENTLY = "modelfleet", "evidently"
TARGETS = (
    Target("processor_seconds", "processor seconds", over=EVIDENTLY, at_most=1 / 12),
    Target("peak_mb", "peak memory in MB", over=EVIDENTLY, at_most=1 / 3),
)
_ROUNDS = {PRODUCT: 3, EVIDENTLY: 1}
_TIMEOUT_SECONDS = 1_800.0
_MODULES = {PRODUCT: "benchmarks.drift_product", EVIDENTLY: "benchmarks.drift_evidently"}


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Measure both sides on the same rows."""
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as name:
        folder = Path(name)
        say(f"draw {ROWS:,} rows")
        _in_a_process("benchmarks.drift_rows", folder)
        sides = {}
        for side, rounds in _ROUNDS.items():
            say(f"drift by {side}")
            sides[side] = _middle([_in_a_process(_MODULES[side], folder) for _ in range(rounds)])
    return {
        "rows": ROWS,
        "reference_rows": REFERENCE_ROWS,
        "columns": NUMBERS + CATEGORIES,
        "sides": sides,
    }


def _middle(runs: list[dict[str, float]]) -> dict[str, float]:
    return {figure: round(median(run[figure] for run in runs), 2) for figure in runs[0]}


def _in_a_process(module: str, folder: Path) -> dict[str, float]:
    result = folder / "result.json"
    subprocess.run(
        [sys.executable, "-m", module, str(folder), str(result)],
        cwd=REPOSITORY,
        timeout=_TIMEOUT_SECONDS,
        check=True,
    )
    found: dict[str, float] = json.loads(result.read_text())
    return found
