"""Builds the predict function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from functools import cache, lru_cache
from random import random
from typing import TYPE_CHECKING

from modelfleet.bootstrap.fleet import model_spec
from modelfleet.settings import PredictSettings, namespace

if TYPE_CHECKING:
    from collections.abc import Callable

    from modelfleet.adapters.aws.signing_keys import FixedKeys, SecretKeys
    from modelfleet.captures.sealed import Sealer
    from modelfleet.outcomes.prediction_ids import SigningKeys
    from modelfleet.outcomes.report import FeedbackRecorder
    from modelfleet.serving.cache import PredictionCache
    from modelfleet.serving.card import CardReader
    from modelfleet.serving.explain import Explainer
    from modelfleet.serving.follow import ReleaseFollower
    from modelfleet.serving.load import ServedModel
    from modelfleet.serving.refusals import RefusalRecorder
    from modelfleet.serving.replay import ReplayAnswer, ReplayRequest
    from modelfleet.serving.score import Predictor
    from modelfleet.serving.telemetry import ServingTelemetry
    from modelfleet.spec.model import ModelSpec
    from modelfleet.storage.object_store import ObjectStore

# A loaded version can respond during a refresh, so no caller should wait for an outage to end.
REFRESH_PATIENCE_SECONDS = 2.0
# Timeout for a bucket to start or continue a response: below the shortest function timeout (10 s),
# because a caller is waiting. A shorter timeout with retries would add load to a busy bucket.
BUCKET_PATIENCE_SECONDS = 8.0
_NEVER_SECONDS = 3600.0


@cache
def predict_settings() -> PredictSettings:
    """Return the settings of the running predict function."""
    return PredictSettings.from_environment()


@cache
def serving_telemetry(model: str) -> ServingTelemetry:
    """Return the log and metrics of a predict function."""
    from modelfleet.adapters.prediction_log import PowertoolsTelemetry

    measured_in = namespace(predict_settings().stage)
    spec = model_spec(model)
    sealer = value_sealer(signing_keys()) if _has_sensitive_columns(spec) else None
    return PowertoolsTelemetry(model, measured_in, spec.serving.capture_share, sealer=sealer)


def value_sealer(keys: SigningKeys) -> Sealer:
    """Return what encrypts the sensitive values of log lines."""
    from pydantic_core import to_json

    from modelfleet.adapters.sealed_values import ValueSealer

    return ValueSealer(keys, to_json)


def _has_sensitive_columns(spec: ModelSpec) -> bool:
    return any(column.sensitive for column in spec.features.columns())


@dataclass(frozen=True, kw_only=True)
class PredictService:
    """Dependencies of the routes of one model's API."""

    spec: ModelSpec
    settings: PredictSettings
    telemetry: ServingTelemetry
    predictor: Predictor
    explainer: Explainer
    recorder: FeedbackRecorder
    refusals: RefusalRecorder
    cards: CardReader


def follow_release(
    spec: ModelSpec,
    open_store: Callable[[], ObjectStore],
    telemetry: ServingTelemetry,
    *,
    refresh_seconds: float,
    patience_seconds: float = REFRESH_PATIENCE_SECONDS,
    start_seconds: float | None = None,
    clock: Callable[[], float] = time.time,
) -> ReleaseFollower:
    """Build the follower of a model's release pointer; see `ReleaseFollower`."""
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.serving.follow import START_SECONDS, ReleaseFollower
    from modelfleet.serving.load import load

    return ReleaseFollower(
        model=spec.name,
        open_store=open_store,
        load=lambda store, version: load(store, spec, version, OnnxScorer),
        refresh_seconds=refresh_seconds,
        patience_seconds=patience_seconds,
        start_seconds=START_SECONDS if start_seconds is None else start_seconds,
        clock=clock,
        telemetry=telemetry,
    )


def predict_service(
    spec: ModelSpec,
    settings: PredictSettings,
    *,
    follower: ReleaseFollower,
    keys: SigningKeys,
    telemetry: ServingTelemetry,
    open_lake: Callable[[], ObjectStore],
    cache: PredictionCache | None,
    draw: Callable[[], float] = random,
) -> PredictService:
    """Build a model's service, for its function, `fleet check`, benchmarks, and tests.

    Parameters
    ----------
    spec, settings
        The model and its function's settings.
    follower
        Loads the released versions.
    keys
        Sign prediction IDs, and hash the IDs of entities.
    telemetry
        The log and the metrics.
    open_lake
        Opens the bucket for outcomes, at the first outcome.
    cache
        Caches predictions of single rows; `None` disables caching.
    draw
        Returns a random number in [0, 1), for requests without an entity.
    """
    from modelfleet.outcomes.entities import EntityHashes
    from modelfleet.outcomes.prediction_ids import PredictionIds
    from modelfleet.outcomes.report import FeedbackRecorder
    from modelfleet.registry.bundle_store import BundleStore
    from modelfleet.serving.card import CardReader
    from modelfleet.serving.explain import Explainer
    from modelfleet.serving.privacy import Privacy
    from modelfleet.serving.refusals import RefusalRecorder
    from modelfleet.serving.score import Predictor

    privacy = Privacy.of(spec.features.columns())
    ids, entities = PredictionIds(spec.name, keys), EntityHashes(spec.name, keys)
    predictor = Predictor(follower, telemetry, ids, entities, privacy, cache, draw)
    return PredictService(
        spec=spec,
        settings=settings,
        telemetry=telemetry,
        predictor=predictor,
        explainer=Explainer(predictor, lambda each: BundleStore(follower.store()).background(each)),
        recorder=FeedbackRecorder(ids, entities, open_lake),
        refusals=RefusalRecorder(spec.name, telemetry, privacy.unlogged),
        cards=CardReader(predictor, lambda each: BundleStore(follower.store()).card(each)),
    )


def bundle_service(
    spec: ModelSpec,
    artifacts: ObjectStore,
    telemetry: ServingTelemetry,
    cache: PredictionCache | None = None,
) -> PredictService:
    """Build a service on a single bucket, without environment variables, to check a bundle.

    Parameters
    ----------
    spec
        The model.
    artifacts
        Contains the release pointer and bundles, which are read once; outcomes are written to it.
    telemetry
        The log and the metrics.
    cache
        Caches predictions of single rows; `None` disables caching.
    """
    from modelfleet.adapters.aws.signing_keys import FixedKeys

    settings = PredictSettings(
        stage="prod",
        model=spec.name,
        artifacts_bucket="memory",
        lake_bucket="memory",
        signing_keys="",
        refresh_seconds=_NEVER_SECONDS,
        maximum_body_bytes=1024 * 1024,
        docs_enabled=False,
        details_enabled=False,
        allowed_origins="",
    )
    return predict_service(
        spec,
        settings,
        follower=follow_release(
            spec, lambda: artifacts, telemetry, refresh_seconds=settings.refresh_seconds
        ),
        keys=FixedKeys(b"in this process"),
        telemetry=telemetry,
        open_lake=lambda: artifacts,
        cache=cache,
    )


def prediction_cache(spec: ModelSpec) -> PredictionCache | None:
    """Return a cache of the size that a model declares; `None` if it is 0."""
    from modelfleet.serving.cache import PredictionCache

    size = spec.serving.remembered_predictions
    return PredictionCache(size) if size else None


def running_service() -> PredictService:
    """Return the service configured by the environment."""
    from modelfleet.adapters.object_store import s3_store

    settings = predict_settings()
    spec = model_spec(settings.model)
    return predict_service(
        spec,
        settings,
        follower=release_follower(),
        keys=signing_keys(),
        telemetry=serving_telemetry(spec.name),
        open_lake=lambda: s3_store(settings.lake_bucket, patience_seconds=BUCKET_PATIENCE_SECONDS),
        cache=prediction_cache(spec),
    )


@cache
def release_follower() -> ReleaseFollower:
    """Return the release follower of the running predict function."""
    from modelfleet.adapters.object_store import s3_store

    settings = predict_settings()
    return follow_release(
        model_spec(settings.model),
        lambda: s3_store(settings.artifacts_bucket, patience_seconds=BUCKET_PATIENCE_SECONDS),
        serving_telemetry(settings.model),
        refresh_seconds=settings.refresh_seconds,
    )


@cache
def signing_keys() -> SecretKeys | FixedKeys:
    """Return the signing keys of the running predict function."""
    from modelfleet.adapters.aws.signing_keys import named_keys

    return named_keys(predict_settings().signing_keys, os.environ)


@lru_cache(maxsize=2)
def replayed_version(version: str) -> ServedModel:
    """Load a version for a smoke test; cached, because versions are immutable."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.serving.load import load

    settings = predict_settings()
    store = s3_store(settings.artifacts_bucket)
    return load(store, model_spec(settings.model), version, OnnxScorer)


def replay(request: ReplayRequest) -> ReplayAnswer:
    """Score rows with a version of the running predict function's model."""
    from modelfleet.serving.replay import replay as run

    return run(model_spec(predict_settings().model), request, replayed_version)
