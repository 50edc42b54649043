"""Better than guessing: the candidate against one answer to every row."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from sklearn.metrics import log_loss, mean_absolute_percentage_error, roc_auc_score

from modelfleet.evaluation.compare import Answers
from modelfleet.evaluation.guessing import compare_with_guessing
from modelfleet.spec.model import Gate, Metric, ModelSpec
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.results import PairedTest

ROWS = 400


def by(spec: ModelSpec, primary: Metric) -> ModelSpec:
    """The model with another primary metric."""
    gate = Gate(primary=primary, margin=0.1)
    return spec.model_copy(update={"gate": gate})


def against(spec: ModelSpec, y: Any, predicted: Any, rule: Any) -> PairedTest:
    """The test on rows of nothing but a target."""
    rows = pd.DataFrame({spec.target.column: y})
    return compare_with_guessing(spec, rows, Answers("2", "d", np.asarray(predicted), rule))


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("primary", [Metric.ROC_AUC, Metric.RECALL, Metric.BRIER, Metric.PR_AUC])
def test_a_coin_is_not_better(binary: ModelSpec, primary: Metric, seed: int) -> None:
    """Probabilities that have nothing to do with the outcome do not pass, whatever the metric."""
    rng = np.random.default_rng(seed)
    y, predicted = rng.integers(0, 2, ROWS).astype(float), rng.uniform(0.4, 0.6, ROWS)
    found = against(by(binary, primary), y, predicted, 0.5)
    better = found.lower if Metric(found.metric).higher_is_better else -(found.upper or 0.0)
    assert better is not None
    assert better <= 0.0


def test_the_guess_is_the_best_constant(binary: ModelSpec, regression: ModelSpec) -> None:
    """By the reference implementations: the classes' shares, and the constant of least loss."""
    rng = np.random.default_rng(1)
    y = (rng.uniform(size=ROWS) < 0.2).astype(float)
    good = np.clip(y * 0.5 + rng.uniform(0.1, 0.4, ROWS), 0.01, 0.99)
    area = against(by(binary, Metric.ROC_AUC), y, good, 0.5)
    assert area.candidate == pytest.approx(roc_auc_score(y, good))
    assert area.champion == 0.5
    assert area.lower is not None
    assert area.lower > 0.0
    prior = against(by(binary, Metric.LOG_LOSS), y, good, 0.5)
    assert prior.champion == pytest.approx(log_loss(y, np.full(ROWS, y.mean())))
    value = np.exp(rng.normal(3, 1, ROWS))
    rule = PredictionInterval(level=0.8, lower_offset=-1.0, upper_offset=1.0, scale="absolute")
    percent = against(by(regression, Metric.MAPE), value, value, rule)
    least = minimize_scalar(
        lambda constant: mean_absolute_percentage_error(value, np.full(ROWS, constant)),
        bounds=(value.min(), value.max()),
        method="bounded",
    )
    assert percent.champion == pytest.approx(least.fun, rel=1e-3)
    assert against(by(regression, Metric.R2), value, value, rule).champion == pytest.approx(0.0)


def test_without_a_mape_the_mae_decides(regression: ModelSpec) -> None:
    """Where the target has zeros."""
    rng = np.random.default_rng(2)
    y = np.where(rng.random(ROWS) < 0.5, 0.0, rng.uniform(5, 9, ROWS))
    rule = PredictionInterval(level=0.8, lower_offset=-1.0, upper_offset=1.0, scale="absolute")
    found = against(by(regression, Metric.MAPE), y, y + rng.normal(size=ROWS), rule)
    assert found.metric == Metric.MAE
    assert found.upper is not None
    assert found.upper < 0.0
