"""The step evaluate against a champion: every way through the gate, with really trained models."""

import pytest

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import to_parquet
from modelfleet.evaluation.gate import Decision
from modelfleet.registry.manifest import MODEL_FILE
from modelfleet.retraining.state import Evaluated
from modelfleet.spec.errors import BundleError, StepError
from modelfleet.spec.model import Gate, Metric, ModelSpec
from modelfleet.storage import keys
from modelfleet.training.evaluate import evaluate
from modelfleet.training.loaded_rows import LOADED_FILE
from modelfleet.training.staging import candidate_folder
from tests.gating import MODEL, ROWS, SPEC, World, spoiled
from tests.training import prepared_state, splits

# So wide that no difference of this file's models blocks.
TOLERANT = SPEC.model_copy(update={"gate": SPEC.gate.model_copy(update={"margin": 0.5})})


def reason(result: Evaluated) -> str:
    """The one reason of a verdict."""
    (told,) = result.verdict.reasons
    return told


def test_first_candidate_is_promoted(world: World) -> None:
    """Where nothing serves yet, a candidate within its limits is promoted."""
    result = world.judged("clean")
    assert result.verdict.decision is Decision.PROMOTE
    assert reason(result) == "no champion yet"
    assert result.champion_metrics is None
    assert result.comparison is None


def test_first_candidate_must_be_better_than_guessing(world: World) -> None:
    """Where nothing was learned, nothing is released, whatever limits the model declares."""
    limitless = Gate(primary=Metric.ROC_AUC, margin=0.04)
    spec = SPEC.model_copy(update={"gate": limitless, "slices": None})
    result = world.judged("spoiled", spec=spec)
    assert result.verdict.decision is Decision.BLOCK
    assert result.verdict.reasons[0].startswith("no better than guessing: ROC AUC 0.")
    assert "against 0.5000 of one answer to every row" in result.verdict.reasons[0]
    forced = world.judged("spoiled", spec=spec, force=True)
    assert forced.verdict.decision is Decision.PROMOTE


def test_better_candidate_is_promoted(world: World) -> None:
    """A candidate whose whole interval of the difference lies above 0 replaces the champion."""
    result = world.judged("clean", world.serving("mostly_spoiled"))
    assert result.verdict.decision is Decision.PROMOTE
    assert result.comparison is not None
    test = result.comparison.primary
    assert test.lower is not None
    assert test.lower > 0.0
    assert test.name == "DeLong"
    assert test.p_value < 0.05
    told = reason(result)
    assert told.startswith("significantly better: ROC AUC")
    assert f"{test.candidate:.4f} against {test.champion:.4f} of champion" in told
    assert "DeLong, p" in told


def test_equal_candidate_is_kept(world: World) -> None:
    """The same rows make the same model: it is registered, and the champion stays."""
    result = world.judged("clean", world.serving("clean"))
    assert result.verdict.decision is Decision.KEEP
    assert "no significant improvement" in reason(result)
    assert result.champion_metrics == pytest.approx(result.metrics)


def test_candidate_worse_within_the_margin_is_kept(world: World) -> None:
    """A candidate that is behind beyond chance, but by no more than is allowed, is kept."""
    result = world.judged("mostly_spoiled", world.serving("clean"), TOLERANT)
    assert result.verdict.decision is Decision.KEEP
    assert reason(result).startswith("significantly worse: ROC AUC")


def test_candidate_that_may_be_too_much_worse_is_blocked(world: World) -> None:
    """Where the interval of the difference reaches below the margin, the reason says both."""
    result = world.judged("mostly_spoiled", world.serving("clean"))
    assert result.verdict.decision is Decision.BLOCK
    assert result.comparison is not None
    lower = result.comparison.primary.lower
    assert lower is not None
    assert f"may be worse by {-lower:.4f} (0.0400 allowed)" in reason(result)


@pytest.mark.parametrize("spec", [SPEC, TOLERANT], ids=["blocked", "kept"])
def test_force_overrules_the_comparison(world: World, spec: ModelSpec) -> None:
    """A forced candidate is released, with the comparison and the force among the reasons."""
    result = world.judged("mostly_spoiled", world.serving("clean"), spec, force=True)
    assert result.verdict.decision is Decision.PROMOTE
    compared, forced = result.verdict.reasons
    assert "worse" in compared
    assert "force" in forced


def test_decisions_are_compared_beside_it(world: World) -> None:
    """McNemar's test at both thresholds and the bootstrap of every other metric are reported."""
    comparison = world.judged("clean", world.serving("mostly_spoiled")).comparison
    assert comparison is not None
    assert comparison.rows == len(splits(MODEL, rows=ROWS)[Side.TEST])
    tests = {test.metric: test for test in comparison.others}
    assert tests["accuracy"].name == "McNemar"
    assert tests[Metric.PRECISION_AT_100].name == "paired bootstrap"
    upper = tests[Metric.BRIER].upper
    assert upper is not None
    assert upper < 0.0


def test_run_records_what_was_decided(world: World) -> None:
    """The run holds the champion's metrics, the differences with intervals, and the verdict."""
    result = world.judged("clean", world.serving("mostly_spoiled"))
    assert result.comparison is not None
    run = world.run("clean")
    recorded = run.recorded_metrics
    assert recorded["champion_roc_auc"] == pytest.approx(result.comparison.primary.champion)
    assert recorded["difference_roc_auc_lower"] == result.comparison.primary.lower
    assert recorded["difference_accuracy_p_value"] <= 1.0
    assert recorded["latency_ms"] > 0.0
    assert run.recorded_tags["verdict"] == "promote"
    assert run.recorded_tags["champion"] == result.comparison.champion_version
    assert run.recorded_tags["verdict_reasons"] == reason(result)


def test_damaged_candidate_fails(world: World) -> None:
    """A candidate whose file fails its checksum is an error, and its run is marked as failed."""
    state, store = world.trained("clean"), world.copy()
    store.put(f"{candidate_folder(state)}/{MODEL_FILE}", b"damaged")
    with pytest.raises(BundleError):
        evaluate(SPEC, state, store, world.registry, OnnxScorer)
    assert world.run("clean").status == "FAILED"


def test_nothing_is_evaluated_before_it_is_trained(world: World) -> None:
    """The step out of turn is an error of its own."""
    with pytest.raises(StepError):
        evaluate(SPEC, prepared_state(MODEL), memory_store(), world.registry, OnnxScorer)


def test_without_a_champion_callers_lift_nobody_over_a_limit(world: World) -> None:
    """A version with feedback must be within its limits on the rows that were loaded, too."""
    state, store = world.trained("clean"), world.copy()
    assert state.prepared is not None
    loaded = spoiled(splits(MODEL, rows=ROWS)[Side.TEST])
    folder = keys.staging(MODEL, state.execution)
    store.put(f"{folder}/{LOADED_FILE}", to_parquet(SPEC, loaded))
    prepared = state.prepared.model_copy(update={"loaded": len(loaded)})
    joined = state.model_copy(update={"prepared": prepared})
    result = evaluate(SPEC, joined, store, world.registry, OnnxScorer)
    assert result.verdict.decision is Decision.BLOCK
    assert "below the minimum" in result.verdict.reasons[0]
    assert "held-out rows that are not feedback" in result.verdict.reasons[0]
