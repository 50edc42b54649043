"""Builds what the predict function is made of."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import os
import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from modelfleet.bootstrap.fleet import model_spec
from modelfleet.settings import PredictSettings, namespace

if TYPE_CHECKING:
    from modelfleet.adapters.aws.signing_keys import FixedKeys, SecretKeys
    from modelfleet.outcomes.prediction_ids import PredictionIds
    from modelfleet.outcomes.report import FeedbackRecorder
    from modelfleet.serving.card import CardReader
    from modelfleet.serving.explain import Explainer
    from modelfleet.serving.follow import ReleaseFollower
    from modelfleet.serving.load import ServedModel
    from modelfleet.serving.replay import ReplayAnswer, ReplayRequest
    from modelfleet.serving.score import Predictor
    from modelfleet.serving.telemetry import ServingTelemetry
    from modelfleet.storage.object_store import ObjectStore

# A refresh happens while a version can answer: the caller must not wait for an outage to pass.
REFRESH_PATIENCE_SECONDS = 2.0
# How long a bucket may take to begin an answer or to go on with it: less than the shortest time
# that a function is given (10 s), because a caller who needs the answer waits for it. To give up
# sooner and ask again makes a busy bucket busier.
BUCKET_PATIENCE_SECONDS = 8.0


@cache
def predict_settings() -> PredictSettings:
    """The settings of the running predict function."""
    return PredictSettings.from_environment()


@cache
def serving_telemetry(model: str) -> ServingTelemetry:
    """The log and the metrics of a predict function."""
    from modelfleet.adapters.telemetry import PowertoolsTelemetry

    measured_in = namespace(predict_settings().stage)
    return PowertoolsTelemetry(model, measured_in, model_spec(model).serving.capture_share)


@cache
def release_follower() -> ReleaseFollower:
    """What the running predict function serves."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.serving.follow import ReleaseFollower
    from modelfleet.serving.load import load

    settings = predict_settings()
    spec = model_spec(settings.model)

    def load_version(store: ObjectStore, version: str) -> ServedModel:
        return load(store, spec, version, OnnxScorer)

    return ReleaseFollower(
        model=settings.model,
        open_store=lambda: s3_store(
            settings.artifacts_bucket, patience_seconds=BUCKET_PATIENCE_SECONDS
        ),
        load=load_version,
        refresh_seconds=settings.refresh_seconds,
        patience_seconds=REFRESH_PATIENCE_SECONDS,
        clock=time.time,
        telemetry=serving_telemetry(settings.model),
    )


@cache
def signing_keys() -> SecretKeys | FixedKeys:
    """What the ids of the running predict function's predictions are signed with."""
    from modelfleet.adapters.aws.aws_json import SECRETS, AwsJsonClient
    from modelfleet.adapters.aws.signing_keys import ANSWER_SECONDS, FixedKeys, SecretKeys

    named = predict_settings().signing_keys
    if named.startswith(FixedKeys.MARK):
        return FixedKeys(named.removeprefix(FixedKeys.MARK).encode())
    client = AwsJsonClient(SECRETS, os.environ, timeout_seconds=ANSWER_SECONDS)
    return SecretKeys(client, named)


@cache
def prediction_ids() -> PredictionIds:
    """What makes and checks the ids of the running predict function's predictions."""
    from modelfleet.outcomes.prediction_ids import PredictionIds

    return PredictionIds(predict_settings().model, signing_keys())


@cache
def predictor() -> Predictor:
    """The running predict function's one use case."""
    from modelfleet.serving.cache import PredictionCache
    from modelfleet.serving.score import Predictor

    spec = model_spec(predict_settings().model)
    personal = frozenset(c.name for c in spec.features.columns() if c.personal_data)
    kept = spec.serving.remembered_predictions
    memory = PredictionCache(kept) if kept else None
    telemetry = serving_telemetry(spec.name)
    return Predictor(release_follower(), telemetry, prediction_ids(), personal, memory)


@lru_cache(maxsize=2)
def replayed_version(version: str) -> ServedModel:
    """A version that a release tries out; it never changes, so it is loaded once."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.serving.load import load

    settings = predict_settings()
    store = s3_store(settings.artifacts_bucket)
    return load(store, model_spec(settings.model), version, OnnxScorer)


def replay(request: ReplayRequest) -> ReplayAnswer:
    """Answer rows with a version of the running predict function's model."""
    from modelfleet.serving.replay import replay as run

    return run(model_spec(predict_settings().model), request, replayed_version)


@cache
def explainer() -> Explainer:
    """What says why the running predict function answers as it does."""
    from modelfleet.serving.explain import Explainer
    from modelfleet.serving.load import load_background

    follower = release_follower()
    return Explainer(predictor(), lambda manifest: load_background(follower.store(), manifest))


@cache
def card_reader() -> CardReader:
    """What shows the card of the version that the running predict function serves."""
    from modelfleet.serving.card import CardReader
    from modelfleet.serving.load import load_card

    follower = release_follower()
    return CardReader(predictor(), lambda manifest: load_card(follower.store(), manifest))


@cache
def feedback_recorder() -> FeedbackRecorder:
    """What stores outcomes for the running predict function."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.outcomes.report import FeedbackRecorder

    bucket = predict_settings().lake_bucket
    return FeedbackRecorder(
        prediction_ids(), lambda: s3_store(bucket, patience_seconds=BUCKET_PATIENCE_SECONDS)
    )
