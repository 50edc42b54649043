"""A candidate's own limits, missed by really trained models or by limits below what they have."""

from typing import Any

import pytest

from modelfleet.evaluation.gate import Decision
from modelfleet.registry.bundle_store import read_bundle
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.retraining.state import Evaluated
from modelfleet.spec.model import Metric, ModelSpec, Slices
from modelfleet.training.staging import candidate_folder
from tests.gating import SPEC, World


def limited(**changes: Any) -> ModelSpec:
    """The model without limits but for these; slices may be given as well."""
    slices = changes.pop("slices", None)
    wide: dict[str, Any] = {"minimum": {}, "maximum": {}, "calibration_error_maximum": 1.0}
    gate = SPEC.gate.model_copy(update=wide | changes)
    return SPEC.model_copy(update={"gate": gate, "slices": slices})


def blocked(result: Evaluated) -> str:
    """The one reason why a candidate is blocked."""
    assert result.verdict.decision is Decision.BLOCK
    (told,) = result.verdict.reasons
    return told


@pytest.mark.parametrize("force", [False, True])
def test_useless_candidate_is_blocked(world: World, force: bool) -> None:
    """A candidate that learned nothing misses the shipped minimum, forced or not; its run ends."""
    result = world.judged("spoiled", force=force)
    assert blocked(result).startswith("ROC AUC")
    assert "is below the minimum 0.65" in blocked(result)
    assert world.run("spoiled").status == "FINISHED"


def test_generated_champion_does_not_excuse_a_useless_candidate(world: World) -> None:
    """Whatever the champion learned from, a candidate must reach its own limits."""
    result = world.judged("spoiled", world.serving("clean", generated=True))
    assert "is below the minimum" in blocked(result)


def test_minimum_is_judged_beyond_chance(world: World) -> None:
    """A minimum within the interval does not block, one above its upper end does."""
    state, store = world.trained("mostly_spoiled"), world.copy()
    evaluation = read_bundle(store, candidate_folder(state)).manifest.evaluation
    assert evaluation is not None
    found = evaluation.metrics[Metric.ROC_AUC]
    assert found.upper is not None
    above = [(found.value + found.upper) / 2.0, found.upper + 1e-6]
    decisions = [
        world.judged("mostly_spoiled", store, limited(minimum={Metric.ROC_AUC: limit})).verdict
        for limit in above
    ]
    assert [verdict.decision for verdict in decisions] == [Decision.PROMOTE, Decision.BLOCK]
    assert f"to {found.upper:.4f}" in decisions[1].reasons[0]


def test_maximum_is_judged_beyond_chance(world: World) -> None:
    """Of a metric that should be small, the lower end of the interval must not exceed the limit."""
    told = blocked(world.judged("mostly_positive", spec=limited(maximum={Metric.BRIER: 0.25})))
    assert told.startswith("Brier score")
    assert "is above the maximum 0.25" in told


def test_bad_calibration_is_blocked(world: World) -> None:
    """Probabilities that are far too high are refused, with what chance would explain."""
    told = blocked(world.judged("mostly_positive", spec=limited(calibration_error_maximum=0.05)))
    assert told.startswith("calibration_error")
    assert "by more than sampling noise (" in told


def test_calibration_error_that_chance_explains_is_not(world: World) -> None:
    """A few hundred rows show an error even of good probabilities; it does not block."""
    result = world.judged("clean", spec=limited(calibration_error_maximum=1e-3))
    assert result.metrics[Metric.CALIBRATION_ERROR] > 1e-3
    assert result.verdict.decision is Decision.PROMOTE


def test_bad_slice_is_blocked(world: World) -> None:
    """A group that is ranked the wrong way round blocks, and is named with its rows."""
    slices = Slices(columns={"Gender": ()}, metric=Metric.ROC_AUC, limit=0.6)
    verdict = world.judged("women_inverted", spec=limited(slices=slices)).verdict
    assert verdict.decision is Decision.BLOCK
    told = "; ".join(verdict.reasons)
    assert "for Gender = Female (" in told
    assert "is below the minimum 0.6 for every group" in told


def test_slice_within_chance_is_not_blocked(world: World) -> None:
    """Groups of a good model pass the shipped limit."""
    assert SPEC.slices is not None
    result = world.judged("clean", spec=limited(slices=SPEC.slices))
    assert result.verdict.decision is Decision.PROMOTE


def test_bundle_over_budget_is_blocked(world: World) -> None:
    """A bundle of one byte more than allowed is refused, with both sizes."""
    state, store = world.trained("clean"), world.copy()
    size = read_bundle(store, candidate_folder(state)).size
    within, over = (
        world.judged("clean", store, limited(bundle_bytes_maximum=limit))
        for limit in (size, size - 1)
    )
    assert within.verdict.decision is Decision.PROMOTE
    assert blocked(over) == f"bundle of {size:,} bytes is over {size - 1:,}"


def test_latency_over_budget_is_blocked(world: World) -> None:
    """A model whose row takes longer than allowed in the runtime that serves is refused."""
    told = blocked(world.judged("clean", spec=limited(latency_ms_maximum=1e-6)))
    assert told.startswith("one row takes")
    assert told.endswith("over 1e-06 ms")


def test_failed_parity_is_blocked(world: World) -> None:
    """An export whose measured difference is over the tolerance is refused, with both numbers."""
    state, store = world.trained("clean"), world.copy()
    key = f"{candidate_folder(state)}/{MANIFEST_FILE}"
    manifest = BundleManifest.parse(store.get(key).content)
    measured = manifest.parity.maximum_difference
    assert measured > 0.0
    stricter = manifest.parity.model_copy(update={"tolerance": measured / 2.0})
    store.put(key, manifest.model_copy(update={"parity": stricter}).to_json())
    told = blocked(world.judged("clean", store, limited()))
    assert told.startswith(f"export differs by {measured:.2e}, tolerance")


def test_every_missed_limit_is_told(world: World) -> None:
    """Who is blocked hears all reasons at once."""
    result = world.judged("mostly_positive")
    assert [told.split()[0] for told in result.verdict.reasons] == ["Brier", "calibration_error"]
