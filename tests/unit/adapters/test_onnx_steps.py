"""The project's own pipeline steps answer in ONNX Runtime as in Python."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline

from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.training.candidates.log_target import LogTarget
from modelfleet.training.candidates.normal_scores import NormalScores

COLUMNS = 4
_NUMBERS = st.floats(-(2.0**100), 2.0**100, width=32) | st.just(float("nan"))


def exported(pipeline: Pipeline) -> OnnxScorer:
    """The export of a fitted pipeline."""
    return OnnxScorer(OnnxExporter().export(pipeline, COLUMNS, None))


@pytest.fixture(scope="module")
def scored() -> tuple[Pipeline, OnnxScorer]:
    """A linear model on columns with outliers, gaps, a constant, and nothing at all."""
    rng = np.random.default_rng(0)
    X = np.column_stack(
        [
            np.exp(3 * rng.normal(size=500)),
            rng.integers(0, 4, 500).astype(float),
            np.full(500, 7.0),
            np.full(500, np.nan),
        ]
    )
    X[rng.random(500) < 0.2, 0] = np.nan
    X = X.astype(np.float32).astype(np.float64)
    y = np.nan_to_num(X[:, 1]) + np.isnan(X[:, 0])
    pipeline = Pipeline([("scores", NormalScores(knots=16)), ("estimate", Ridge())]).fit(X, y)
    return pipeline, exported(pipeline)


@settings(max_examples=200)
@given(row=arrays(np.float32, (1, COLUMNS), elements=_NUMBERS))
def test_any_number_gets_the_same_score(
    scored: tuple[Pipeline, OnnxScorer], row: np.ndarray
) -> None:
    """Whatever a row holds, far outside the training rows too, both answers agree."""
    pipeline, scorer = scored
    expected = pipeline.predict(row.astype(np.float64))
    assert scorer.score(row.tolist()) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("scale", [1.0, 1.3])
@pytest.mark.parametrize("level", [1e-3, 1.0, 1e6])
def test_a_logarithm_is_undone_in_the_graph(scale: float, level: float) -> None:
    """A regression of the logarithm answers in the target's unit, whatever its size."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(300, COLUMNS)).astype(np.float32).astype(np.float64)
    model: Any = LogTarget(Ridge(), scale).fit(X, level * np.exp(X.sum(axis=1)))
    scorer = exported(Pipeline([("estimate", model)]))
    assert scorer.score(X.tolist()) == pytest.approx(model.predict(X), rel=1e-5)
