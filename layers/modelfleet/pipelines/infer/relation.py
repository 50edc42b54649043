"""What makes a table's target: a sum of effects of its strongest columns, small enough to read."""

import math

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict
from sklearn.linear_model import LogisticRegression, Ridge

from modelfleet.domain.features import ColumnKind
from modelfleet.domain.spec import Task
from modelfleet.pipelines.infer import limits
from modelfleet.pipelines.infer.plan import ColumnPlan, TablePlan

_COLUMNS = 10
_VALUES = 12
_KNOTS = (0.05, 0.25, 0.5, 0.75, 0.95)
_PENALTY = 1.0
# What says less than this of the strongest effect is left out.
_LEAST_SHARE = 0.03
_SKEWED = 1.0

Floats = NDArray[np.float64]
Curve = tuple[tuple[float, float], ...]


class Relation(BaseModel):
    """Log-odds of the positive class, or the value, or its logarithm where `logarithmic`.

    `curves` are piecewise linear effects of numbers by (value, effect), level beyond their ends;
    `effects` are those of values; both are in addition to `base`. `noise` is the standard deviation
    of what they leave open of a number. Of more than two classes `classes` has one of each, whose
    scores are log-odds up to what they share.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    base: float
    curves: dict[str, Curve]
    effects: dict[str, dict[str | float, float]]
    noise: float | None = None
    logarithmic: bool = False
    classes: "dict[str, Relation]" = {}


def relate(plan: TablePlan, rows: pd.DataFrame) -> Relation:
    """Fit effects that add up.

    Parameters
    ----------
    plan
        The columns.
    rows
        The features and the target, as a data set holds them.
    """
    strongest = sorted(plan.features, key=lambda column: -(column.alone or 0.0))[:_COLUMNS]
    parts = [_Part(column, rows[column.name]) for column in strongest]
    inputs = np.column_stack([part.inputs(rows[part.name]) for part in parts])
    y: Floats = rows[plan.target.column].to_numpy(dtype=np.float64)
    if plan.task is Task.BINARY:
        model = LogisticRegression(C=_PENALTY, max_iter=2_000).fit(inputs, y)
        return _relation(parts, model.coef_[0], float(model.intercept_[0]))
    if plan.classes:
        return _of_classes(parts, inputs, y, plan.classes)
    logarithmic = bool(y.min() > 0) and _skewness(y) > _SKEWED
    y = np.log(y) if logarithmic else y
    spread = float(y.std()) or 1.0
    model = Ridge(alpha=_PENALTY).fit(inputs, y / spread)
    noise = float(np.std(y - spread * model.predict(inputs)))
    found = _relation(parts, spread * model.coef_, spread * float(model.intercept_))
    return found.model_copy(update={"noise": _rounded(noise), "logarithmic": logarithmic})


def _of_classes(
    parts: "list[_Part]", inputs: Floats, y: Floats, classes: tuple[str, ...]
) -> Relation:
    """One relation a class, all fitted together."""
    model = LogisticRegression(C=_PENALTY, max_iter=2_000).fit(inputs, y)
    each = zip(classes, model.coef_, model.intercept_, strict=True)
    found = {name: _relation(parts, weights, float(base)) for name, weights, base in each}
    return Relation(base=0.0, curves={}, effects={}, classes=found)


def _skewness(y: Floats) -> float:
    centred = y - y.mean()
    return float((centred**3).mean() / (centred**2).mean() ** 1.5)


class _Part:
    """A column's inputs to the fit: its distance from knots, or which value it has."""

    def __init__(self, column: ColumnPlan, values: "pd.Series[float]") -> None:
        self.name = column.name
        counts = values.value_counts()
        self.told = [v for v in counts.index if counts[v] >= limits.CATEGORY_ROWS_MINIMUM][:_VALUES]
        self.is_number = column.kind is not ColumnKind.CATEGORY and len(counts) > _VALUES
        known = values.dropna().to_numpy(dtype=np.float64) if self.is_number else np.zeros(1)
        self.knots = sorted({_rounded(q) for q in np.quantile(known, _KNOTS)})

    def inputs(self, values: "pd.Series[float]") -> Floats:
        """Shape (rows, knots or values); a gap has no effect."""
        if not self.is_number:
            return np.column_stack([values == value for value in self.told]).astype(np.float64)
        numbers = values.fillna(values.median()).to_numpy(dtype=np.float64)
        hats = np.eye(len(self.knots))
        return np.column_stack([np.interp(numbers, self.knots, hat) for hat in hats])


def _relation(parts: list[_Part], weights: Floats, base: float) -> Relation:
    ends = np.cumsum([len(part.knots) if part.is_number else len(part.told) for part in parts])
    split = dict(zip(parts, np.split(weights, ends[:-1]), strict=True))
    widest = max(float(np.ptp(found)) for found in split.values() if found.size)
    curves: dict[str, Curve] = {}
    effects: dict[str, dict[str | float, float]] = {}
    for part, found in split.items():
        if not found.size or np.ptp(found) < _LEAST_SHARE * widest:
            base += float(found.mean()) if found.size else 0.0
        elif part.is_number:
            curves[part.name] = tuple(zip(part.knots, map(_rounded, found), strict=True))
        else:
            pairs = zip(part.told, found, strict=True)
            effects[part.name] = {_plain(value): _rounded(weight) for value, weight in pairs}
    return Relation(base=_rounded(base), curves=curves, effects=effects)


def _plain(value: str | float) -> str | float:
    if isinstance(value, str):
        return value
    return int(value) if float(value).is_integer() else float(value)


def _rounded(value: float) -> float:
    return 0.0 if math.isclose(value, 0.0, abs_tol=1e-12) else float(f"{value:.4g}")
