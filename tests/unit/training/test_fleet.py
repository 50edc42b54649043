"""The fleet's own candidates: what is offered, how they stop, and that each exports exactly."""

import sys
from collections.abc import Iterator

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingRegressor

from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.datasets.manifest import Side
from modelfleet.spec.errors import SpecError
from modelfleet.spec.model import ModelSpec, Resampling, Training
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.cross_validate import CrossValidation
from modelfleet.training.candidates.early_stopping import fixed_rounds, stops_early
from modelfleet.training.candidates.fleet import ROUNDS, SEARCH, fleet_candidates
from modelfleet.training.candidates.folder import offered_candidates, search_space, with_encoding
from modelfleet.training.export import export, measure_parity
from modelfleet.training.fit import fit
from tests.fleet.beside import GRADED, beside_the_fleet
from tests.training import frame

SEED = 7
ROWS = 900
# About as many as the folds of so few rows find best; a training never fits 1,500.
FINAL_ROUNDS = 100
MODELS = ("bankchurn", "carvision", GRADED)
PLAIN = ["lightgbm", "lightgbm_shallow", "linear", "xgboost", "hist_gradient_boosting"]


@pytest.fixture(autouse=True, scope="module")
def graded() -> Iterator[None]:
    """Let the model of four classes be one of the fleet."""
    with beside_the_fleet():
        yield


def offered(spec: ModelSpec) -> list[str]:
    """Names of the fleet's candidates for a model's sample rows."""
    y = outcomes(spec, frame(spec.name, Side.TRAIN, rows=ROWS))
    return list(fleet_candidates(spec, y, SEED))


@pytest.mark.no_cover  # `test_onnx_export.py` covers the lines
@pytest.mark.parametrize("model", MODELS)
def test_each_exports_exactly(model: str) -> None:
    """The export answers like the pipeline on held-out, missing, unseen, and extreme values."""
    spec, train = find(model), frame(model, Side.TRAIN, rows=ROWS)
    for name, pipeline in fleet_candidates(spec, outcomes(spec, train), SEED).items():
        pipeline.set_params(**fixed_rounds(pipeline, FINAL_ROUNDS))
        fitted = fit(spec, with_encoding(spec, pipeline), train, SEED)
        scorer = OnnxScorer(export(fitted, OnnxExporter()))
        test = frame(model, Side.TEST, rows=ROWS)
        parity = measure_parity(fitted, scorer, spec.features.columns(), test)
        assert parity.maximum_difference <= 1e-5, name


def test_skewed_targets_are_learned_as_logarithms_too() -> None:
    """A price has candidates for its logarithm, a class has none."""
    assert offered(find("bankchurn")) == PLAIN
    assert offered(find("carvision")) == [each for name in PLAIN for each in (name, f"{name}_log")]
    even = np.random.default_rng(0).normal(9, 1, 99)
    free = np.array([0.0, *np.exp(np.arange(9.0))] * 9)
    for y in (even, free):
        assert list(fleet_candidates(find("carvision"), y, SEED)) == PLAIN


def test_resampling_is_a_candidate_where_it_is_declared_and_called_for() -> None:
    """It is off by default, and of no use where the classes are nearly balanced."""
    churn = find("bankchurn")
    smote = Resampling(method="smote", imbalance_ratio=2.0)
    assert "lightgbm_resampled" not in offered(churn)
    assert "lightgbm_resampled" in offered(churn.model_copy(update={"resampling": smote}))
    rare = Resampling(method="smote", imbalance_ratio=50.0)
    assert "lightgbm_resampled" not in offered(churn.model_copy(update={"resampling": rare}))


def test_boosting_stops_on_the_rows_left_out() -> None:
    """The final fit runs about as many rounds as were best on the folds, without a stop."""
    spec, train = find("bankchurn"), frame("bankchurn", Side.TRAIN, rows=ROWS)
    validation = CrossValidation.of(spec, train, SEED)
    for name, each in fleet_candidates(spec, outcomes(spec, train), SEED).items():
        pipeline = with_encoding(spec, each)
        found = validation.out_of_fold(pipeline)
        settled = found.settle(pipeline)
        assert (found.rounds is None) == (name == "linear")
        assert found.rounds is None or 1 <= found.rounds < ROUNDS / 2
        assert not stops_early(settled)
        if found.rounds is not None:
            counts = settled.get_params()
            assert found.rounds in (
                counts.get("estimate__n_estimators"),
                counts.get("estimate__max_iter"),
            )


def test_scikit_learn_s_automatic_stop_stays_its_own() -> None:
    """A candidate that leaves early stopping at "auto" does not ask for left-out rows."""
    spec = find("carvision")
    for automatic, asks in (("auto", False), (False, False), (True, True)):
        model = HistGradientBoostingRegressor(early_stopping=automatic)
        pipeline = with_encoding(spec, fleet_candidates(spec, np.ones(9), SEED)["linear"])
        pipeline.steps[-1] = ("estimate", model)
        assert stops_early(pipeline) is asks


def test_a_system_without_openmp_has_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where LightGBM cannot be loaded, the other candidates are offered and exported."""

    class Unloadable:
        def find_spec(self, name: str, *_: object) -> None:
            if name == "lightgbm":
                raise OSError("libgomp.so.1: cannot open shared object file")

    for name in [name for name in sys.modules if name.partition(".")[0] == "lightgbm"]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [Unloadable(), *sys.meta_path])
    assert offered(find("bankchurn")) == PLAIN[2:]
    OnnxExporter()


def test_a_folder_adds_and_replaces() -> None:
    """The folder's candidates come after the fleet's, or replace those of the same name."""
    spec = find("bankchurn")
    both = offered_candidates(spec, np.zeros(0), SEED)
    assert list(both) == [*PLAIN, "voting"]
    assert both["xgboost"].steps[-1][1].max_depth == 4
    alone = spec.model_copy(update={"training": Training(default_candidates=False)})
    assert list(offered_candidates(alone, np.zeros(0), SEED)) == ["xgboost", "voting"]


def test_a_model_without_estimators_has_the_default_candidates() -> None:
    """The folder's file is optional, unless the default candidates are disabled."""
    spec = find("telecom").model_copy(update={"name": "nosuch", "resampling": Resampling()})
    assert list(offered_candidates(spec, np.zeros(0), SEED)) == PLAIN
    alone = spec.model_copy(update={"training": Training(default_candidates=False)})
    with pytest.raises(SpecError, match=r"layers/models/nosuch/estimators\.py is missing"):
        offered_candidates(alone, np.zeros(0), SEED)


def test_what_is_tuned_is_a_parameter() -> None:
    """Every name in a search space is a parameter of its candidate."""
    spec = find("carvision")
    both = offered_candidates(spec, np.exp(np.random.default_rng(0).normal(0, 2, 99)), SEED)
    assert set(SEARCH) < set(both)
    for name, pipeline in both.items():
        assert set(search_space(spec, name)) <= set(pipeline.get_params())
