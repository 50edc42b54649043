"""Serving benchmark: the empty function, modelfleet, and the usual way."""

import json
import tempfile
from collections.abc import Callable, Mapping
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from benchmarks import packages
from benchmarks.cost import cost_of_a_million
from benchmarks.fleet_model import released, sample
from benchmarks.layout import EVENT, WORK
from benchmarks.processes import MeasurementError, Run, run
from benchmarks.s3_server import s3_of
from benchmarks.sides import EMPTY, PRODUCT, USUAL, Side, sides
from benchmarks.targets import Target
from modelfleet.catalogue import find

MODEL = "bankchurn"
ROUNDS = 7
BATCHES = (1, 10, 100, 1000)
# More than the requests to a process, so that no row repeats.
SINGLES = 500
_TOLERANCE = 1e-4

TARGETS = (
    Target("cold_ms", over=EMPTY, at_most=1.5, text="cold start vs. the empty function"),
    Target("cold_ms", over=USUAL, at_most=1 / 6, text="cold start vs. the usual way"),
    Target("warm_p50_ms", over=EMPTY, at_most=3.0, text="warm p50 vs. the empty function"),
    Target("warm_p50_ms", over=USUAL, at_most=1 / 10, text="warm p50 vs. the usual way"),
    Target("resident_mb", over=USUAL, at_most=0.45, text="resident memory vs. the usual way"),
    Target("packages_mb", over=USUAL, at_most=0.3, text="packages vs. the usual way"),
    Target("rows_per_second_1000", at_least=40_000, text="rows/s in batches of 1,000"),
    Target("rows_per_second_1000", over=USUAL, at_least=3.0, text="rows/s vs. the usual way"),
)


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Measure all sides alternately; return medians over fresh processes."""
    WORK.mkdir(parents=True, exist_ok=True)
    say(f"train {MODEL}")
    retraining = released(MODEL)
    with s3_of(retraining) as endpoint, tempfile.TemporaryDirectory(dir=WORK) as folder:
        batches = Path(folder) / "batches.json"
        batches.write_text(json.dumps(_batch_events()))
        compared = sides(MODEL, endpoint)
        runs = _rounds(compared, batches, say)
    _same_answers(runs)
    found = {side.name: _figures(side, runs[side.name]) for side in compared}
    return {"model": MODEL, "rounds": ROUNDS, "sides": found}


def _rounds(
    compared: list[Side], batches: Path, say: Callable[[str], None]
) -> dict[str, list[Run]]:
    """Alternate between sides, so that other load on the machine affects all of them.

    The first round is discarded: it fills the file cache, as on the host of a fresh image.
    """
    runs: dict[str, list[Run]] = {side.name: [] for side in compared}
    example = _event("/predict", _example())
    rows = [json.dumps(row) for row in _rows(SINGLES)]
    for number in range(ROUNDS + 1):
        say(f"round {number} of {ROUNDS}" if number else "warm the file cache")
        for side in compared:
            measured = run(side, example, rows, batches)
            if number:
                runs[side.name].append(measured)
    return runs


def _same_answers(runs: Mapping[str, list[Run]]) -> None:
    """Raise an error if the sides do not serve the same model."""
    product, usual = (runs[name][0].probability for name in (PRODUCT, USUAL))
    if abs(product - usual) > _TOLERANCE:
        raise MeasurementError(f"the sides differ: {product} and {usual}")


def _figures(side: Side, runs: list[Run]) -> dict[str, float]:
    p50 = median(median(each.singles) for each in runs)
    resident = median(each.resident_mb for each in runs)
    figures = {
        "cold_ms": median(each.cold for each in runs) * 1e3,
        "cold_processor_ms": median(each.cold_processor for each in runs) * 1e3,
        "warm_p50_ms": p50 * 1e3,
        "warm_p99_ms": median(_p99(each.singles) for each in runs) * 1e3,
        "resident_mb": resident,
        "packages_mb": packages.size_mb(side.packages),
        "million_usd": cost_of_a_million(seconds=p50, resident_mb=resident),
    }
    for rows in BATCHES if side.batches else ():
        seconds = median(median(each.batches[rows]) for each in runs)
        figures[f"rows_per_second_{rows}"] = rows / seconds
    return {name: round(value, 3) for name, value in figures.items()}


def _p99(seconds: list[float]) -> float:
    return quantiles(seconds, n=100)[98]


def _example() -> dict[str, Any]:
    return _rows(1)[0]


def _rows(count: int) -> list[dict[str, Any]]:
    """Generate rows of features without missing values.

    MLflow's signatures do not accept integers that may be missing.
    """
    names = list(find(MODEL).features.model_fields)
    rows = ({name: row[name] for name in names} for row in sample(MODEL))
    return list(islice((row for row in rows if None not in row.values()), count))


def _batch_events() -> dict[str, list[dict[str, Any]]]:
    """Return batches of every size, many of them for size 1, without rows of single requests."""
    rows = _rows(SINGLES + max(BATCHES))[SINGLES:]
    return {
        str(n): [
            _event("/predict/batch", {"instances": rows[start : start + n]})
            for start in range(0, SINGLES if n == 1 else n, n)
        ]
        for n in BATCHES
    }


def _event(path: str, body: Mapping[str, Any]) -> dict[str, Any]:
    """Return API Gateway's event of a request."""
    event: dict[str, Any] = json.loads(EVENT.read_text())
    return event | {"path": f"/{MODEL}{path}", "body": json.dumps(body)}
