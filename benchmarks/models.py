"""Processor time per row of each model: predicted, cached, and explained.

Each model is measured in its own process on one core, alternating between handlers with and without
a cache. All work runs in one thread, so processor time is measured, which does not include other
load on the machine.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.fleet_model import released, sample
from benchmarks.layout import REPOSITORY, WORK
from benchmarks.one_core import on_one_core
from benchmarks.served import ServedFleetModel
from functions.predict.gateway import Handler
from modelfleet.catalogue import find, names
from modelfleet.serving.cache import PredictionCache

EXPLAIN_MS = 150.0
_ROWS = 300
_EXPLAINED = 30
_BATCH = 1_000
_ROUNDS = 9
_TIMEOUT_SECONDS = 900.0
_OK = 200
_REQUESTS = ("scored_us", "missed_us", "remembered_us", "batched_us")


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Measure every model of the catalogue, in sequence."""
    found = {}
    for model in names():
        say(f"one row of {model}")
        found[model] = _in_a_process(model)
    return {"models": found}


def measure_one(model: str) -> dict[str, float]:
    """Train a model and measure its rows; `_us` is in microseconds, `_ms` in milliseconds.

    `missed_us` is a request with a cache miss, `remembered_us` one with a cache hit, `recalled_us`
    a miss of the cache itself, and `batched_us` a row in a batch of 1,000.
    """
    rows = _rows(model)
    with Path(os.devnull).open("w", encoding="utf-8") as log:
        served = ServedFleetModel(released(model), log)
        requests = [served.event("/predict", row) for row in rows[:_ROWS]]
        why = [served.event("/explain", row) for row in rows[:_EXPLAINED]]
        batch = served.event("/predict/batch", {"instances": rows})
        found = {name: list[float]() for name in _REQUESTS}
        for _ in range(_ROUNDS):
            memory = PredictionCache(_ROWS)
            remembering, scoring = served.handler(memory), served.handler(None)
            found["scored_us"] += _seconds(scoring, requests)
            found["missed_us"] += _seconds(remembering, requests)
            found["remembered_us"] += _seconds(remembering, requests)
            found["batched_us"] += [each / _BATCH for each in _seconds(scoring, [batch])]
        explained = _seconds(served.handler(None), why)
    figures = {name: median(seconds) * 1e6 for name, seconds in found.items()}
    figures["recalled_us"] = _recall_seconds(rows) * 1e6
    figures["explain_ms"] = median(explained) * 1e3
    figures["explain_slowest_ms"] = max(explained) * 1e3
    return {name: round(value, 2) for name, value in figures.items()}


def _rows(model: str) -> list[dict[str, Any]]:
    fields = find(model).features.model_fields
    rows = sample(model)[:_BATCH]
    return [{name: value for name, value in row.items() if name in fields} for row in rows]


def _seconds(handler: Handler, events: Sequence[Any]) -> list[float]:
    """Time each event, after a warm-up."""
    _answered(handler, events[-1])
    taken = []
    for event in events:
        start = time.process_time()
        _answered(handler, event)
        taken.append(time.process_time() - start)
    return taken


def _answered(handler: Handler, event: Any) -> None:
    answer = handler(event, None)
    if answer["statusCode"] != _OK:
        raise RuntimeError(f"{answer['statusCode']}: {answer['body'][:500]}")


def _recall_seconds(rows: Sequence[dict[str, Any]]) -> float:
    """Return the time of a cache miss, including the insertion."""
    taken = []
    for _ in range(_ROUNDS):
        memory: Any = PredictionCache(len(rows))
        start = time.process_time()
        for row in rows:
            memory.recall("1", row, _nothing)
        taken.append((time.process_time() - start) / len(rows))
    return median(taken)


def _nothing() -> int:
    return 0


def _in_a_process(model: str) -> dict[str, float]:
    WORK.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=WORK) as folder:
        result = Path(folder) / "result.json"
        subprocess.run(
            [sys.executable, "-m", "benchmarks.models", model, str(result)],
            cwd=REPOSITORY,
            timeout=_TIMEOUT_SECONDS,
            check=True,
        )
        figures: dict[str, float] = json.loads(result.read_text())
    return figures


if __name__ == "__main__":
    on_one_core()
    Path(sys.argv[2]).write_text(json.dumps(measure_one(sys.argv[1])))
