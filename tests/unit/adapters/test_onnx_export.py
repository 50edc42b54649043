"""The ONNX graphs: calibration inside, the same branch for every float32, and none too many."""

from typing import Literal

import numpy as np
import onnx
import pytest
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.dummy import DummyClassifier
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from xgboost import XGBClassifier, XGBRegressor

from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.registry.manifest import ONNX_INPUT, ONNX_OUTPUT
from modelfleet.statistics.calibration import calibrate, fit_calibration
from modelfleet.statistics.calibration_map import (
    Calibration,
    IsotonicCalibration,
    SigmoidCalibration,
)

COLUMNS = 3


@pytest.fixture(scope="module")
def rows() -> tuple[np.ndarray, np.ndarray]:
    """Rows with gaps, at float32 precision, and a score that depends on values and gaps."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(800, COLUMNS)) * [1.0, 1e3, 1e6]
    X[rng.random(X.shape) < 0.15] = np.nan
    X = X.astype(np.float32).astype(np.float64)
    score = np.nan_to_num(X[:, 0]) + np.isnan(X[:, 1]) + np.nan_to_num(X[:, 2]) / 1e6
    return X, score + rng.normal(size=800) * 0.3


def scorer(estimator: object, calibration: Calibration | None = None) -> OnnxScorer:
    """The export of a fitted estimator."""
    pipeline = Pipeline([("estimate", estimator)])
    return OnnxScorer(OnnxExporter().export(pipeline, COLUMNS, calibration))


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestRegressor(20, random_state=0),
        HistGradientBoostingRegressor(max_iter=30, random_state=0),
        XGBRegressor(n_estimators=30, n_jobs=1),
        LGBMRegressor(n_estimators=30, n_jobs=1, verbosity=-1),
    ],
)
def test_regressors_export_missing_values(
    rows: tuple[np.ndarray, np.ndarray], estimator: RandomForestRegressor
) -> None:
    """Regressors send missing values down the branch that they learned."""
    X, y = rows
    expected = estimator.fit(X, y).predict(X)
    assert scorer(estimator).score(X.tolist()) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(20, random_state=0),
        HistGradientBoostingClassifier(max_iter=30, random_state=0),
        LGBMClassifier(n_estimators=30, n_jobs=1, verbosity=-1),
    ],
)
def test_thresholds_hold_at_the_next_float(
    rows: tuple[np.ndarray, np.ndarray], estimator: RandomForestClassifier
) -> None:
    """Rows one float32 beside every training value take the branches of the fitted model."""
    X, score = rows
    estimator.fit(X, score > 0)
    narrow = X.astype(np.float32)
    infinity = np.float32(np.inf)
    near = np.vstack([np.nextafter(narrow, infinity), np.nextafter(narrow, -infinity)])
    expected = estimator.predict_proba(near.astype(np.float64))[:, 1]
    assert scorer(estimator).score(near.tolist()) == pytest.approx(expected, abs=1e-6)


def test_lightgbm_reads_an_unexpected_gap_as_it_was_fitted() -> None:
    """A missing value in a column that had none in training takes the branch of LightGBM."""
    rng = np.random.default_rng(0)
    X = rng.normal([0.5, -0.5, 3.0], size=(500, COLUMNS))
    model = LGBMRegressor(n_estimators=30, n_jobs=1, verbosity=-1).fit(X, X.sum(axis=1))
    gaps = X.copy()
    gaps[rng.random(X.shape) < 0.5] = np.nan
    expected = model.predict(gaps)
    assert scorer(model).score(gaps.tolist()) == pytest.approx(expected, abs=1e-5)


def test_lightgbm_without_a_split_is_a_constant() -> None:
    """Where nothing can be learned, each tree is a single leaf."""
    X = np.zeros((40, COLUMNS))
    model = LGBMRegressor(n_estimators=3, n_jobs=1, verbosity=-1).fit(X, np.arange(40.0))
    assert scorer(model).score(X[:2].tolist()) == pytest.approx([19.5, 19.5])


@pytest.mark.parametrize(
    ("model", "because"),
    [
        (LGBMClassifier(n_estimators=2, boosting_type="dart", verbosity=-1), "dart"),
        (LGBMClassifier(n_estimators=2, zero_as_missing=True, verbosity=-1), "zero_as_missing"),
    ],
)
def test_lightgbm_settings_that_do_not_export_are_refused(
    rows: tuple[np.ndarray, np.ndarray], model: LGBMClassifier, because: str
) -> None:
    """A setting that the graph cannot express fails the export, and does not come out wrong."""
    X, score = rows
    with pytest.raises(NotImplementedError, match=because):
        scorer(model.fit(X, score > 0))


@pytest.mark.parametrize(
    "calibration",
    [
        None,
        SigmoidCalibration(slope=1.3, intercept=-1.1),
        SigmoidCalibration(slope=0.3, intercept=2.0),
        IsotonicCalibration(scores=(0.0, 0.2, 0.205, 1.0), probabilities=(0.0, 0.1, 0.9, 0.95)),
    ],
)
def test_calibration_is_inside_the_graph(calibration: Calibration | None) -> None:
    """The graph's answer is the calibrated score, over the whole range of scores."""
    X = np.random.default_rng(0).normal(size=(400, COLUMNS))
    model = LogisticRegression(C=1e4).fit(X, X[:, 0] > 0)
    far = np.linspace(-3, 3, 4_001, dtype=np.float32)[:, None] * np.ones((1, COLUMNS))
    expected = calibrate(calibration, model.predict_proba(far)[:, 1])
    assert scorer(model, calibration).score(far.tolist()) == pytest.approx(expected, abs=5e-5)


def test_fitted_isotonic_calibration_is_exact_enough() -> None:
    """A calibration that was learned, and not made up, survives float32 as well."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(4_000, COLUMNS))
    y = (rng.random(4_000) < 1 / (1 + np.exp(-3 * X[:, 0]))).astype(float)
    model = LogisticRegression().fit(X, y)
    scores = model.predict_proba(X)[:, 1]
    calibration = fit_calibration("isotonic", scores, y)
    answered = scorer(model, calibration).score(X.tolist())
    assert answered == pytest.approx(calibrate(calibration, scores), abs=2e-5)


def test_graph_has_the_bundle_s_signature(rows: tuple[np.ndarray, np.ndarray]) -> None:
    """The graph takes float32 features, gives a float32 column, and has no node for labels."""
    X, score = rows
    model = HistGradientBoostingClassifier(max_iter=5).fit(X, score > 0)
    pipeline = Pipeline([("classify", model)])
    content = OnnxExporter().export(pipeline, COLUMNS, None)
    assert content == OnnxExporter().export(pipeline, COLUMNS, None)
    graph = onnx.load_from_string(content).graph
    onnx.checker.check_model(onnx.load_from_string(content))
    assert [i.name for i in graph.input] == [ONNX_INPUT]
    assert [o.name for o in graph.output] == [ONNX_OUTPUT]
    assert "ArgMax" not in {node.op_type for node in graph.node}


def test_categorical_splits_are_refused() -> None:
    """Trees that split on sets of categories cannot be exported, and do not come out wrong."""
    X = np.tile([[0.0, 1.0, 2.0], [1.0, 0.0, 5.0]], (40, 1))
    model = HistGradientBoostingClassifier(categorical_features=[0], min_samples_leaf=1)
    model.fit(X, X[:, 0] == 1)
    with pytest.raises(NotImplementedError):
        scorer(model)


def test_unknown_estimator_is_an_error() -> None:
    """An estimator that nobody can convert fails the export."""
    model = DummyClassifier().fit(np.zeros((2, COLUMNS)), [0, 1])
    with pytest.raises(Exception, match="DummyClassifier"):
        scorer(model)


@pytest.mark.parametrize("kind", [None, "sigmoid", "isotonic"])
@pytest.mark.parametrize(
    "estimator",
    [
        RandomForestClassifier(20, min_samples_leaf=3, random_state=0),
        HistGradientBoostingClassifier(max_iter=15, random_state=0),
        XGBClassifier(n_estimators=15, n_jobs=1),
        LGBMClassifier(n_estimators=15, n_jobs=1, verbosity=-1),
    ],
    ids=lambda estimator: type(estimator).__name__,
)
def test_every_class_is_exported(
    rows: tuple[np.ndarray, np.ndarray],
    estimator: RandomForestClassifier,
    kind: Literal["sigmoid", "isotonic"] | None,
) -> None:
    """Of more than two classes the graph answers each one's probability, calibrated, as fitted."""
    X, score = rows
    y = np.digitize(score, [-0.7, 0.3, 1.2]).astype(float)
    scores = estimator.fit(X, y).predict_proba(X).astype(np.float64)
    calibration = fit_calibration(kind or "none", scores, y)
    answered = np.array(scorer(estimator, calibration).score(X.tolist()))
    assert answered == pytest.approx(calibrate(calibration, scores), abs=5e-5)
    assert answered.sum(axis=1) == pytest.approx(np.ones(len(X)), abs=1e-5)
