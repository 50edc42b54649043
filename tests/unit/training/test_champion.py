"""Which champions hold a candidate back: those of today's columns, whole, and of loaded rows."""

import random

import pytest

from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.datasets.manifest import Side
from modelfleet.evaluation.gate import Decision
from modelfleet.registry.manifest import MODEL_FILE, BundleManifest
from modelfleet.retraining.state import Evaluated
from modelfleet.spec.features import ColumnKind, number
from modelfleet.spec.model import ModelSpec
from modelfleet.training.evaluate import evaluate
from modelfleet.training.staging import candidate_folder
from tests.gating import (
    SPEC,
    TARGET,
    Rows,
    World,
    as_generated,
    champion_folder,
    change_manifest,
    stage,
    train_on,
)


def with_points() -> ModelSpec:
    """The model as it may be one day, with a column more."""
    points = number("Complaints, counted", minimum=-100, maximum=100, example=1)
    annotated = {"__annotations__": {"Points": float}, "Points": points}
    features = type("Wider", (SPEC.features,), annotated)
    declared = {field: getattr(SPEC, field) for field in ModelSpec.model_fields}
    return ModelSpec(**(declared | {"features": features}))


def pointed(rows: Rows) -> Rows:
    """The rows with the new column, which says much of the target."""
    rng = random.Random(2)  # noqa: S311 -- a test's noise
    return [{**row, "Points": row[TARGET] + rng.gauss(0.0, 0.5)} for row in rows]


def promoted_because(result: Evaluated) -> str:
    """Why a candidate is promoted."""
    assert result.verdict.decision is Decision.PROMOTE
    (told,) = result.verdict.reasons
    return told


def test_generated_champion_holds_nobody_back(world: World) -> None:
    """A candidate of loaded rows replaces a champion of generated ones that is better on them."""
    result = world.judged("mostly_spoiled", world.serving("clean", generated=True))
    assert "was trained on generated rows" in promoted_because(result)
    assert result.comparison is not None
    assert result.comparison.primary.difference < 0.0


def test_generated_candidate_is_compared_with_a_generated_champion(world: World) -> None:
    """Among models of generated rows the comparison counts."""
    store, state = world.serving("clean", generated=True), world.trained("clean")
    change_manifest(store, candidate_folder(state), as_generated)
    assert world.judged("clean", store).verdict.decision is Decision.KEEP


def test_generated_candidate_does_not_replace_a_champion_of_loaded_rows(world: World) -> None:
    """The rule has one direction."""
    state, store = world.trained("mostly_spoiled"), world.serving("clean")
    change_manifest(store, candidate_folder(state), as_generated)
    assert world.judged("mostly_spoiled", store).verdict.decision is Decision.BLOCK


def test_champion_of_an_older_schema_is_compared(world: World) -> None:
    """A champion from before a column was added answers for the rows that have it."""
    wider, store = with_points(), world.serving("clean")
    stage(store, wider, "wider", pointed, tuple(Side))
    state = train_on(wider, store, world.registry, "wider")
    result = evaluate(wider, state, store, world.registry, OnnxScorer)
    assert result.comparison is not None
    assert "significantly better" in promoted_because(result)
    assert result.champion_metrics is not None
    assert result.champion_metrics["roc_auc"] == pytest.approx(
        world.judged("clean").metrics["roc_auc"]
    )


def test_champion_with_other_columns_does_not_count(world: World) -> None:
    """A champion that needs a column which is gone is left out, and the reason names it."""

    def renamed(manifest: BundleManifest) -> BundleManifest:
        text = manifest.model_dump_json().replace('"Balance"', '"Wealth"')
        return BundleManifest.model_validate_json(text)

    store = world.serving("clean")
    change_manifest(store, champion_folder(store), renamed)
    result = world.judged("clean", store)
    assert result.champion_metrics is None
    assert "Wealth" in promoted_because(result)


def test_champion_whose_column_changed_its_kind_does_not_count(world: World) -> None:
    """A champion that knows a number as a category is left out, and the reason names it."""

    def as_text(manifest: BundleManifest) -> BundleManifest:
        features = tuple(
            column.model_copy(update={"kind": ColumnKind.CATEGORY})
            if column.name == "Age"
            else column
            for column in manifest.features
        )
        return manifest.model_copy(update={"features": features})

    store = world.serving("clean")
    change_manifest(store, champion_folder(store), as_text)
    assert "Age" in promoted_because(world.judged("clean", store))


def test_damaged_champion_does_not_keep_its_successor_out(world: World) -> None:
    """A champion whose file fails its checksum is left out, and the reason says so."""
    store = world.serving("clean")
    store.put(f"{champion_folder(store)}/{MODEL_FILE}", b"damaged")
    assert "checksum" in promoted_because(world.judged("clean", store))
