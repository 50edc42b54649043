"""Builds adapters from settings, each once and when it is first asked for."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import os
import time
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from modelfleet.settings import (
    NAMESPACE,
    BatchSettings,
    CapturesSettings,
    PredictSettings,
    ReleaseSettings,
    TrainSettings,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from modelfleet.domain.batch import BatchOutcome, BatchPlan, BatchRequest, PartOutcome
    from modelfleet.domain.history import ReleaseRecord
    from modelfleet.domain.messages import (
        Closed,
        Evaluated,
        Locked,
        Prepared,
        Recorded,
        Registered,
        Released,
        RetrainingState,
        RolloutState,
        Smoked,
        Trained,
    )
    from modelfleet.domain.ports import (
        CaptureSink,
        MetricReader,
        MetricSink,
        ModelRegistry,
        ObjectStore,
        ServingTelemetry,
    )
    from modelfleet.domain.release_requests import (
        ChangedAlarm,
        ExperimentRequest,
        RollbackRequest,
        SharesShifted,
        TrialEnded,
    )
    from modelfleet.domain.replay import ReplayAnswer, ReplayRequest
    from modelfleet.domain.rollout import RolloutPlan
    from modelfleet.domain.spec import ModelSpec
    from modelfleet.pipelines.explain import Explainer
    from modelfleet.pipelines.feedback import FeedbackRecorder
    from modelfleet.pipelines.follow import ReleaseFollower
    from modelfleet.pipelines.load import ServedModel
    from modelfleet.pipelines.score import Predictor
    from modelfleet.pipelines.show_card import CardReader

# A refresh happens within a request, and there is a version to answer with: the caller must not
# wait for an outage of S3 to pass.
REFRESH_PATIENCE_SECONDS = 2.0
# A predict function that starts, loads a version and answers some rows.
REPLAY_PATIENCE_SECONDS = 60.0


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

    return PowertoolsTelemetry(model, NAMESPACE, model_spec(model).serving.capture_share)


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
        patience_seconds=REFRESH_PATIENCE_SECONDS,
        clock=time.time,
        telemetry=serving_telemetry(settings.model),
    )


@cache
def predictor() -> Predictor:
    """The running predict function's one use case."""
    from modelfleet.pipelines.remember import OutcomeMemory
    from modelfleet.pipelines.score import Predictor

    spec = model_spec(predict_settings().model)
    personal = frozenset(c.name for c in spec.features.columns() if c.personal_data)
    kept = spec.serving.remembered_predictions
    memory = OutcomeMemory(kept) if kept else None
    return Predictor(release_follower(), serving_telemetry(spec.name), personal, memory)


@lru_cache(maxsize=2)
def replayed_version(version: str) -> ServedModel:
    """A version that a release tries out; it never changes, so it is loaded once."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.pipelines.load import load

    settings = predict_settings()
    store = s3_store(settings.artifacts_bucket)
    return load(store, model_spec(settings.model), version, OnnxScorer)


def replay(request: ReplayRequest) -> ReplayAnswer:
    """Answer rows with a version of the running predict function's model."""
    from modelfleet.pipelines.replay import replay as run

    return run(model_spec(predict_settings().model), request, replayed_version)


@cache
def capture_sink() -> CaptureSink:
    """The running captures function's way into the lake."""
    from modelfleet.adapters.aws_json import FIREHOSE, AwsJsonClient
    from modelfleet.adapters.delivery_stream import DeliveryStream

    client = AwsJsonClient(FIREHOSE, os.environ)
    return DeliveryStream(client, captures_settings().delivery_stream)


@cache
def metric_sink() -> MetricSink | None:
    """Who takes the measurements that the captures function finds; nobody where none need be."""
    if not captures_settings().forward_metrics:
        return None
    from modelfleet.adapters.aws_json import CLOUDWATCH, AwsJsonClient
    from modelfleet.adapters.cloudwatch_metrics import CloudWatchMetrics

    return CloudWatchMetrics(AwsJsonClient(CLOUDWATCH, os.environ))


@cache
def captures_settings() -> CapturesSettings:
    """The settings of the running captures function."""
    return CapturesSettings.from_environment()


@cache
def explainer() -> Explainer:
    """What says why the running predict function answers as it does."""
    from modelfleet.pipelines.explain import Explainer
    from modelfleet.pipelines.load import load_background

    follower = release_follower()
    return Explainer(predictor(), lambda manifest: load_background(follower.store(), manifest))


@cache
def card_reader() -> CardReader:
    """What shows the card of the version that the running predict function serves."""
    from modelfleet.pipelines.load import load_card
    from modelfleet.pipelines.show_card import CardReader

    follower = release_follower()
    return CardReader(predictor(), lambda manifest: load_card(follower.store(), manifest))


@cache
def feedback_recorder() -> FeedbackRecorder:
    """What stores outcomes for the running predict function."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.pipelines.feedback import FeedbackRecorder

    bucket = predict_settings().lake_bucket
    return FeedbackRecorder(lambda: s3_store(bucket, patience_seconds=REFRESH_PATIENCE_SECONDS))


@cache
def release_settings() -> ReleaseSettings:
    """The settings of the running release function."""
    return ReleaseSettings.from_environment()


@cache
def release_store() -> ObjectStore:
    """The artifacts bucket of the running release function."""
    from modelfleet.adapters.object_store import s3_store

    return s3_store(release_settings().artifacts_bucket)


def rollout_plan(model: str) -> RolloutPlan:
    """How the stage releases a model."""
    from modelfleet.domain.rollout import RolloutLimits, RolloutPlan, WithoutTraffic

    settings = release_settings()
    plan = RolloutPlan(
        shares=tuple(map(float, settings.shares.split())),
        wait_seconds=settings.wait_seconds,
        minimum_predictions=settings.minimum_predictions,
        waits_maximum=settings.waits_maximum,
        without_traffic=WithoutTraffic(settings.without_traffic),
        limits=RolloutLimits(),
    )
    return plan.for_model(model_spec(model).rollout)


def lock_model(state: RetrainingState) -> Locked:
    """Run the machine's first step."""
    from modelfleet.adapters.aws_json import STATES, AwsJsonClient
    from modelfleet.adapters.executions import Executions
    from modelfleet.pipelines.lock import take_lock

    executions = Executions(AwsJsonClient(STATES, os.environ))
    seconds = release_settings().lock_wait_seconds
    return take_lock(release_store(), state, _now(), executions.is_running, seconds)


def smoke(state: RetrainingState) -> Smoked:
    """Try a registered version out in the deployed predict function."""
    from modelfleet.adapters.aws_json import LAMBDA, AwsJsonClient
    from modelfleet.adapters.predict_functions import PredictFunction
    from modelfleet.domain.deployment import predict_function
    from modelfleet.pipelines.smoke import smoke as run

    settings = release_settings()
    client = AwsJsonClient(LAMBDA, os.environ, timeout_seconds=REPLAY_PATIENCE_SECONDS)
    name = predict_function(settings.stage, state.model)
    function = PredictFunction(client, name, settings.predict_alias)
    plan = rollout_plan(state.model)
    return run(model_spec(state.model), state, release_store(), function.ask, plan)


def widen(state: RetrainingState) -> RolloutState:
    """Give the version its next share."""
    from modelfleet.pipelines.widen import widen as run

    return run(state, release_store(), rollout_plan(state.model), _now)


def look(state: RetrainingState) -> RolloutState:
    """Judge both arms of a release."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.pipelines.look import look as run

    lake, plan = s3_store(release_settings().lake_bucket), rollout_plan(state.model)
    return run(model_spec(state.model), state, release_store(), lake, _metrics(), plan, _now)


def _metrics() -> MetricReader:
    from modelfleet.adapters.aws_json import CLOUDWATCH, AwsJsonClient
    from modelfleet.adapters.cloudwatch_reader import CloudWatchReader

    return CloudWatchReader(AwsJsonClient(CLOUDWATCH, os.environ), NAMESPACE)


def release(state: RetrainingState) -> Released:
    """Let the version take all traffic."""
    from modelfleet.pipelines.release import release as run

    return run(release_store(), state, _now)


def close(state: RetrainingState) -> Closed:
    """End an execution that came to a good end."""
    from modelfleet.pipelines.close import close as run

    return run(state, release_store(), _now, announce)


def clean_up(state: RetrainingState) -> Closed:
    """End an execution that did not."""
    from modelfleet.pipelines.close import clean_up as run

    return run(state, release_store(), _now, announce)


def announce(record: ReleaseRecord) -> None:
    """Tell others what happened to a release."""
    from modelfleet.adapters.aws_json import EVENTS, AwsJsonClient
    from modelfleet.adapters.event_bus import EventBus
    from modelfleet.settings import EVENT_SOURCE

    client = AwsJsonClient(EVENTS, os.environ)
    EventBus(client, EVENT_SOURCE, release_settings().stage).announce(record)


def start_experiment(request: ExperimentRequest) -> Released:
    """Let a version run beside the champion."""
    from modelfleet.pipelines.experiment import start_experiment as run

    return run(release_store(), request, _now, announce)


def end_trial(alarm: ChangedAlarm) -> TrialEnded:
    """Take a challenger's share away because it fails; nothing where the alarm is over."""
    from modelfleet.domain.deployment import model_of_trial_alarm
    from modelfleet.domain.release_requests import TrialEnded
    from modelfleet.pipelines.end_trial import end_trial as run

    name = model_spec(model_of_trial_alarm(release_settings().stage, alarm.alarmName)).name
    if alarm.state.value != "ALARM":
        return TrialEnded(model=name)
    return run(release_store(), name, alarm.alarmName, _now, announce)


def shift_shares() -> SharesShifted:
    """Move the shares of all bandits."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.domain.release_requests import SharesShifted
    from modelfleet.pipelines.bandit import shift_share
    from models.catalogue import names

    store, lake, metrics = release_store(), s3_store(release_settings().lake_bucket), _metrics()
    shifted = {name: shift_share(model_spec(name), store, lake, metrics, _now) for name in names()}
    return SharesShifted(shares={name: share for name, share in shifted.items() if share})


def take_back(request: RollbackRequest) -> Released:
    """Take a release back by hand."""
    from modelfleet.pipelines.release import take_back as run

    return run(release_store(), request, _now, announce)


def _now() -> datetime:
    from datetime import UTC, datetime

    return datetime.now(UTC)


@cache
def train_settings() -> TrainSettings:
    """The settings of the running train function."""
    return TrainSettings.from_environment()


@cache
def lake() -> ObjectStore:
    """The lake bucket of the running train function."""
    from modelfleet.adapters.object_store import s3_store

    return s3_store(train_settings().lake_bucket)


@cache
def artifacts() -> ObjectStore:
    """The artifacts bucket of the running train function."""
    from modelfleet.adapters.object_store import s3_store

    return s3_store(train_settings().artifacts_bucket)


@cache
def model_registry() -> ModelRegistry:
    """The record of runs and versions, on the database that the settings name."""
    settings = train_settings()
    if settings.database_iam_authentication:
        from modelfleet.adapters.database_token import sign_in_with_tokens

        sign_in_with_tokens(settings.tracking_uri)
    # MLflow reads this when it is imported: what a run does is nobody else's business.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    from modelfleet.adapters.mlflow_registry import MlflowRegistry
    from modelfleet.domain.keys import MLFLOW

    return MlflowRegistry(settings.tracking_uri, f"s3://{settings.artifacts_bucket}/{MLFLOW}")


def prepare(state: RetrainingState) -> Prepared:
    """Run the retraining's first step."""
    from modelfleet.pipelines.prepare import prepare as run

    return run(model_spec(state.model), state, lake(), artifacts())


def train(state: RetrainingState, progress: Callable[[str], None]) -> Trained:
    """Run the retraining's second step."""
    from datetime import UTC, datetime

    from modelfleet.adapters.onnx_export import OnnxExporter
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.pipelines.train import train as run

    spec, now = model_spec(state.model), datetime.now(UTC)
    exporter = OnnxExporter()
    return run(spec, state, artifacts(), model_registry(), exporter, OnnxScorer, now, progress)


def evaluate(state: RetrainingState) -> Evaluated:
    """Run the retraining's third step."""
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.pipelines.evaluate import evaluate as run

    return run(model_spec(state.model), state, artifacts(), model_registry(), OnnxScorer)


def register(state: RetrainingState) -> Registered:
    """Run the retraining's fourth step."""
    from datetime import UTC, datetime

    from modelfleet.pipelines.register import register as run

    spec, now = model_spec(state.model), datetime.now(UTC)
    return run(spec, state, artifacts(), model_registry(), now)


def record(state: RetrainingState) -> Recorded:
    """Run the retraining's last step."""
    from datetime import UTC, datetime

    from modelfleet.pipelines.record import record as run

    spec, now = model_spec(state.model), datetime.now(UTC)
    return run(spec, state, artifacts(), model_registry(), now)


@cache
def batch_settings() -> BatchSettings:
    """The settings of the running batch function."""
    return BatchSettings.from_environment()


@cache
def batch_version(model: str, version: str) -> ServedModel:
    """A version that a bulk scoring job is pinned to; it never changes, so it is loaded once."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.pipelines.load import load

    store = s3_store(batch_settings().artifacts_bucket)
    return load(store, model_spec(model), version, OnnxScorer)


def split_batch(request: BatchRequest) -> BatchPlan:
    """Run the bulk scoring job's first step."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.pipelines.split_batch import split_batch as run

    settings = batch_settings()
    lake, artifacts = s3_store(settings.lake_bucket), s3_store(settings.artifacts_bucket)
    return run(model_spec(request.model), request, lake, artifacts)


def score_batch(request: BatchRequest, part: int) -> PartOutcome:
    """Run the bulk scoring job's second step on one part."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.pipelines.score_batch import score_batch as run

    def load(version: str) -> ServedModel:
        return batch_version(request.model, version)

    lake = s3_store(batch_settings().lake_bucket)
    return run(model_spec(request.model), request, part, lake, load)


def merge_batch(request: BatchRequest) -> BatchOutcome:
    """Run the bulk scoring job's last step."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.pipelines.merge_batch import merge_batch as run

    return run(model_spec(request.model), request, s3_store(batch_settings().lake_bucket))
