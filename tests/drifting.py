"""What tests of drift share: a small model, references, and windows of predictions."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from modelfleet.captures.columns import WindowColumns, columns_of
from modelfleet.captures.window import Window
from modelfleet.drift.detect import detect_drift
from modelfleet.drift.report import DriftPolicy, DriftReport
from modelfleet.spec.features import Features, number, open_category
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.training.profile import reference_profile

DAY = datetime(2026, 1, 31, tzinfo=UTC)
WINDOW = Window(start=DAY, end=DAY + timedelta(days=1))
Table = dict[str, NDArray[Any]]


class Customers(Features):
    """Columns of every kind: even, skewed, whole, mostly nought, closed and open categories."""

    income: float | None = number("Income", minimum=-1e9, maximum=1e9, example=1.0, nullable=True)
    spending: float = number("Spending", minimum=-1e9, maximum=1e9, example=1.0)
    visits: int = number("Visits", minimum=-1000, maximum=1000, example=1)
    balance: float = number("Balance", minimum=-1e9, maximum=1e9, example=1.0)
    plan: str = open_category("Plan", example="basic")
    city: str | None = open_category("City", example="c1", nullable=True)


SPEC = ModelSpec(
    name="customers",
    title="Customers",
    description="A model of the tests.",
    task=Task.BINARY,
    target=Target(column="bought", description="1 if bought"),
    features=Customers,
    metrics=(Metric.ROC_AUC,),
    gate=Gate(primary=Metric.ROC_AUC, margin=0.01),
)
_PLANS = {"basic": 0.6, "family": 0.25, "business": 0.1, "student": 0.05}
_CITIES = np.array([f"c{number}" for number in range(30)], dtype=object)


def customers(rng: np.random.Generator, rows: int) -> Table:
    """Draw rows of one population."""
    income = rng.normal(100, 15, rows)
    income[rng.random(rows) < 0.1] = np.nan
    cities = _CITIES[rng.choice(30, rows, p=_popularity())]
    cities[rng.random(rows) < 0.05] = None
    return {
        "income": income,
        "spending": rng.lognormal(3, 1, rows),
        "visits": rng.poisson(3, rows).astype(np.float64),
        "balance": np.where(rng.random(rows) < 0.36, 0.0, rng.normal(100, 30, rows)),
        "plan": np.array(list(_PLANS), dtype=object)[rng.choice(4, rows, p=list(_PLANS.values()))],
        "city": cities,
        "prediction": rng.beta(2, 5, rows),
    }


def _popularity() -> NDArray[np.float64]:
    weights = 1 / (np.arange(30) + 2.0)
    share: NDArray[np.float64] = weights / weights.sum()
    return share


def reference(table: Mapping[str, NDArray[Any]], spec: ModelSpec = SPEC) -> ReferenceProfile:
    """The profile of a table whose column `prediction` is the model's answers."""
    columns = spec.features.columns()
    frame = pd.DataFrame({column.name: table[column.name] for column in columns})
    return reference_profile(columns, frame, table["prediction"].astype(np.float64))


def window_of(table: Mapping[str, NDArray[Any]], spec: ModelSpec = SPEC) -> WindowColumns:
    """A window in which these rows were asked for."""
    names = [column.name for column in spec.features.columns()]
    lists = [[None if pd.isna(value) else value for value in table[name]] for name in names]
    rows = [dict(zip(names, row, strict=True)) for row in zip(*lists, strict=True)]
    return columns_of(spec.features.columns(), rows, table["prediction"])


def detect(
    profile: ReferenceProfile | None,
    current: WindowColumns,
    spec: ModelSpec = SPEC,
    policy: DriftPolicy | None = None,
) -> DriftReport:
    """Compare a window with a reference."""
    spec = spec.model_copy(update={"drift": policy}) if policy else spec
    return detect_drift(
        spec, version="7", profile=profile, current=current, window=WINDOW, made_at=DAY
    )
