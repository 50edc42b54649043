"""The step evaluate: every way through the gate, with real small models."""

import random
from collections.abc import Callable

import pytest

from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.domain import keys
from modelfleet.domain.bundle import MANIFEST_FILE, MODEL_FILE, BundleManifest, read_manifest
from modelfleet.domain.dataset import Side
from modelfleet.domain.errors import BundleError, StepError
from modelfleet.domain.gate import Decision
from modelfleet.domain.messages import Evaluated, RetrainingState
from modelfleet.domain.ports import ObjectStore
from modelfleet.pipelines.bundle import candidate_folder, manifest_bytes
from modelfleet.pipelines.evaluate import evaluate
from modelfleet.pipelines.table_file import to_parquet
from models.catalogue import find
from tests.training import (
    MemoryRegistry,
    evaluated,
    prepared_state,
    released,
    splits,
    stage_splits,
    staged,
    trained,
)

SPEC = find("bankchurn")


@pytest.fixture
def registry() -> MemoryRegistry:
    """An empty registry."""
    return MemoryRegistry()


@pytest.fixture
def store(registry: MemoryRegistry) -> ObjectStore:
    """A bucket in which a good champion serves as version 1."""
    store = staged("bankchurn")
    state = evaluated(store, registry, trained(store, registry))
    assert released(store, registry, state) == "1"
    stage_splits(store, SPEC, "second")
    return store


def spoil(store: ObjectStore, share: float) -> None:
    """Give a share of the second execution's training rows a random target."""
    rng = random.Random(1)  # noqa: S311 -- a test's noise
    rows = [
        {**row, "Exited": float(rng.random() < 0.2) if rng.random() < share else row["Exited"]}
        for row in splits("bankchurn")[Side.TRAIN]
    ]
    key = f"{keys.staging('bankchurn', 'second')}/{Side.TRAIN.file}"
    store.put(key, to_parquet(SPEC, rows))


def second(store: ObjectStore, registry: MemoryRegistry, *, force: bool = False) -> Evaluated:
    """Train and evaluate the second execution."""
    state = trained(store, registry, execution="second").model_copy(update={"force": force})
    return evaluate(SPEC, state, store, registry, OnnxScorer)


def test_first_candidate_is_promoted(registry: MemoryRegistry) -> None:
    """Where nothing serves yet, a candidate within its limits is promoted."""
    store = staged("bankchurn")
    result = evaluated(store, registry, trained(store, registry)).evaluated
    assert result is not None
    assert result.verdict.decision is Decision.PROMOTE
    assert result.champion_metrics is None


def test_equal_candidate_is_promoted(store: ObjectStore, registry: MemoryRegistry) -> None:
    """The same rows give the same metrics, and the champion's are measured on the same rows."""
    result = second(store, registry)
    assert result.champion_metrics == pytest.approx(result.metrics)
    assert result.verdict.decision is Decision.PROMOTE
    run = registry.runs["run-2"]
    assert run.recorded_metrics["champion_roc_auc"] == pytest.approx(result.metrics["roc_auc"])
    assert run.recorded_tags["verdict"] == "promote"
    assert run.status == "RUNNING"


def test_worse_candidate_is_kept_back(store: ObjectStore, registry: MemoryRegistry) -> None:
    """A candidate within its limits but behind the champion is kept, for a reason in numbers."""
    spoil(store, 0.35)
    result = second(store, registry)
    assert result.champion_metrics is not None
    assert result.verdict.decision is Decision.KEEP
    assert f"{result.champion_metrics['roc_auc']:.4f}" in result.verdict.reasons[0]


def test_force_promotes_what_would_be_kept(store: ObjectStore, registry: MemoryRegistry) -> None:
    """A forced candidate is promoted, with the comparison and the force among the reasons."""
    spoil(store, 0.35)
    result = second(store, registry, force=True)
    assert result.verdict.decision is Decision.PROMOTE
    assert "margin" in result.verdict.reasons[0]
    assert "force" in result.verdict.reasons[1]


@pytest.mark.parametrize("force", [False, True])
def test_useless_candidate_is_blocked(
    store: ObjectStore, registry: MemoryRegistry, force: bool
) -> None:
    """A candidate below its absolute limits is blocked, forced or not, and its run ends."""
    spoil(store, 1.0)
    result = second(store, registry, force=force)
    assert result.verdict.decision is Decision.BLOCK
    assert "roc_auc" in result.verdict.reasons[0]
    assert registry.runs["run-2"].status == "FINISHED"


def change_champion(store: ObjectStore, change: Callable[[BundleManifest], BundleManifest]) -> None:
    """Rewrite the champion's manifest."""
    key = f"{keys.bundle('bankchurn', '1')}/{MANIFEST_FILE}"
    store.put(key, manifest_bytes(change(read_manifest(store.get(key).content))))


def test_champion_with_other_columns_does_not_count(
    store: ObjectStore, registry: MemoryRegistry
) -> None:
    """A champion that needs a column which is gone is left out, and the reason names it."""

    def renamed(manifest: BundleManifest) -> BundleManifest:
        text = manifest.model_dump_json().replace('"Balance"', '"Wealth"')
        return BundleManifest.model_validate_json(text)

    change_champion(store, renamed)
    result = second(store, registry)
    assert result.champion_metrics is None
    assert result.verdict.decision is Decision.PROMOTE
    assert "Wealth" in result.verdict.reasons[0]


def test_champion_whose_column_changed_its_kind_does_not_count(
    store: ObjectStore, registry: MemoryRegistry
) -> None:
    """A champion that knows a number as a category is left out, and the reason names it."""

    def as_text(manifest: BundleManifest) -> BundleManifest:
        features = tuple(
            column.model_copy(update={"kind": "category"}) if column.name == "Age" else column
            for column in manifest.features
        )
        return manifest.model_copy(update={"features": features})

    change_champion(store, as_text)
    assert "Age" in second(store, registry).verdict.reasons[0]


def test_champion_with_fewer_columns_is_compared(
    store: ObjectStore, registry: MemoryRegistry
) -> None:
    """A champion whose columns are all still there is measured, whatever has been added since."""

    def fewer(manifest: BundleManifest) -> BundleManifest:
        return manifest.model_copy(update={"features": (*manifest.features[::-1],)})

    change_champion(store, fewer)
    assert second(store, registry).champion_metrics is not None


def test_damaged_champion_does_not_keep_its_successor_out(
    store: ObjectStore, registry: MemoryRegistry
) -> None:
    """A champion whose file fails its checksum is left out, and the reason says so."""
    store.put(f"{keys.bundle('bankchurn', '1')}/{MODEL_FILE}", b"damaged")
    result = second(store, registry)
    assert result.verdict.decision is Decision.PROMOTE
    assert "checksum" in result.verdict.reasons[0]


def test_damaged_candidate_fails(store: ObjectStore, registry: MemoryRegistry) -> None:
    """A candidate whose file fails its checksum is an error, and its run is marked as failed."""
    state = trained(store, registry, execution="second")
    store.put(f"{candidate_folder(state)}/{MODEL_FILE}", b"damaged")
    with pytest.raises(BundleError):
        evaluate(SPEC, state, store, registry, OnnxScorer)
    assert registry.runs["run-2"].status == "FAILED"


def test_nothing_is_evaluated_before_it_is_trained(registry: MemoryRegistry) -> None:
    """The step out of turn is an error of its own."""
    state: RetrainingState = prepared_state("bankchurn")
    with pytest.raises(StepError):
        evaluate(SPEC, state, staged("bankchurn"), registry, OnnxScorer)
