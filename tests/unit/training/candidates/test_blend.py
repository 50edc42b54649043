"""Blends of candidates: how members are found, and that the export is exactly their mean."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from imblearn.pipeline import Pipeline
from sklearn.base import clone
from sklearn.dummy import DummyClassifier

from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.shapley import shapley_values
from modelfleet.tables.encode import as_rows
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.blend import MEMBERS, Tried, blend_of, blended
from modelfleet.training.candidates.cross_validate import CrossValidation, OutOfFold
from modelfleet.training.candidates.early_stopping import fixed_rounds
from modelfleet.training.candidates.fleet import fleet_candidates
from modelfleet.training.candidates.folder import with_encoding
from modelfleet.training.candidates.resample import Resampler
from modelfleet.training.export import export, measure_parity
from modelfleet.training.fit import FittedModel, fit, refit
from tests.fleet.beside import GRADED, beside_the_fleet
from tests.training import frame

SEED = 7
SPEC = find("telecom")
ROWS = frame(SPEC.name, Side.TRAIN)
GUESS = with_encoding(SPEC, Pipeline([("estimate", DummyClassifier())]))
AMPLE = 1e9
WEIGHTS = (0.5, 0.3, 0.2)


@pytest.fixture(autouse=True, scope="module")
def graded() -> Iterator[None]:
    """Let the model of four classes be one of the fleet."""
    with beside_the_fleet():
        yield


@cache
def validation() -> CrossValidation:
    """Folds of the telecom rows."""
    return CrossValidation.of(SPEC, ROWS, SEED)


def knowing(seed: int, noise: float = 0.6, microseconds: float = 1.0) -> Tried:
    """A candidate whose out-of-fold predictions err independently of those of other seeds."""
    within = validation()
    predicted = within.y + np.random.default_rng(seed).normal(0.0, noise, within.y.size)
    found = out_of_fold(within, predicted, microseconds)
    scores = tuple(within.measure(found.y[place], predicted[place]) for place in within.places)
    return Tried(GUESS, found_with(found, scores))


def out_of_fold(
    within: CrossValidation,
    predicted: np.ndarray,
    microseconds: float = 1.0,
    parameters: Mapping[str, Any] | None = None,
) -> OutOfFold:
    """Out-of-fold predictions as if a pipeline had made them."""
    return OutOfFold(
        rows=within.positions,
        y=within.y,
        groups=None,
        predicted=predicted,
        scores=(0.5,) * len(within.folds),
        size=1,
        rounds=None,
        parameters=dict(parameters or {}),
        microseconds=microseconds,
        seconds=0.0,
    )


def found_with(found: OutOfFold, scores: tuple[float, ...]) -> OutOfFold:
    """The same predictions with their scores."""
    return replace(found, scores=scores)


def test_what_errs_apart_is_better_together() -> None:
    """The weights of at most three members sum to 1, and the better candidate weighs more."""
    tried = {f"noise {seed}": knowing(seed, 0.6 + 0.1 * seed) for seed in range(5)}
    found = blended(validation(), tried, AMPLE)
    assert found is not None
    weights, blend = found
    assert 2 <= len(weights) <= MEMBERS
    assert sum(weights.values()) == pytest.approx(1.0)
    assert max(weights, key=lambda name: weights[name]) == "noise 0"
    best = max(np.mean(each.found.scores) for each in tried.values())
    assert np.mean(blend.found.scores) > best + 0.01
    mean = sum(share * tried[name].found.predicted for name, share in weights.items())
    assert blend.found.predicted == pytest.approx(mean)


def test_scores_of_a_blend_are_of_weights_that_did_not_see_the_fold() -> None:
    """Where there is nothing to gain, the blend's score does not look as if there were."""
    within = validation()
    gains = []
    for first in range(4):
        tried = {}
        for seed in range(5):
            rng = np.random.default_rng(100 * first + seed)
            predicted = rng.random(within.y.size)
            scores = tuple(within.measure(within.y[p], predicted[p]) for p in within.places)
            tried[str(seed)] = Tried(GUESS, found_with(out_of_fold(within, predicted), scores))
        found = blended(within, tried, AMPLE)
        if found is not None:
            gains.append(np.mean(found[1].found.scores) - 0.5)
    assert gains
    assert abs(np.mean(gains)) < 0.02


def test_members_share_the_budget() -> None:
    """Together, they are not slower than allowed, and an only member is no blend."""
    tried = {str(seed): knowing(seed, microseconds=10.0) for seed in range(4)}
    found = blended(validation(), tried, 20.0)
    assert found is not None
    assert len(found[0]) == 2
    assert found[1].found.microseconds == 20.0
    assert blended(validation(), tried, 19.0) is None
    assert blended(validation(), tried, 9.0) is None


def test_one_candidate_is_no_blend() -> None:
    """Neither is the same candidate twice."""
    assert blended(validation(), {"a": knowing(1)}, AMPLE) is None
    assert blended(validation(), {"a": knowing(1), "b": knowing(1)}, AMPLE) is None


def test_candidates_that_resample_are_no_members() -> None:
    """Their probabilities are shifted."""
    steps = [("resample", Resampler(SPEC.features.columns(), SPEC.resampling, SEED))]
    shifted = Pipeline([*GUESS.steps[:1], *steps, *GUESS.steps[1:]])
    other = knowing(2)
    assert blended(validation(), {"a": knowing(1), "b": other}, AMPLE) is not None
    assert blended(validation(), {"a": knowing(1), "b": Tried(shifted, other.found)}, AMPLE) is None


def blend_fitted(model: str, names: tuple[str, ...], rounds: int) -> tuple[ModelSpec, FittedModel]:
    """A fitted blend of the fleet's own candidates, with few rounds."""
    spec, train = find(model), frame(model, Side.TRAIN, rows=900)
    within = CrossValidation.of(spec, train, SEED)
    offered = fleet_candidates(spec, outcomes(spec, train), SEED)
    probabilities = (len(train), len(spec.classes)) if spec.classes else (len(train),)
    members = {}
    for name in names:
        pipeline = with_encoding(spec, offered[name])
        found = out_of_fold(
            within,
            np.full(probabilities, 1.0 / max(1, len(spec.classes))) + within.y.mean() * 1e-3,
            parameters=fixed_rounds(pipeline, rounds),
        )
        members[name] = Tried(pipeline, found)
    weights = dict(zip(names, WEIGHTS, strict=True))
    blend = blend_of(within, members, weights, (0.5,) * len(within.folds))
    plain = spec.model_copy(update={"calibration": "none"})
    return spec, fit(plain, blend.pipeline, train, SEED, blend.found)


@pytest.mark.no_cover  # `test_onnx_export.py` covers the lines
@pytest.mark.parametrize(
    ("model", "names"),
    [
        ("bankchurn", ("lightgbm", "linear", "xgboost")),
        (GRADED, ("linear", "hist_gradient_boosting", "lightgbm_shallow")),
        ("carvision", ("lightgbm_log", "xgboost", "hist_gradient_boosting_log")),
        ("carvision", ("linear_log", "lightgbm_shallow_log", "xgboost_log")),
    ],
)
def test_a_blend_exports_exactly(model: str, names: tuple[str, ...]) -> None:
    """One graph answers like the mean, on held-out, missing, unseen, and extreme values.

    It is explained as one: the contributions add up to its prediction.
    """
    spec, fitted = blend_fitted(model, names, rounds=60)
    test = frame(model, Side.TEST, rows=900)
    scorer = OnnxScorer(export(fitted, OnnxExporter()))
    parity = measure_parity(fitted, scorer, spec.features.columns(), test)
    assert parity.maximum_difference <= 1e-5
    voting = fitted.pipeline.steps[-1][1]
    assert voting.weights.tolist() == list(WEIGHTS)
    rows = as_rows(test.head(9), fitted.encoding.names)
    encoded = np.asarray(fitted.encoding.encode(rows), np.float32)

    def score(rows: np.ndarray) -> np.ndarray:
        answered = np.asarray(scorer.score(rows.tolist()))
        return answered if answered.ndim == 1 else answered[:, 0]

    made = shapley_values(
        score,
        encoded[0],
        encoded[1:],
        row_score=float(score(encoded[:1])[0]),
        evaluations=300,
        seed=SEED,
        owners=fitted.encoding.owners,
    )
    assert made.base + made.values.sum() == pytest.approx(float(score(encoded[:1])[0]), rel=1e-4)


def test_every_member_is_refitted() -> None:
    """The served blend has the members, rounds, and weights of the judged one, on more rows."""
    spec, judged = blend_fitted("bankchurn", ("lightgbm", "linear", "xgboost"), rounds=5)
    more = frame("bankchurn", Side.TEST, rows=900)
    served = refit(spec, judged, more)
    before, after = (model.pipeline.steps[-1][1] for model in (judged, served))
    assert after.weights.tolist() == before.weights.tolist()
    for first, second in zip(before.estimators_, after.estimators_, strict=True):
        assert first is not second
        assert str(first.get_params()) == str(second.get_params())
    a, b = (m.predict(more.head(50)) for m in (judged, served))
    assert not np.allclose(a, b)


@cache
def tiny() -> tuple[Pipeline, OnnxScorer]:
    """A blend of three tiny boosters of a value over three columns with gaps, and its export."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(200, 3)) * [1.0, 1e3, 1e6]
    X[rng.random(X.shape) < 0.15] = np.nan
    y = np.exp(np.nan_to_num(X[:, 0]) + np.isnan(X[:, 1]) + rng.normal(0.0, 0.3, 200))
    offered = fleet_candidates(find("carvision"), y, SEED)
    names = ("lightgbm_log", "xgboost", "hist_gradient_boosting_log")
    members = {}
    within = CrossValidation(find("carvision"), None, y, np.arange(200), None, ())  # type: ignore[arg-type]  # no rows are needed
    for name in names:
        pipeline = Pipeline([("encode", "passthrough"), *clone(offered[name]).steps])
        found = out_of_fold(within, y, parameters=fixed_rounds(pipeline, 8))
        members[name] = Tried(pipeline, found)
    blend = blend_of(within, members, dict(zip(names, WEIGHTS, strict=True)), ())
    fitted = Pipeline(blend.pipeline.steps[1:]).fit(X, y)
    return fitted, OnnxScorer(OnnxExporter().export(fitted, 3, None))


@settings(deadline=None, max_examples=25)
@given(arrays(np.float32, (4, 3), elements=st.floats(width=32, allow_infinity=False)))
def test_any_row_is_scored_alike(rows: np.ndarray) -> None:
    """Of any numbers, and of missing ones, the graph makes what the fitted members make."""
    fitted, scorer = tiny()
    assert scorer.score(rows.tolist()) == pytest.approx(
        fitted.predict(rows.astype(np.float64)), rel=1e-5
    )
