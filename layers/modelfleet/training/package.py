"""Packaging of a fitted and exported model as a bundle."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib import metadata
from typing import Any

import pandas as pd

from modelfleet.evaluation.scorer import Scorer
from modelfleet.registry.bundle_store import Bundle
from modelfleet.registry.manifest import (
    BACKGROUND_FILE,
    CARD_FILE,
    JUDGED_ENCODING_FILE,
    JUDGED_MODEL_FILE,
    MODEL_FILE,
    PROFILE_FILE,
    REPLAY_FILE,
    BundleManifest,
    DataFingerprint,
    JudgedModel,
    Replay,
    sha256,
    write_background,
)
from modelfleet.spec.model import ModelSpec
from modelfleet.statistics.decision_rule import Rule
from modelfleet.statistics.reference_profile import ReferenceProfile
from modelfleet.statistics.results import (
    CalibrationChoice,
    Evaluation,
    Parity,
    Selection,
    ThresholdChoice,
)
from modelfleet.tables.encode import as_rows
from modelfleet.tables.encoding import RowEncoding
from modelfleet.tables.table_format import TableFormat
from modelfleet.training.card.build import CardMaterial, render_card
from modelfleet.training.card.plots import Plot

BACKGROUND_ROWS = 100
REPLAY_ROWS = 200
_LIBRARIES = (
    "imbalanced-learn",
    "lightgbm",
    "numpy",
    "onnx",
    "onnxmltools",
    "onnxruntime",
    "pandas",
    "scikit-learn",
    "skl2onnx",
    "xgboost-cpu",
)


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Provenance of a candidate."""

    run_id: str
    estimator: str
    created_at: datetime
    code_version: str
    selection: Selection | None = None
    data_warnings: tuple[str, ...] = ()
    trigger: str | None = None
    trigger_evidence: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class JudgedTwin:
    """The judged model, if it is not the served one."""

    described: JudgedModel
    encoding: RowEncoding
    model: bytes


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """Result of training: the content of a bundle except its version.

    `data`, `encoding`, `parity`, and `model` are those of the served model.
    """

    origin: Origin
    data: DataFingerprint
    encoding: RowEncoding
    rule: Rule
    metrics: Mapping[str, float]
    evaluation: Evaluation
    parity: Parity
    model: bytes
    profile: ReferenceProfile
    background: pd.DataFrame
    replay: Replay
    plots: tuple[Plot, ...]
    calibration: CalibrationChoice | None = None
    threshold_choice: ThresholdChoice | None = None
    table_format: TableFormat | None = None
    judged: JudgedTwin | None = None
    importance: Mapping[str, float] = field(default_factory=dict)


def package(spec: ModelSpec, candidate: Candidate) -> Bundle:
    """Assemble the bundle's files and record their checksums in the manifest."""
    manifest = _manifest(spec, candidate)
    rows = as_rows(candidate.background, candidate.encoding.names)
    files = {
        MODEL_FILE: candidate.model,
        PROFILE_FILE: candidate.profile.model_dump_json().encode(),
        BACKGROUND_FILE: write_background(rows),
        REPLAY_FILE: candidate.replay.model_dump_json().encode(),
        CARD_FILE: render_card(spec, manifest, _card_material(candidate)),
    }
    if (twin := candidate.judged) is not None:
        files[JUDGED_MODEL_FILE] = twin.model
        files[JUDGED_ENCODING_FILE] = twin.encoding.model_dump_json().encode()
    checksums = {name: sha256(content) for name, content in files.items()}
    return Bundle(manifest.model_copy(update={"files": checksums}), files)


def _card_material(candidate: Candidate) -> CardMaterial:
    return CardMaterial(
        profile=candidate.profile,
        plots=candidate.plots,
        warnings=candidate.origin.data_warnings,
    )


def background(train: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Sample training rows as the background of explanations."""
    return train.sample(min(BACKGROUND_ROWS, len(train)), random_state=seed)


def replay(scorer: Scorer, encoding: RowEncoding, held_out: pd.DataFrame, seed: int) -> Replay:
    """Sample held-out rows with their scores, which a release verifies in the deployed function."""
    chosen = held_out.sample(min(REPLAY_ROWS, len(held_out)), random_state=seed)
    rows = as_rows(chosen, encoding.names)
    scores = scorer.score(encoding.encode(rows))
    top = [max(score) if isinstance(score, list) else score for score in scores]
    return Replay(rows=tuple(rows), scores=tuple(top))


def _manifest(spec: ModelSpec, candidate: Candidate) -> BundleManifest:
    rule: dict[str, Any] = {spec.task.kind.rule_field: candidate.rule}
    return BundleManifest(
        model=spec.name,
        version="",
        task=spec.task,
        created_at=candidate.origin.created_at,
        run_id=candidate.origin.run_id,
        estimator=candidate.origin.estimator,
        data=candidate.data,
        features=spec.features.columns(),
        encoding=candidate.encoding,
        target=spec.target.column,
        target_unit=spec.target.unit,
        **rule,
        metrics=dict(candidate.metrics),
        parity=candidate.parity,
        libraries={name: metadata.version(name) for name in _LIBRARIES},
        files={},
        selection=candidate.origin.selection,
        calibration=candidate.calibration,
        threshold_choice=candidate.threshold_choice,
        evaluation=candidate.evaluation,
        code_version=candidate.origin.code_version,
        trigger=candidate.origin.trigger,
        trigger_evidence=candidate.origin.trigger_evidence,
        table_format=candidate.table_format,
        judged=candidate.judged.described if candidate.judged else None,
        importance=dict(candidate.importance),
    )
