"""Runs sides in fresh processes, in sequence on the same core."""

import json
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.layout import PYTHON, WORK
from benchmarks.one_core import on_one_core
from benchmarks.sides import Side

_TIMEOUT_SECONDS = 120.0


@dataclass(frozen=True)
class Run:
    """Measurements of one process; times in seconds, memory in megabytes."""

    cold: float
    cold_processor: float
    probability: float
    singles: list[float]
    resident_mb: float
    batches: Mapping[int, list[float]]


class MeasurementError(Exception):
    """A measured process failed."""


def run(side: Side, event: Mapping[str, Any], rows: Sequence[str], batches: Path) -> Run:
    """Start a side's process, and send it first the event, then the rows as bodies.

    Raises
    ------
    MeasurementError
        If the process fails.
    """
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        events, result = Path(folder) / "events.json", Path(folder) / "result.json"
        content = {"single": event, "rows": rows} | (
            {"batches": str(batches)} if side.batches else {}
        )
        events.write_text(json.dumps(content))
        # Without the virtual environment's packages: PYTHONPATH has the content of the image.
        command = [str(PYTHON), "-S", "-m", "benchmarks.probe", side.module]
        started = time.monotonic()
        _call(side, [*command, str(events), str(result)])
        found = json.loads(result.read_text())
    return Run(
        cold=found["first_answer_at"] - started,
        cold_processor=found["cold_processor_seconds"],
        probability=found["probability"],
        singles=found["single_seconds"],
        resident_mb=found["resident_mb"],
        batches={int(n): seconds for n, seconds in found["batch_seconds"].items()},
    )


def _call(side: Side, command: list[str]) -> None:
    done = subprocess.run(
        command,
        cwd=WORK,
        env=dict(side.environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        timeout=_TIMEOUT_SECONDS,
        preexec_fn=on_one_core,  # safe, because this program has no other threads
        check=False,
    )
    if done.returncode:
        raise MeasurementError(f"{side.name}: {done.stderr[-2000:]}")
