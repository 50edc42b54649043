"""Mean rank and relative gap of each side over tables and seeds."""

import json
import os
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any

import numpy as np

from benchmarks.layout import WORK
from benchmarks.quality.one_table import FLEET, PLAIN, errors
from benchmarks.quality.sources import tables

_SEEDS = "MODELFLEET_BENCH_SEEDS"
_ONLY = "MODELFLEET_BENCH_TABLES"
_RESUME = "MODELFLEET_BENCH_RESUME"
_DEFAULT_SEEDS = 5
# One line per table and seed: the whole takes hours, and an interrupted run can go on.
_RUNS = WORK / "quality.jsonl"
Errors = Mapping[str, float]


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


def gaps(runs: Sequence[Errors]) -> dict[str, float]:
    """Return each side's mean error relative to default histogram gradient boosting's."""
    return {side: fmean(run[side] / run[PLAIN] - 1.0 for run in runs) for side in runs[0]}


def summary(found: Sequence[Sequence[Errors]]) -> dict[str, dict[str, float]]:
    """Return mean rank (0 is best, 1 worst) and mean gap of each side, and its losses.

    A table is lost if the mean gap to default histogram gradient boosting is above 0 by more than
    two standard errors over the seeds.
    """
    ranks: dict[str, list[float]] = defaultdict(list)
    lost: dict[str, int] = defaultdict(int)
    for runs in found:
        for run in runs:
            order = sorted(run, key=lambda side: run[side])
            for side in run:
                ranks[side].append(order.index(side) / (len(order) - 1))
        for side in runs[0]:
            each = np.array([run[side] / run[PLAIN] - 1.0 for run in runs])
            error = each.std(ddof=1) / np.sqrt(each.size) if each.size > 1 else 0.0
            lost[side] += int(side != PLAIN and each.mean() > 2.0 * error)
    every = [gaps(runs) for runs in found]
    return {
        side: {
            "rank": fmean(ranks[side]),
            "gap": fmean(each[side] for each in every),
            "lost": lost[side],
        }
        for side in sorted(ranks, key=lambda side: (side != FLEET, fmean(ranks[side])))
    }
