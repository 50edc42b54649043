"""What a run puts on record of a candidate."""

from typing import Any

import pytest

from modelfleet.catalogue import find, names
from modelfleet.registry.manifest import BundleManifest
from modelfleet.statistics.decision_rule import PredictionInterval
from modelfleet.statistics.results import (
    CandidateScore,
    Estimate,
    Evaluation,
    Selection,
    SliceResult,
)
from modelfleet.training.candidates.folder import candidates
from modelfleet.training.run_values import run_metrics, run_parameters
from tests.serving import manifest

BANKCHURN = find("bankchurn")
SCORES = {"xgboost": (0.84, 0.86), "voting": (0.83, 0.85)}
SELECTION = Selection(
    metric="roc_auc",
    folds=2,
    rows=6_000,
    candidates=tuple(
        CandidateScore(name=name, scores=scores, mean=sum(scores) / 2, spread=0.01)
        for name, scores in SCORES.items()
    ),
    chosen="xgboost",
    reason="xgboost is the default",
    trials=7,
)
EVALUATION = Evaluation(
    rows=2_000,
    metrics={"roc_auc": Estimate(value=0.85, lower=0.83, upper=0.87), "brier": Estimate(value=0.1)},
    calibration_noise=0.03,
    slice_metric="roc_auc",
    slices=(
        SliceResult(
            column="Geo", group="São Tomé & more", rows=300, estimate=Estimate(value=0.8, lower=0.7)
        ),
        SliceResult(column="Geo", group="Malta", rows=3, note="fewer than 100 rows"),
    ),
)
MANIFEST: BundleManifest = manifest(BANKCHURN, "", b"").model_copy(
    update={"selection": SELECTION, "evaluation": EVALUATION}
)


def parameters(known: BundleManifest, model: str = "bankchurn") -> dict[str, Any]:
    """The parameters of the model's default candidate."""
    spec = find(model)
    pipeline = next(iter(candidates(spec, 1).values()))
    return run_parameters(spec, known, pipeline, seed=1)


def test_metrics_have_their_intervals() -> None:
    """Each metric is there with the ends that its interval has."""
    found = run_metrics(MANIFEST, size=1_234)
    assert (found["roc_auc"], found["roc_auc_lower"], found["roc_auc_upper"]) == (0.85, 0.83, 0.87)
    assert found["brier"] == 0.1
    assert "brier_lower" not in found
    assert (found["test_rows"], found["calibration_noise"]) == (2_000, 0.03)
    assert (found["bundle_bytes"], found["threshold"]) == (1_234, 0.4)
    assert found["parity_maximum_difference"] == 0.0


def test_groups_have_names_that_a_registry_takes() -> None:
    """A measured group is a metric in letters of any script; one that is not measured is none."""
    found = run_metrics(MANIFEST, 1)
    assert found["slice/Geo/São Tomé _ more-12048b5b"] == 0.8
    assert found["slice/Geo/São Tomé _ more-12048b5b_lower"] == 0.7
    assert not [name for name in found if "Malta" in name]


def test_each_candidate_has_its_score() -> None:
    """The comparison of candidates is on record: mean and spread of each."""
    found = run_metrics(MANIFEST, 1)
    assert found["cross_validation/xgboost"] == pytest.approx(0.85)
    assert found["cross_validation/voting"] == pytest.approx(0.84)
    assert found["cross_validation/voting_spread"] == 0.01
    told = parameters(MANIFEST)
    assert told["candidates"] == "xgboost, voting"
    assert (told["selection.folds"], told["selection.trials"]) == (2, 7)
    assert told["selection.reason"] == "xgboost is the default"


def test_interval_of_a_regression() -> None:
    """A regression has its interval's ends in place of a threshold."""
    interval = PredictionInterval(level=0.8, lower_offset=-3.0, upper_offset=4.0, scale="absolute")
    known = manifest(find("carvision"), "", b"").model_copy(update={"interval": interval})
    found = run_metrics(known, 1)
    assert (found["interval_lower"], found["interval_upper"]) == (-3.0, 4.0)
    assert "threshold" not in found


@pytest.mark.parametrize("model", names())
def test_parameters_are_all_that_decided(model: str) -> None:
    """Data, seed, features, what the spec sets and every part of the pipeline are there."""
    known = manifest(find(model), "", b"")
    told = parameters(known, model)
    assert told["training_rows_sha256"] == known.data.sha256
    assert (told["seed"], told["estimator"]) == (1, "linear")
    assert told["features"].split(", ") == list(known.encoding.names)
    assert told["spec.gate.primary"] == find(model).gate.primary
    assert len([name for name in told if name.startswith("pipeline.")]) > 10
    assert not [name for name in told if name.endswith("verbose")]
    assert all(isinstance(value, str | int | float | list) for value in told.values())


def test_a_bundle_without_findings() -> None:
    """Manifests without evaluation and selection give what they have."""
    found = run_metrics(manifest(BANKCHURN, "", b""), 1)
    assert found["roc_auc"] == 0.8
    assert not [name for name in found if name.startswith(("slice", "cross", "test_rows"))]
