"""The errors of all sides on every table, seed by seed."""

import json
import os
from collections.abc import Callable
from typing import Any

from benchmarks.layout import WORK
from benchmarks.quality.figures import Errors, gaps, summary
from benchmarks.quality.one_table import errors
from benchmarks.quality.sources import tables

_SEEDS = "MODELFLEET_BENCH_SEEDS"
_ONLY = "MODELFLEET_BENCH_TABLES"
_RESUME = "MODELFLEET_BENCH_RESUME"
_DEFAULT_SEEDS = 5
# One line per table and seed: the whole takes hours, and an interrupted run can go on.
_RUNS = WORK / "quality.jsonl"


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Compare all sides on every table.

    `MODELFLEET_BENCH_SEEDS` and `..._TABLES` choose fewer; `..._RESUME=1` keeps what an interrupted
    run has measured. Every table runs with one seed before any runs with the next.
    """
    seeds = int(os.environ.get(_SEEDS, _DEFAULT_SEEDS))
    only = os.environ.get(_ONLY, "").split(",") if os.environ.get(_ONLY) else None
    chosen = [table for table in tables() if only is None or table.name in only]
    known = _known() if os.environ.get(_RESUME) else {}
    _RUNS.parent.mkdir(parents=True, exist_ok=True)
    with _RUNS.open("a" if known else "w", encoding="utf-8") as lines:
        for seed in range(seeds):
            for table in chosen:
                if (table.name, seed) in known:
                    continue
                run = known[table.name, seed] = errors(table, seed)
                lines.write(json.dumps({"table": table.name, "seed": seed, "errors": run}) + "\n")
                lines.flush()
                listed = ", ".join(f"{side} {gap:+.1%}" for side, gap in gaps([run]).items())
                say(f"seed {seed}, {table.name}, {len(table.rows):,} rows: {listed}")
    found: dict[str, Any] = {
        table.name: {
            "rows": len(table.rows),
            "errors": [known[table.name, seed] for seed in range(seeds)],
        }
        for table in chosen
    }
    return {
        "seeds": seeds,
        "tables": found,
        "sides": summary([each["errors"] for each in found.values()]),
    }


def _known() -> dict[tuple[str, int], Errors]:
    if not _RUNS.exists():
        return {}
    runs = map(json.loads, _RUNS.read_text(encoding="utf-8").splitlines())
    return {(run["table"], run["seed"]): run["errors"] for run in runs}
