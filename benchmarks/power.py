"""Power and false alarm rate of drift detection, by simulation.

Each run draws a reference of 6,000 rows and a disjoint window from the generated rows of a real
model, changes the window or not, and computes the complete report.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.power_changes import CHANGES
from modelfleet.captures.columns import Values, WindowColumns, columns_of, watched
from modelfleet.captures.window import Window
from modelfleet.catalogue import find, names
from modelfleet.drift.detect import detect_drift
from modelfleet.drift.report import DriftReport, DriftStatus
from modelfleet.sampling.samplers import sampler
from modelfleet.spec.features import Column
from modelfleet.statistics.drift.bins import Categories
from modelfleet.training.profile import reference_profile

SIZES = (1_000, 10_000)
FALSE_ALARMS_MAXIMUM, FOUND_MINIMUM = 0.01, 0.99
REFERENCE_ROWS = 6_000
QUIET_RUNS, CHANGED_RUNS = 100, 25
_POOL = 36_000
_DAY = datetime(2026, 1, 31, tzinfo=UTC)
_WINDOW = Window(start=_DAY, end=_DAY + timedelta(days=1))


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Simulate every model of the catalogue, at both window sizes."""
    quiet, changed = [], []
    for rows in SIZES:
        for model in names():
            say(f"{model}, {rows:,} rows, nothing changed")
            found = sum(quiet_runs(model, rows, QUIET_RUNS))
            quiet.append({"model": model, "rows": rows, "runs": QUIET_RUNS, "found": found})
        for name in CHANGES:
            say(f"{name}, {rows:,} rows")
            runs = [run for model in names() for run in changed_runs(model, rows, name)]
            changed.append({"change": name, "rows": rows, "runs": len(runs), "found": sum(runs)})
    return {"quiet": quiet, "changed": changed}


def quiet_runs(model: str, rows: int, runs: int) -> Iterator[bool]:
    """Yield for each run without a change whether it detects drift or warns."""
    rng = np.random.default_rng([rows, 1])
    for _ in range(runs):
        profile, window = _draw(model, rng, rows)
        yield _report(model, profile, window).status is not DriftStatus.NO_DRIFT


def changed_runs(model: str, rows: int, name: str, runs: int = CHANGED_RUNS) -> Iterator[bool]:
    """Yield for each run whether it detects the changed column; suitable columns alternate.

    A model without a column that suits the change has no runs.
    """
    rng = np.random.default_rng([rows, 2])
    suits, change = CHANGES[name]
    _, whole = _pool(model)
    suited = [column for column in _columns(model) if suits(whole.features[column.name])]
    for run in range(runs if suited else 0):
        column = suited[run % len(suited)]
        profile, window = _draw(model, rng, rows)
        values = change(rng, window.features[column.name])
        moved = replace(window, features={**window.features, column.name: values})
        report = _report(model, profile, moved)
        yield column.name in {drifted.name for drifted in report.drifted}


@cache
def _pool(model: str) -> tuple[pd.DataFrame, WindowColumns]:
    """Return a model's generated rows, with predictions independent of them."""
    sample = sampler(find(model)).draw(_POOL, 1)
    columns = find(model).features.columns()
    answers = np.random.default_rng(2).beta(2, 5, _POOL)
    lists = {c.name: pd.Series([row[c.name] for row in sample], dtype=object) for c in columns}
    return pd.DataFrame(lists), columns_of(columns, sample, answers)


def _columns(model: str) -> list[Column]:
    spec = find(model)
    known = watched(spec.features.columns())
    return [each.column for each in known if each.source.name not in spec.drift.unwatched]


def _draw(model: str, rng: np.random.Generator, rows: int) -> tuple[Any, WindowColumns]:
    """Draw a reference, and a disjoint window."""
    frame, whole = _pool(model)
    known = REFERENCE_ROWS + REFERENCE_ROWS // 3
    drawn = rng.choice(_POOL, known + rows, replace=False)
    trained, validated, asked = np.split(drawn, [REFERENCE_ROWS, known])
    columns = find(model).features.columns()
    profile = reference_profile(columns, frame.iloc[trained], whole.predictions[validated])
    features = {name: _rows_of(values, asked) for name, values in whole.features.items()}
    return profile, WindowColumns(rows, features, whole.predictions[asked])


def _rows_of(values: Values, rows: NDArray[np.intp]) -> Values:
    if isinstance(values, Categories):
        return Categories(values.names, values.codes[rows])
    return values[rows]


def _report(model: str, profile: Any, window: WindowColumns) -> DriftReport:
    return detect_drift(
        find(model),
        version="1",
        profile=profile,
        current=window,
        window=_WINDOW,
        made_at=_DAY,
    )
