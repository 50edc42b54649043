"""Search for the columns that make a plain model suspiciously good."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types

from modelfleet.drafting import limits
from modelfleet.drafting.plan import Leak
from modelfleet.drafting.tasks.by_task import DRAFTS
from modelfleet.spec.features import Column
from modelfleet.spec.task import Task
from modelfleet.statistics.folds import divide
from modelfleet.statistics.leakage import are_bands, predictive_power
from modelfleet.statistics.relations import relations, strongest
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.encode import RowEncoder

Floats = NDArray[np.float64]
Places = NDArray[np.intp]

_SEED = 0
# A sample suffices to see a leak. Small tables need every row as a test row.
_ROWS = 20_000
_FEW_ROWS, _FOLDS = 4_000, 3
# Trees of all classes, so that many classes take no longer than two.
_TREES, _ITERATIONS_MINIMUM = 80, 10
# If more columns must go, or more than half, the target is easy to predict from many columns.
_SUSPECTS_MAXIMUM = 6
# Up to this share of the columns need not be as good as certain together.
_FEW_COLUMNS = 0.25
# Without the suspects, the error must be this many times as large; on their own, they may have
# this many times the error of all columns.
_FALL = 3.0
# A suspect without which the error is smaller than this many times is put back.
_NOTICEABLE = 2.0
# Columns of which the target may be a sum or a ratio, and how many of the others are tried.
_PARTNERS, _TRIED = 3, 4
# A target is computed from numbers if a linear model, of them or their logarithms, errs in unseen
# rows by no more than rounding: a step of the target's numbers, or the smaller share of its
# deviation, but never more than the larger share, where the step is coarse. A forecast of a smooth
# series is good, but not as good. A column that moves the target by less does not take part.
_EXACT, _NEARLY_EXACT, _TAKES_PART = 1e-3, 1e-2, 0.01
# A column that varies by less, relative to its values, is constant.
_CONSTANT = 1e-9
_COMPUTED_ROWS, _COMPUTED_COLUMNS = 2_000, 200
# Probability that all rows with a value are of one class by chance.
_BY_CHANCE = 1e-6

_MODELS = {
    "predict": HistGradientBoostingRegressor,
    "predict_proba": HistGradientBoostingClassifier,
}


@dataclass(frozen=True, kw_only=True)
class DraftedTable:
    """Features and outcome of a drafted model.

    Attributes
    ----------
    columns
        The features.
    rows
        Their values, shape (n, columns): float64 with NaN, or objects with `None`.
    alone
        Predictive power of each feature on its own.
    target
        Name of the target.
    y
        Target, shape (n,): 0.0 and 1.0, class indices, or values.
    groups
        Group of each row, shape (n,); by default, every row is its own.
    task
        The task.
    labels
        Classes in the order of their numbers; empty for a regression.
    """

    columns: tuple[Column, ...]
    rows: pd.DataFrame
    alone: Mapping[str, float]
    target: str
    y: Floats
    task: Task
    labels: tuple[str, ...] = ()
    groups: NDArray[np.generic] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(column.name for column in self.columns)


def find_leak(table: DraftedTable) -> Leak | None:
    """Find the few columns without which a suspiciously good model becomes an ordinary one.

    A model is suspicious if its score exceeds the task's limit. Then the most important column is
    taken away, time after time, until the score falls. If that takes many columns, or the rest is
    nearly as good, the target is easy to predict from many columns, and none is to blame.

    Some columns are blamed whatever the score: those that are only filled in for one class, that
    divide a numeric target into ranges, that predict the target as good as certainly, or from which
    a numeric target is computed, as a total is from its parts.

    Parameters
    ----------
    table
        The drafted features and the target.
    """
    if not table.columns or np.unique(table.y).size < 2:  # noqa: PLR2004  # nothing to predict
        return None
    search = _Search(_sampled(table))
    found = search.suspects()
    if not found:
        return None
    names = tuple(name for name in table.names if name in found)
    score, without = search.score(table.names), search.score(search.without(found))
    return Leak(
        columns=names,
        reasons=tuple(search.reason(name, score, without) for name in names),
        score=score,
        without=without,
    )


def _sampled(table: DraftedTable) -> DraftedTable:
    if table.y.size <= _ROWS:
        return table
    chosen = np.sort(np.random.default_rng(_SEED).permutation(table.y.size)[:_ROWS])
    return replace(
        table,
        rows=table.rows.iloc[chosen].reset_index(drop=True),
        y=table.y[chosen],
        groups=None if table.groups is None else table.groups[chosen],
    )


@dataclass(frozen=True)
class _Fold:
    """Encoded rows to fit on and to score."""

    fitted: Floats
    y_fitted: Floats
    tested: Floats
    y_tested: Floats
    classes: int

    def strongest(self, places: Sequence[int]) -> Places:
        """Return the columns that a model of those at these places is fitted on."""
        found = np.array(places, dtype=np.intp)
        most = limits.FITTED_COLUMNS_MAXIMUM
        return found if found.size <= most else strongest(self._relations, found, most)

    @cached_property
    def _relations(self) -> Floats:
        return relations(self.fitted, self.y_fitted, self.classes)


class _Search:
    """Held-out scores of a plain model on subsets of the columns."""

    def __init__(self, table: DraftedTable) -> None:
        self._table = table
        self._names = table.names
        self._scores: dict[frozenset[str], float] = {}
        self._draft, self._statistics = DRAFTS[table.task], STATISTICS[table.task]
        self._nothing = table.task.kind.no_power

    def suspects(self) -> set[str]:
        """Return the columns to blame; empty if the score is honest, or spread over many."""
        evident = {*self._one_sided, *self._bands, *self._certain_alone, *self._parts}
        if not self._is_suspicious(self.without(evident)):
            return evident
        accused, certain = self._taken_away(evident | set(self._told_by_gaps))
        if self._falls(accused):
            accused = self._put_back(accused, evident | certain)
            with_partners = accused | self._partners(accused)
            if self._are_to_blame(accused, with_partners):
                return with_partners
        return evident | certain

    def reason(self, name: str, score: float, without: float) -> str:
        """Say why a column is to blame."""
        target, measure = self._table.target, self._table.task.kind.power_measure
        if name in self._one_sided:
            return self._one_sided[name]
        if name in self._bands:
            return f"its values, or their gaps, are ranges of {target}"
        if self._table.alone[name] > self._draft.leak_power:
            return f"predicts {target} on its own ({measure} {self._table.alone[name]:.3f})"
        if name in self._parts:
            return f"{target} can be computed as {self._parts[name]} from it and other columns"
        if name in self._told_by_gaps:
            return f"whether it is filled in depends on {target}"
        return f"a plain model relies on it ({measure} {score:.3f}, without {without:.3f})"

    def without(self, left_out: set[str]) -> list[str]:
        """Return the other columns."""
        return [name for name in self._names if name not in left_out]

    def _taken_away(self, given: set[str]) -> tuple[set[str], set[str]]:
        """Take away the most important column until the score falls, or too many are gone.

        The second set are those of them that predict the target as good as certainly on their own;
        there may be any number of copies.
        """
        accused, certain = set(given), set[str]()
        most = min(self._half, _SUSPECTS_MAXIMUM)
        while len(accused - given - certain) < most and self._is_suspicious(self.without(accused)):
            most_important = self._ranked(self.without(accused))[0]
            accused.add(most_important)
            if self.score([most_important]) >= self._draft.certain_power:
                certain.add(most_important)
        return accused, certain

    def _put_back(self, accused: set[str], blamed: set[str]) -> set[str]:
        """Return the accused columns except those that make no noticeable difference."""
        for name in sorted(accused - blamed, key=lambda each: self.score([each])):
            fewer = accused - {name}
            error = self._error(self.score(self.without(accused)))
            nearly = self._error(self.score(self.without(fewer))) * _NOTICEABLE >= error
            if fewer and nearly and self._falls(fewer):
                accused = fewer
        return accused

    def _are_to_blame(self, accused: set[str], with_partners: set[str]) -> bool:
        """Return whether columns tell nearly all on their own, and are not just many good ones."""
        if self.score(with_partners) >= self._draft.certain_power:
            return True
        if self._error(self.score(accused)) > _FALL * self._error(self.score(self._names)):
            return False
        others = accused - set(self._told_by_gaps)
        if len(others) <= max(1, int(_FEW_COLUMNS * len(self._names))):
            return True
        return len(others) <= self._half and all(self._is_suspicious([name]) for name in others)

    def _partners(self, accused: set[str]) -> set[str]:
        """Return the columns from which the target can be computed, given the accused ones."""
        chosen = set(accused)
        while len(chosen) < _PARTNERS and self.score(chosen) < self._draft.certain_power:
            others = [name for name in self._ranked(self._names) if name not in chosen][:_TRIED]
            if not others:
                break
            chosen.add(max(others, key=lambda name: self.score({*chosen, name})))
        is_computed = self.score(chosen) >= self._draft.certain_power
        return chosen - accused if is_computed else set()

    @property
    def _classes(self) -> int:
        return len(self._table.task.kind.classes(self._table.labels))

    @property
    def _half(self) -> int:
        return max(1, (len(self._names) - 1) // 2)

    def _is_suspicious(self, names: Iterable[str]) -> bool:
        return self.score(names) > self._draft.leak_power

    def score(self, names: Iterable[str]) -> float:
        """Return the score of a model on some of the columns."""
        chosen = frozenset(names)
        if not chosen:
            return self._nothing
        if chosen not in self._scores:
            places = [place for place, name in enumerate(self._names) if name in chosen]
            self._scores[chosen] = self._measured(places)
        return self._scores[chosen]

    def _error(self, score: float) -> float:
        """Return the error relative to that of guessing, between 0 and 1."""
        return 1.0 - (score - self._nothing) / (1.0 - self._nothing)

    def _falls(self, accused: set[str]) -> bool:
        """Return whether the score falls to an ordinary one without the accused columns."""
        with_all, rest = self.score(self._names), self.score(self.without(accused))
        if not accused or rest > self._draft.leak_power:
            return False
        return self._error(rest) >= _FALL * self._error(with_all)

    @cached_property
    def _one_sided(self) -> Mapping[str, str]:
        """Columns that are only filled in, or only missing, for one class, with the reason."""
        found = {}
        for name, filled in self._filled.items() if self._table.labels else ():
            for rows, state in ((filled, "filled in"), (~filled, "missing")):
                label = self._only_class(rows)
                if label is not None and name not in found:
                    found[name] = f"only {state} where {self._table.target} is {label}"
        return found

    def _only_class(self, rows: NDArray[np.bool_]) -> str | None:
        """Return the class of all of these rows, if that is not by chance."""
        inside = np.unique(self._table.y[rows])
        if inside.size != 1:
            return None
        share = float((self._table.y == inside[0]).mean())
        is_chance = share ** int(rows.sum()) > _BY_CHANCE
        return None if is_chance else self._table.labels[int(inside[0])]

    @cached_property
    def _bands(self) -> Sequence[str]:
        """Columns of which each value, or whether there is one, is a range of a number."""
        if self._table.labels:
            return ()
        return [name for name in self._names if self._is_divided(name)]

    def _is_divided(self, name: str) -> bool:
        values, y = self._table.rows[name].to_numpy(), self._table.y
        if are_bands(values, y):
            return True
        filled = self._filled.get(name)
        if filled is None:
            return False
        # Where gaps have a reason of their own, the other values may still be ranges.
        return are_bands(filled.astype(np.float64), y) or are_bands(values[filled], y[filled])

    @cached_property
    def _certain_alone(self) -> Sequence[str]:
        least = max(self._draft.certain_power, limits.LEAKAGE.fail or 1.0)
        return [name for name in self._names if self._table.alone[name] > least]

    @cached_property
    def _parts(self) -> Mapping[str, str]:
        """Columns of which the target is a sum or a product, and which of the two it is.

        Trees need many rows to find one; the linear models that training also tries need few.
        """
        table = self._table
        names = [name for name in self._names if table.rows[name].dtype == np.float64]
        if table.labels or not 1 < len(names) <= _COMPUTED_COLUMNS:
            return {}
        chosen = np.random.default_rng(_SEED).permutation(table.y.size)[:_COMPUTED_ROWS]
        numbers, y = table.rows[names].to_numpy()[chosen], table.y[chosen]
        filled = dict(zip(names, np.nan_to_num(numbers).T, strict=True))
        if found := dict.fromkeys(_all_parts(filled, y), "a sum"):
            return found
        factors = {name: np.log(each) for name, each in filled.items() if (each > 0).all()}
        if not (y > 0).all():
            return {}
        return dict.fromkeys(_all_parts(factors, np.log(y)), "a product")

    @cached_property
    def _told_by_gaps(self) -> Sequence[str]:
        """Columns whose missing values alone predict the target well."""
        table, least = self._table, self._draft.suspicious_power
        gaps = {name: filled.astype(np.float64) for name, filled in self._filled.items()}
        return [
            name
            for name, each in gaps.items()
            if predictive_power(each, table.y, table.task, table.groups) > least
        ]

    @cached_property
    def _filled(self) -> Mapping[str, NDArray[np.bool_]]:
        """Whether each value is there, for the columns that have gaps."""
        filled = {name: self._table.rows[name].notna().to_numpy() for name in self._names}
        return {name: rows for name, rows in filled.items() if not rows.all()}

    @cached_property
    def _folds(self) -> tuple[_Fold, ...]:
        table, y = self._table, self._table.y
        parts = divide(table.task, y, _FOLDS, _SEED, table.groups)
        used = parts if y.size <= _FEW_ROWS else parts[:1]
        # Where nearly all rows are equal, a side has hardly any of them.
        return tuple(
            self._fold(fitted, tested)
            for fitted, tested in used
            if min(np.unique(y[fitted]).size, np.unique(y[tested]).size) > 1
        )

    def _fold(self, fitted: NDArray[np.intp], tested: NDArray[np.intp]) -> _Fold:
        table = self._table
        encoder = RowEncoder(table.columns, self._classes)
        learned = encoder.fit(table.rows.iloc[fitted], table.y[fitted])
        return _Fold(
            learned.transform(table.rows.iloc[fitted]),
            table.y[fitted],
            learned.transform(table.rows.iloc[tested]),
            table.y[tested],
            self._classes,
        )

    def _measured(self, places: Sequence[int]) -> float:
        each = [self._held_out(fold, fold.strongest(places)) for fold in self._folds]
        return max(self._nothing, float(np.mean(each))) if each else self._nothing

    def _held_out(self, fold: _Fold, places: Places) -> float:
        return self._power(fold, fold.tested[:, places], self._fitted(fold, places))

    def _fitted(self, fold: _Fold, places: Places) -> Any:
        with threadpool_limits(1):
            return self._model().fit(fold.fitted[:, places], fold.y_fitted)

    def _power(self, fold: _Fold, tested: Floats, model: Any) -> float:
        with threadpool_limits(1):
            answered = getattr(model, self._statistics.method)(tested)
        return self._statistics.power(fold.y_tested, self._statistics.scores(answered))

    def _model(self) -> Any:
        return _MODELS[self._statistics.method](
            max_iter=max(_ITERATIONS_MINIMUM, _TREES // max(self._classes, 2)),
            learning_rate=0.2,
            min_samples_leaf=10,
            early_stopping=False,
            random_state=_SEED,
        )

    def _ranked(self, names: Sequence[str]) -> list[str]:
        """Return columns by how much shuffling one lowers the score, the most first.

        Of a wide table, only those that a model is fitted on.
        """
        fold = self._folds[0]
        index = {name: place for place, name in enumerate(self._names)}
        places = fold.strongest([index[name] for name in names])
        names = [self._names[place] for place in places]
        model = self._fitted(fold, places)
        rng = np.random.default_rng(_SEED)
        scores = {}
        for place, name in enumerate(names):
            shuffled = fold.tested[:, places]
            shuffled[:, place] = rng.permutation(shuffled[:, place])
            scores[name] = self._power(fold, shuffled, model)
        return sorted(names, key=lambda name: scores[name])


def _all_parts(columns: Mapping[str, Floats], y: Floats) -> Sequence[str]:
    """Return the columns of every linear function that is the target.

    Of columns that depend on each other, only those are named without which the function is lost;
    those that remain may be the target once more.
    """
    columns = {name: _scaled(values) for name, values in columns.items()}
    y = _scaled(y)
    rest, found = dict(columns), list[str]()
    while parts := _taking_part(rest, y):
        for name in parts[:-1]:
            without = {each: values for each, values in rest.items() if each != name}
            if _taking_part(without, y):
                rest = without
        needed = [name for name in parts if name in rest]
        found += needed
        rest = {each: values for each, values in columns.items() if each not in found}
    return found


def _taking_part(columns: Mapping[str, Floats], y: Floats) -> Sequence[str]:
    """Return the columns of which the target is a linear function, the weakest first.

    Parameters
    ----------
    columns
        Values of each column, shape (n,), without NaN.
    y
        Target, shape (n,).

    Returns
    -------
    Sequence[str]
        Empty if the target is no linear function of them.
    """
    names = [name for name, values in columns.items() if _varies(values)]
    if not names:
        return ()
    numbers = np.column_stack([columns[name] for name in names])
    design = (numbers - numbers.mean(axis=0)) / numbers.std(axis=0)
    design = np.column_stack([design, np.ones(y.size)])
    # The rows are in random order.
    fitted, tested = slice(None, y.size * 2 // 3), slice(y.size * 2 // 3, None)
    if y[fitted].size <= 2 * design.shape[1] or not _varies(y[tested]):
        return ()
    weights = np.linalg.lstsq(design[fitted], y[fitted], rcond=None)[0]
    errors = np.abs(y[tested] - design[tested] @ weights)
    # A few huge targets have nearly all of the deviation, and say nothing of the others.
    usual = _allowed(y, _usual_spread(y[tested]))
    if np.sqrt((errors**2).mean()) > _allowed(y, y[tested].std()) or (
        np.quantile(errors, 0.9) > usual
    ):
        return ()
    moved = np.abs(weights[:-1]) / y.std()
    return [names[place] for place in np.argsort(moved) if moved[place] > _TAKES_PART]


def _scaled(values: Floats) -> Floats:
    """Return values between -1 and 1: squares of the largest numbers overflow."""
    largest = np.abs(values).max()
    return values / largest if largest > 0 else values


def _varies(values: Floats) -> bool:
    return bool(np.ptp(values) > _CONSTANT * np.abs(values).max())


def _usual_spread(y: Floats) -> float:
    """Return the range of the middle half of a target, without its most frequent value."""
    values, counts = np.unique(y, return_counts=True)
    others = y[y != values[counts.argmax()]]
    return float(np.subtract(*np.quantile(others, (0.75, 0.25))))


def _allowed(y: Floats, deviation: float) -> float:
    """Return the largest error of a target that is computed, and then rounded."""
    step = float(np.diff(np.unique(y)).min())
    noise = _CONSTANT * float(np.abs(y).max())
    return noise + min(_NEARLY_EXACT * deviation, max(step, _EXACT * deviation))
