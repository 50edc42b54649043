"""The step train on small real rows: what it stages and what it records."""

import json
from collections.abc import Callable
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
import pytest
from lightgbm import LGBMRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import Ridge
from sklearn.pipeline import make_pipeline

from modelfleet.adapters.object_store import memory_store
from modelfleet.adapters.onnx_export import OnnxExporter
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find, names
from modelfleet.datasets.manifest import Side
from modelfleet.datasets.rows_file import to_parquet
from modelfleet.evaluation.measure import measure
from modelfleet.registry.bundle_store import read_bundle
from modelfleet.registry.manifest import (
    BACKGROUND_FILE,
    CARD_FILE,
    JUDGED_FILES,
    MANIFEST_FILE,
    MODEL_FILE,
    PROFILE_FILE,
    REPLAY_FILE,
    Replay,
    sha256,
)
from modelfleet.retraining.state import RetrainingState
from modelfleet.spec.errors import DatasetError, ParityError, StepError
from modelfleet.spec.model import Task
from modelfleet.statistics.calibration_map import Calibration
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.statistics.results import CandidateScore, Selection
from modelfleet.storage import keys
from modelfleet.tables.encode import RowEncoder
from modelfleet.tables.target import outcomes
from modelfleet.training.candidates.folder import candidates, offered_candidates
from modelfleet.training.candidates.log_target import LogTarget
from modelfleet.training.code_version import code_version
from modelfleet.training.fit import FittedModel, fit, refit
from modelfleet.training.loaded_rows import LEARNED, LOADED_FILE, added_content
from modelfleet.training.staging import candidate_folder, stage_selection
from modelfleet.training.train import GENERATED_SECONDS, SEED, train
from tests.training import (
    DATASET,
    NOW,
    MemoryRegistry,
    after_training,
    frame,
    prepared_state,
    splits,
    staged,
    trained,
)

SPEC = find("bankchurn")
PORTS = (OnnxExporter(), OnnxScorer)
FILES = {MODEL_FILE, PROFILE_FILE, BACKGROUND_FILE, REPLAY_FILE, CARD_FILE, *JUDGED_FILES}


class _EnoughError(Exception):
    """Raised where the rest of a training does not matter."""


def _until_told(told: list[str]) -> Callable[[str], None]:
    def tell(text: str) -> None:
        told.append(text)
        raise _EnoughError

    return tell


@pytest.mark.parametrize("model", names())
def test_candidate_is_whole(model: str) -> None:
    """The staged bundle has every file, and a manifest from which it can be served."""
    store, _, state = after_training(model)
    bundle = read_bundle(store, candidate_folder(state))
    manifest, spec = bundle.manifest, find(model)
    assert bundle.files.keys() == FILES
    assert (manifest.model, manifest.version, manifest.task) == (model, "", spec.task)
    assert (manifest.threshold is not None) == (spec.task is Task.BINARY)
    assert (manifest.interval is not None) == (spec.task is Task.REGRESSION)
    assert (manifest.classes or ()) == spec.classes
    assert set(manifest.metrics) == {metric.value for metric in spec.metrics}
    assert manifest.evaluation is not None
    assert manifest.evaluation.rows == len(splits(model)[Side.TEST])
    assert manifest.evaluation.values == pytest.approx(manifest.metrics)
    groups = manifest.evaluation.slices
    assert {group.column for group in groups} == set(spec.slices.columns if spec.slices else ())
    assert all((group.estimate is None) == bool(group.note) for group in groups)
    assert manifest.selection is not None
    named = {score.name for score in manifest.selection.candidates}
    assert set(candidates(spec, SEED)) < named | set(manifest.selection.untried)
    assert manifest.estimator == manifest.selection.chosen
    assert manifest.data.dataset_version == DATASET
    assert manifest.data.rows == sum(map(len, splits(model).values()))
    assert manifest.judged is not None
    assert manifest.judged.data.rows == sum(len(splits(model)[side]) for side in LEARNED)
    close = manifest.judged.closeness
    assert 0.0 < close.difference <= close.limit
    assert close.learned_error <= close.limit
    assert (manifest.threshold_choice is not None) == (spec.task is Task.BINARY)
    assert (manifest.calibration is not None) == (
        bool(spec.outcomes) and spec.calibration == "auto"
    )
    scores = OnnxScorer(bundle.model).score(manifest.encoding.encode([spec.features.example()]))
    assert np.isfinite(scores).all()


def test_background_and_profile_describe_the_training_rows() -> None:
    """The background rows can be encoded, and the profile covers every column."""
    store, _, state = after_training("carvision")
    bundle = read_bundle(store, candidate_folder(state))
    rows = json.loads(bundle.files[BACKGROUND_FILE])
    assert len(rows) == 100
    assert len(bundle.manifest.encoding.encode(rows)) == 100
    profile = ReferenceProfile.model_validate_json(bundle.files[PROFILE_FILE])
    assert tuple(profile.columns) == bundle.manifest.encoding.names
    assert profile.rows == sum(len(splits("carvision")[side]) for side in LEARNED)
    assert profile.columns["odometer"].missing_share == pytest.approx(0.15, abs=0.06)


def test_run_is_recorded() -> None:
    """The run knows its data, what asked for it and why, its estimator, metrics and files."""
    store, registry = staged("bankchurn"), MemoryRegistry()
    state = trained(store, registry, trigger="drift", evidence=("Age: PSI 0.31",))
    assert state.trained is not None
    run = registry.runs[state.trained.run_id]
    assert run.recorded_tags["dataset_version"] == DATASET
    assert run.recorded_tags["trigger"] == "drift"
    assert run.recorded_tags["trigger_evidence"] == "Age: PSI 0.31"
    card = store.get(f"{candidate_folder(state)}/{CARD_FILE}").content.decode()
    assert "drift; Age: PSI 0.31" in card
    assert run.recorded_parameters["estimator"] == state.trained.estimator
    assert any(name.startswith("pipeline.estimate.") for name in run.recorded_parameters)
    assert {"roc_auc", "bundle_bytes", "threshold"} <= run.recorded_metrics.keys()
    files = {name for name in run.artifacts if name.startswith("bundle/")}
    assert files == {f"bundle/{name}" for name in (FILES - JUDGED_FILES) | {MANIFEST_FILE}}
    assert run.recorded_tags["code_version"] == code_version("bankchurn")
    assert run.status == "RUNNING"


def test_retry_stages_the_same_bundle() -> None:
    """A retried step uses the same run and leaves the same bytes."""
    store, registry, first = after_training("telecom")
    folder = candidate_folder(first)
    before = {key: store.get(key).content for key in store.keys(folder)}
    assert trained(store, registry, "telecom") == first
    assert {key: store.get(key).content for key in store.keys(folder)} == before
    assert len(registry.runs) == 1


def test_a_retry_with_more_time_stages_the_same_bundle() -> None:
    """What an earlier attempt chose is final, because time decides which candidates are tried."""
    store, registry, first = after_training()
    folder = candidate_folder(first)
    before = {key: store.get(key).content for key in store.keys(folder)}
    assert trained(store, registry, seconds=1e6) == first
    assert {key: store.get(key).content for key in store.keys(folder)} == before


def test_a_retry_of_a_tuned_training_stages_the_same_bundle() -> None:
    """Tuned parameters are read from the earlier attempt, and nothing is tuned again."""
    store, registry = staged("telecom"), MemoryRegistry()
    state = trained(store, registry, "telecom", tune=2)
    key = f"{keys.staging('telecom', state.execution)}/selection.json"
    selection = Selection.model_validate_json(store.get(key).content)
    tuned = selection.candidates[-1]
    assert tuned.name == "lightgbm tuned"
    store.put(key, selection.model_copy(update={"chosen": tuned.name}).model_dump_json().encode())
    registry = MemoryRegistry()
    again = trained(store, registry, "telecom", tune=2)
    manifest = read_bundle(store, candidate_folder(again)).manifest
    assert manifest.estimator == tuned.name
    run = registry.runs[manifest.run_id]
    for name, value in tuned.parameters.items():
        assert run.recorded_parameters[f"pipeline.{name.replace('__', '.')}"] == str(value)


def test_generated_rows_get_little_time() -> None:
    """The demonstration must be up soon, and nobody needs the best model of generated rows."""
    store, registry = staged("bankchurn"), MemoryRegistry()
    state = prepared_state("bankchurn")
    assert state.prepared is not None
    generated = state.prepared.model_copy(update={"generated": True})
    for prepared, seconds in ((state.prepared, 120), (generated, GENERATED_SECONDS)):
        told: list[str] = []
        told_all = state.model_copy(update={"prepared": prepared})
        with pytest.raises(_EnoughError):
            train(SPEC, told_all, store, registry, *PORTS, NOW, _until_told(told))
        assert told[0].endswith(f", {seconds:.0f} s of processor time")


def test_card_can_be_read_alone() -> None:
    """The card names data, threshold and metrics, and loads nothing from elsewhere."""
    store, _, state = after_training()
    bundle = read_bundle(store, candidate_folder(state))
    card = bundle.files[CARD_FILE].decode()
    assert DATASET in card
    assert f"{bundle.manifest.threshold:.4f}" in card
    assert f"{bundle.manifest.metrics['roc_auc']:.4f}" in card
    assert "http" not in card
    assert len(card) < 200_000


def test_the_judged_model_has_not_seen_the_held_out_rows() -> None:
    """The figures are the judged model's, and the replayed scores the served one's."""
    store, _, state = after_training()
    bundle = read_bundle(store, candidate_folder(state))
    rows, manifest = frame("bankchurn", Side.TEST), bundle.manifest
    encoding, content = bundle.judged
    judged = measure(SPEC, OnnxScorer(content), encoding, manifest.rule, rows)
    assert judged == pytest.approx(manifest.metrics)
    served = OnnxScorer(bundle.model)
    learned = measure(SPEC, served, manifest.encoding, manifest.rule, rows)
    assert learned["roc_auc"] > judged["roc_auc"]
    stored = Replay.parse(bundle.files[REPLAY_FILE])
    assert served.score(manifest.encoding.encode(stored.rows)) == pytest.approx(stored.scores)


@pytest.mark.parametrize("loaded", [0, 100])
def test_held_out_feedback_is_not_learned(loaded: int) -> None:
    """Of a data set with feedback, the served model learns only held-out rows that are loaded."""
    store, state = staged("bankchurn"), prepared_state("bankchurn")
    assert state.prepared is not None
    prepared = state.prepared.model_copy(update={"loaded": loaded})
    folder = keys.staging("bankchurn", state.execution)
    rows = to_parquet(SPEC, splits("bankchurn")[Side.TEST][:100])
    store.put(f"{folder}/{LOADED_FILE}", rows)
    added = added_content(store, state.model_copy(update={"prepared": prepared}), b"test side")
    assert added == (rows if loaded else None)
    assert added_content(store, state, b"test side") == b"test side"


def test_a_refit_keeps_the_recipe() -> None:
    """Rounds and calibration stay, and the fitted model is not changed."""
    train, more = frame("telecom", Side.TRAIN), frame("telecom", Side.VALIDATION)
    spec = find("telecom")
    pipeline = offered_candidates(spec, outcomes(spec, train), SEED)["lightgbm"]
    model = fit(spec, pipeline, train, SEED)
    before = model.predict(more)
    again = refit(spec, model, pd.concat([train, more], ignore_index=True))
    assert again.calibration is model.calibration
    rounds = [each.pipeline.steps[-1][1].get_params()["n_estimators"] for each in (model, again)]
    assert rounds[0] == rounds[1]
    assert (model.predict(more) == before).all()
    assert (again.predict(more) != before).any()


@pytest.mark.parametrize(
    ("estimator", "value"),
    [
        (LogTarget(Ridge()), 0.0),
        (LGBMRegressor(objective="gamma", n_estimators=2, n_jobs=1, verbosity=-1), -1.0),
    ],
)
def test_a_refit_rejects_rows_that_the_recipe_cannot_learn(estimator: Any, value: float) -> None:
    """Estimators of positive targets say so about one held-out row."""
    spec, train = find("carvision"), frame("carvision", Side.TRAIN)
    pipeline = make_pipeline(RowEncoder(spec.features.columns(), 0), SimpleImputer(), estimator)
    pipeline.fit(train[list(spec.feature_names)], outcomes(spec, train))
    rows = train.assign(**{spec.target.column: [value, *train[spec.target.column][1:]]})
    with pytest.raises(DatasetError, match="carvision"):
        refit(spec, FittedModel(spec.task, pipeline, None), rows)


def test_the_judged_model_serves_if_the_refit_is_impossible() -> None:
    """A held-out target of 0 has no logarithm; the training succeeds, and the card says why."""
    spec, name = find("carvision"), "linear_log"
    store, state = staged("carvision"), prepared_state("carvision")
    test = splits("carvision")[Side.TEST]
    rows = [{**test[0], spec.target.column: 0.0}, *test[1:]]
    store.put(
        f"{keys.staging('carvision', state.execution)}/{Side.TEST.file}", to_parquet(spec, rows)
    )
    score = CandidateScore(name=name, scores=(1.0,), mean=1.0, spread=0.0)
    stage_selection(
        store,
        state,
        Selection(metric="rmse", folds=5, rows=1, candidates=(score,), chosen=name, reason=""),
    )
    told: list[str] = []
    train(spec, state, store, MemoryRegistry(), *PORTS, NOW, told.append)
    bundle = read_bundle(store, candidate_folder(state))
    manifest = bundle.manifest
    assert (manifest.estimator, manifest.judged) == (name, None)
    assert manifest.data.rows == sum(len(splits("carvision")[side]) for side in LEARNED)
    assert bundle.files.keys() == FILES - JUDGED_FILES
    assert "logarithm of the target 0 is undefined" in told[-1]
    assert told[-1] in unescape(bundle.files[CARD_FILE].decode())


class LyingExporter:
    """An exporter that leaves the calibration out."""

    def export(self, estimator: Any, columns: int, calibration: Calibration | None) -> bytes:
        """Convert all but the calibration; see `Exporter.export`."""
        assert calibration is not None
        return OnnxExporter().export(estimator, columns, None)


def test_failed_parity_stages_nothing() -> None:
    """An export that answers differently fails the run, and no candidate is staged."""
    store, registry = staged("telecom"), MemoryRegistry()
    state = prepared_state("telecom")
    with pytest.raises(ParityError):
        train(find("telecom"), state, store, registry, LyingExporter(), OnnxScorer, NOW)
    assert [run.status for run in registry.runs.values()] == ["FAILED"]
    assert list(store.keys(candidate_folder(state))) == []


def test_one_outcome_is_an_error_in_words() -> None:
    """Training rows that all have the same target name it."""
    store, state = staged("bankchurn"), prepared_state("bankchurn")
    for side in LEARNED:
        same = [{**row, "Exited": 0.0} for row in splits("bankchurn")[side]]
        key = f"{keys.staging('bankchurn', state.execution)}/{side.file}"
        store.put(key, to_parquet(find("bankchurn"), same))
    with pytest.raises(DatasetError, match="Exited"):
        train(find("bankchurn"), state, store, MemoryRegistry(), OnnxExporter(), OnnxScorer, NOW)


def test_steps_out_of_turn() -> None:
    """Nothing is trained before it is prepared, and a missing side fails the run."""
    state = RetrainingState(model="bankchurn", execution="first")
    registry, spec = MemoryRegistry(), find("bankchurn")
    with pytest.raises(StepError):
        train(spec, state, memory_store(), registry, OnnxExporter(), OnnxScorer, NOW)
    assert registry.runs == {}
    state = prepared_state("bankchurn")
    with pytest.raises(StepError, match="start again with `fleet retrain bankchurn`"):
        train(spec, state, memory_store(), registry, OnnxExporter(), OnnxScorer, NOW)
    assert [run.status for run in registry.runs.values()] == ["FAILED"]


def test_fingerprint_is_of_the_training_rows() -> None:
    """The manifest's checksums are those of the staged rows that each model learned."""
    store, _, state = after_training()
    bundle = read_bundle(store, candidate_folder(state))
    folder = keys.staging("bankchurn", "first")
    learned = b"".join(store.get(f"{folder}/{side.file}").content for side in LEARNED)
    added = store.get(f"{folder}/{Side.TEST.file}").content
    assert bundle.manifest.data.sha256 == sha256(learned + added)
    assert bundle.manifest.judged is not None
    assert bundle.manifest.judged.data.sha256 == sha256(learned)
    assert bundle.manifest.data.generated is False
    assert bundle.manifest.data.loaded_at == NOW
