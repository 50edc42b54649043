"""One table as a model of the fleet, and the errors of all sides on the same test rows."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from imblearn.pipeline import Pipeline
from lightgbm import LGBMClassifier, LGBMRegressor
from pydantic import create_model
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.model_selection import train_test_split
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]  # ships no types
from xgboost import XGBClassifier, XGBRegressor

from benchmarks.quality.figures import FLEET, PLAIN
from modelfleet.evaluation.measure import measure_predicted
from modelfleet.spec.features import Features, number, open_category
from modelfleet.spec.model import Gate, Metric, ModelSpec, Target, Task
from modelfleet.statistics.tasks.by_task import STATISTICS
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.choose import Choice, choose_candidate
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.candidates.select import no_progress
from modelfleet.training.fit import FittedModel, fit, refit
from modelfleet.training.raw_scores import raw_scores
from modelfleet.training.train import SEED

TARGET = "target"
_TEST_SHARE = 0.2
_FAR = 1e30
_CLASSES = 2


def _catboost(name: str, seed: int) -> Any:
    import catboost  # noqa: PLC0415  # installed by `make bench` alone

    # It would write a folder of logs.
    return getattr(catboost, name)(
        thread_count=1, random_seed=seed, verbose=False, allow_writing_files=False
    )


_Estimators = Mapping[str, Callable[[int], Any]]
_CLASSIFIERS: _Estimators = {
    PLAIN: lambda seed: HistGradientBoostingClassifier(random_state=seed),
    "XGBoost": lambda seed: XGBClassifier(n_jobs=1, random_state=seed),
    "LightGBM": lambda seed: LGBMClassifier(n_jobs=1, random_state=seed, verbosity=-1),
    "CatBoost": lambda seed: _catboost("CatBoostClassifier", seed),
    "HGB, early stopping": lambda seed: HistGradientBoostingClassifier(
        learning_rate=0.05, max_iter=1_500, early_stopping=True, random_state=seed
    ),
}
_REGRESSORS: _Estimators = {
    PLAIN: lambda seed: HistGradientBoostingRegressor(random_state=seed),
    "XGBoost": lambda seed: XGBRegressor(n_jobs=1, random_state=seed),
    "LightGBM": lambda seed: LGBMRegressor(n_jobs=1, random_state=seed, verbosity=-1),
    "CatBoost": lambda seed: _catboost("CatBoostRegressor", seed),
    "HGB, early stopping": lambda seed: HistGradientBoostingRegressor(
        learning_rate=0.05, max_iter=1_500, early_stopping=True, random_state=seed
    ),
}
SIDES = {"predict_proba": _CLASSIFIERS, "predict": _REGRESSORS}


@dataclass(frozen=True)
class Table:
    """Features as numbers and texts, and in the column `TARGET` what is predicted."""

    name: str
    rows: pd.DataFrame


def errors(table: Table, seed: int) -> dict[str, float]:
    """Return log loss or RMSE on a fifth of the rows, by side."""
    spec = spec_of(table)
    train, test = _split(spec, table.rows, seed)
    y = outcomes(spec, test)
    found = {FLEET: _measured(spec, y, _fleet(spec, train, seed).predict(test))}
    for name, estimator in SIDES[STATISTICS[spec.task].method].items():
        pipeline = with_encoding(spec, Pipeline([("estimate", estimator(seed))]))
        with threadpool_limits(1):
            pipeline.fit(train[list(spec.feature_names)], outcomes(spec, train))
            predicted = raw_scores(spec.task, pipeline, test, len(spec.classes))
        found[name] = _measured(spec, y, predicted)
    return found


def spec_of(table: Table) -> ModelSpec:
    """Declare a table as `fleet new` would: columns of numbers and of categories."""
    columns = table.rows.drop(columns=TARGET)
    fields: dict[str, Any] = {str(name): _field(columns[name]) for name in columns}
    features = create_model("TableFeatures", __base__=Features, **fields)
    target = table.rows[TARGET]
    classes = tuple(sorted(target.unique())) if target.dtype == object else ()
    task = Task.REGRESSION
    if classes or target.nunique() == _CLASSES:
        task = Task.MULTICLASS if classes else Task.BINARY
    metric = Metric.RMSE if task is Task.REGRESSION else Metric.LOG_LOSS
    return ModelSpec(
        name="quality",
        title=table.name,
        description=table.name,
        task=task,
        target=Target(column=TARGET, description="target", labels=classes or None),
        features=features,
        metrics=(metric,),
        gate=Gate(primary=metric, margin=0.0),
    )


def _field(values: pd.Series) -> tuple[Any, Any]:
    known = values.dropna()
    if values.dtype == object:
        return str | None, open_category("text", example=str(known.iloc[0]), nullable=True)
    return float | None, number(
        "number", minimum=-_FAR, maximum=_FAR, example=float(known.iloc[0]), nullable=True
    )


def _split(spec: ModelSpec, rows: pd.DataFrame, seed: int) -> tuple[pd.DataFrame, pd.DataFrame]:
    stratify = rows[TARGET] if spec.outcomes else None
    kept, held_out = train_test_split(
        rows, test_size=_TEST_SHARE, random_state=seed, stratify=stratify
    )
    return kept, held_out


def _fleet(spec: ModelSpec, rows: pd.DataFrame, seed: int) -> FittedModel:
    """Return the served model: chosen without a held-out side, as by the train step, and refitted.

    The benchmark's own test rows are not among the rows.
    """
    learned, _ = _split(spec, rows, seed)
    choice = Choice(seconds=spec.training.seconds)
    chosen = choose_candidate(spec, learned, SEED, choice, no_progress)
    return refit(spec, fit(spec, chosen.pipeline, learned, SEED, chosen.out_of_fold), rows)


def _measured(spec: ModelSpec, y: np.ndarray[Any, np.dtype[np.float64]], predicted: Any) -> float:
    rule = STATISTICS[spec.task].choose_rule(spec, y, predicted)
    return measure_predicted(spec, y, predicted, rule)[spec.gate.primary.value]
