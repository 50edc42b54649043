"""What makes a table's target: a sum of effects of its strongest columns, small enough to read."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression, Ridge

from modelfleet.drafting import limits
from modelfleet.drafting.plan import ColumnPlan, TablePlan
from modelfleet.drafting.strength import ROWS, learned, matched
from modelfleet.spec.features import ColumnKind
from modelfleet.spec.model import Task
from models.imitation import Effects, Likeness

_COLUMNS = 10
# A number of few values has an effect of each, and a category of its most frequent ones.
_FEW_VALUES, _VALUES = 12, 40
_KNOTS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
_PENALTY = 1.0
# What says less than this of the strongest effect is left out.
_LEAST_SHARE = 0.03
_SKEWED = 1.0
_SEED = 1

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Relation:
    """What makes the target.

    Attributes
    ----------
    scores
        The log-odds of the positive class, or the value, or its logarithm where `logarithmic`; of
        more than two classes one a class, which are log-odds up to what they share.
    noise
        The standard deviation of what the score leaves open of a number.
    """

    scores: tuple[Effects, ...]
    noise: float = 0.0
    logarithmic: bool = False


def relate(plan: TablePlan, rows: pd.DataFrame, likeness: Likeness, expected: float) -> Relation:
    """Fit effects that add up, as strong as they are on rows that they were not fitted on.

    Parameters
    ----------
    plan
        The columns.
    rows
        The features and the target, as a data set holds them.
    likeness
        What imitated rows are drawn from.
    expected
        ROC AUC, or R², that a plain model reaches on this table.
    """
    y: Floats = rows[plan.target.column].to_numpy(dtype=np.float64)
    logarithmic = not plan.task.has_classes and bool(y.min() > 0) and _skewness(y) > _SKEWED
    y = np.log(y) if logarithmic else y
    parts = _useful(plan, rows, y)
    inputs = _inputs(parts, rows)
    found = matched(
        plan.task,
        inputs,
        y,
        [_inputs(parts, table) for table in _imitated(likeness, min(ROWS, y.size))],
        _fitted(plan.task, inputs, y),
        # What is expected of a value says nothing of its logarithm.
        expected=0.0 if logarithmic else expected,
    )
    scores = zip(found.weights, found.bases, strict=True)
    return Relation(
        scores=tuple(_effects(parts, weights, float(base)) for weights, base in scores),
        noise=rounded(found.noise),
        logarithmic=logarithmic,
    )


def _useful(plan: TablePlan, rows: pd.DataFrame, y: Floats) -> "list[_Part]":
    """As many of the strongest columns as a plain learner has use for; the rest would be noise."""
    strongest = sorted(plan.features, key=lambda column: -(column.alone or 0.0))[:_COLUMNS]
    parts = [_Part(column, rows[column.name]) for column in strongest]
    inputs = _inputs(parts, rows)
    ends = np.cumsum([part.size for part in parts])
    best = np.argmax([learned(plan.task, inputs[:, :end], y) for end in ends])
    return parts[: best + 1]


def _imitated(likeness: Likeness, rows: int) -> Iterator[pd.DataFrame]:
    """Tables like this one; of a small one several, so that chance weighs less."""
    random = np.random.default_rng(_SEED)
    for _ in range(ROWS // rows):
        yield pd.DataFrame(likeness.draw(random, rows).told())


def _inputs(parts: "Sequence[_Part]", rows: pd.DataFrame) -> Floats:
    return np.column_stack([part.inputs(rows[part.name]) for part in parts])


def _fitted(task: Task, inputs: Floats, y: Floats) -> Floats:
    """The weight of each input, shape (scores, inputs)."""
    if task.has_classes:
        model = LogisticRegression(C=_PENALTY, max_iter=2_000).fit(inputs, y)
        return np.asarray(model.coef_, dtype=np.float64)
    spread = float(y.std()) or 1.0
    return np.asarray(spread * Ridge(alpha=_PENALTY).fit(inputs, y / spread).coef_)[None, :]


def _skewness(y: Floats) -> float:
    centred = y - y.mean()
    return float((centred**3).mean() / (centred**2).mean() ** 1.5)


class _Part:
    """A column's inputs to the fit: its distance from knots, or which value it has, or a gap."""

    def __init__(self, column: ColumnPlan, values: "pd.Series[float]") -> None:
        self.name = column.name
        counts = values.value_counts()
        self.is_number = column.kind is not ColumnKind.CATEGORY and len(counts) > _FEW_VALUES
        often = [v for v in counts.index if counts[v] >= limits.CATEGORY_ROWS_MINIMUM]
        self.values = [] if self.is_number else often[:_VALUES] or [counts.idxmax()]
        known = values.dropna().to_numpy(dtype=np.float64) if self.is_number else np.zeros(0)
        self.knots = sorted({rounded(q) for q in np.quantile(known, _KNOTS)}) if known.size else []
        self.has_gaps = int(values.isna().sum()) >= limits.CATEGORY_ROWS_MINIMUM

    @property
    def size(self) -> int:
        """How many inputs."""
        return len(self.knots) + len(self.values) + self.has_gaps

    def inputs(self, values: "pd.Series[float]") -> Floats:
        """Shape (rows, size); of a gap nothing is known but that it is there."""
        columns = [(values == value).to_numpy(dtype=np.float64) for value in self.values]
        if self.knots:
            numbers = values.to_numpy(dtype=np.float64)
            hats = (np.interp(numbers, self.knots, hat) for hat in np.eye(len(self.knots)))
            columns += [np.nan_to_num(hat) for hat in hats]
        if self.has_gaps:
            columns.append(values.isna().to_numpy(dtype=np.float64))
        return np.column_stack(columns) if columns else np.zeros((len(values), 0))


def _effects(parts: Sequence[_Part], weights: Floats, base: float) -> Effects:
    ends = np.cumsum([part.size for part in parts])
    split = dict(zip(parts, np.split(weights, ends[:-1]), strict=True))
    widest = max(float(np.ptp(found)) for found in split.values() if found.size)
    curves: dict[str, tuple[tuple[float, float], ...]] = {}
    values: dict[str, dict[str | float, float]] = {}
    gaps: dict[str, float] = {}
    for part, found in split.items():
        if not found.size or np.ptp(found) < _LEAST_SHARE * widest:
            base += float(found.mean()) if found.size else 0.0
            continue
        told = [rounded(weight) for weight in found]
        if part.has_gaps:
            gaps[part.name] = told.pop()
        if part.is_number:
            curves[part.name] = tuple(zip(part.knots, told, strict=True))
        else:
            values[part.name] = dict(zip(map(plain, part.values), told, strict=True))
    return Effects(base=rounded(base), curves=curves, values=values, gaps=gaps)


def plain(value: str | float) -> str | float:
    """Whole numbers as such."""
    if isinstance(value, str):
        return value
    return int(value) if float(value).is_integer() else float(value)


def rounded(value: float) -> float:
    """With as many digits as a generator needs."""
    return 0.0 if math.isclose(value, 0.0, abs_tol=1e-12) else float(f"{value:.4g}")
