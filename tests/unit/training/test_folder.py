"""Every pipeline that a model's folder offers is trainable and exports exactly."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find, names
from modelfleet.datasets.manifest import Side
from modelfleet.evaluation.measure import predict
from modelfleet.registry.manifest import ONNX_INPUT
from modelfleet.training.candidates.folder import candidates, default_candidate, offered_candidates
from modelfleet.training.export import export, measure_parity
from modelfleet.training.fit import FittedModel, fit
from tests.training import frame

SEED = 7
OFFERED = [(model, name) for model in names() for name in candidates(find(model), SEED)]
DEFAULTS = {
    "bankchurn": "xgboost",
    "carvision": "random_forest",
    "leads": "shallow_boosting",
    "telecom": "voting",
}


@pytest.mark.parametrize(("model", "name"), OFFERED)
def test_candidate_exports_exactly(model: str, name: str) -> None:
    """The export answers like the fitted pipeline: held-out, missing, unseen and extreme rows."""
    spec = find(model)
    fitted = fit(spec, candidates(spec, SEED)[name], frame(model, Side.TRAIN), SEED)
    content = export(fitted, OnnxExporter())
    scorer = OnnxScorer(content)
    test = frame(model, Side.TEST)
    parity = measure_parity(fitted, scorer, spec.features.columns(), test)
    assert parity.rows > len(test)
    assert parity.maximum_difference <= 1e-4
    assert len(content) < spec.gate.bundle_bytes_maximum
    assert ONNX_INPUT.encode() in content


@pytest.mark.parametrize("model", DEFAULTS)
def test_defaults_are_the_declared_ones(model: str) -> None:
    """The default is the folder's first candidate, and the fleet's own are there to choose from."""
    spec = find(model)
    assert default_candidate(spec, SEED)[0] == DEFAULTS[model]
    both = offered_candidates(spec, np.zeros(0), SEED)
    assert set(candidates(spec, SEED)) < set(both)
    assert next(iter(both)) == "lightgbm"


@pytest.mark.parametrize("model", ["bankchurn", "leads", "telecom"])
def test_probabilities_are_calibrated(model: str) -> None:
    """The mean probability on held-out rows is the share of positives, resampled or not."""
    spec = find(model)
    train, test = frame(model, Side.TRAIN, 1, 6_000), frame(model, Side.TEST, 1, 6_000)
    fitted = fit(spec, default_candidate(spec, SEED)[1], train, SEED)
    share = test[spec.target.column].mean()
    assert fitted.predict(test).mean() == pytest.approx(share, abs=0.03)


@pytest.fixture(scope="module")
def cars() -> tuple[FittedModel, OnnxScorer]:
    """A fitted car price model and its export."""
    spec = find("carvision")
    fitted = fit(spec, default_candidate(spec, SEED)[1], frame("carvision", Side.TRAIN), SEED)
    return fitted, OnnxScorer(export(fitted, OnnxExporter()))


@settings(max_examples=50)
@given(
    odometer=st.none() | st.floats(0, 2_000_000),
    model_year=st.none() | st.integers(1900, 2100),
    model=st.text(min_size=1, max_size=20),
)
def test_any_valid_car_is_priced_alike(
    cars: tuple[FittedModel, OnnxScorer],
    odometer: float | None,
    model_year: int | None,
    model: str,
) -> None:
    """Whatever a request may hold, the export and the pipeline give the same price."""
    fitted, scorer = cars
    row = frame("carvision", Side.TEST).head(1)
    changed = {"odometer": odometer, "model_year": model_year}
    numbers = {name: float("nan") if v is None else float(v) for name, v in changed.items()}
    rows = row.assign(**numbers, model=model)
    served = predict(scorer, fitted.encoding, rows)
    assert served == pytest.approx(fitted.predict(rows), rel=1e-4)
    assert np.isfinite(served).all()
