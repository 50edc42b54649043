"""Builds adapters from settings, each once and when it is first asked for."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import time
from functools import cache
from typing import TYPE_CHECKING

from modelfleet.settings import NAMESPACE, PredictSettings, ReleaseSettings

if TYPE_CHECKING:
    from modelfleet.domain.ports import ObjectStore, ServingTelemetry
    from modelfleet.domain.spec import ModelSpec
    from modelfleet.pipelines.follow import ReleaseFollower
    from modelfleet.pipelines.load import ServedModel
    from modelfleet.pipelines.score import Predictor

# A refresh happens within a request, and there is a version to answer with: the caller must not
# wait for an outage of S3 to pass.
REFRESH_PATIENCE_SECONDS = 2.0


@cache
def predict_settings() -> PredictSettings:
    """The settings of the running predict function."""
    return PredictSettings.from_environment()


@cache
def model_spec(name: str) -> ModelSpec:
    """What a model's folder declares."""
    from models.catalogue import find

    return find(name)


@cache
def serving_telemetry(model: str) -> ServingTelemetry:
    """The log and the metrics of a predict function."""
    from modelfleet.adapters.telemetry import PowertoolsTelemetry

    return PowertoolsTelemetry(model, NAMESPACE)


@cache
def release_follower() -> ReleaseFollower:
    """What the running predict function serves."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.pipelines.follow import ReleaseFollower
    from modelfleet.pipelines.load import load

    settings = predict_settings()
    spec = model_spec(settings.model)

    def load_version(store: ObjectStore, version: str) -> ServedModel:
        return load(store, spec, version, OnnxScorer)

    return ReleaseFollower(
        model=settings.model,
        open_store=lambda: s3_store(
            settings.artifacts_bucket, patience_seconds=REFRESH_PATIENCE_SECONDS
        ),
        load=load_version,
        refresh_seconds=settings.refresh_seconds,
        clock=time.time,
        telemetry=serving_telemetry(settings.model),
    )


@cache
def predictor() -> Predictor:
    """The running predict function's one use case."""
    from modelfleet.pipelines.score import Predictor

    model = predict_settings().model
    personal = frozenset(c.name for c in model_spec(model).features.columns() if c.personal_data)
    return Predictor(release_follower(), serving_telemetry(model), personal)


@cache
def release_store() -> ObjectStore:
    """The artifacts bucket of the running release function."""
    from modelfleet.adapters.object_store import s3_store

    return s3_store(ReleaseSettings.from_environment().artifacts_bucket)
