"""Builds the train function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

import logging
import os
from functools import cache
from typing import TYPE_CHECKING

from modelfleet.bootstrap.fleet import model_spec, now
from modelfleet.settings import TrainSettings

if TYPE_CHECKING:
    from modelfleet.registry.model_registry import ModelRegistry
    from modelfleet.retraining.state import (
        Evaluated,
        Prepared,
        Recorded,
        Registered,
        RetrainingState,
        Trained,
    )
    from modelfleet.storage.object_store import ObjectStore


@cache
def train_settings() -> TrainSettings:
    """Return the settings of the running train function."""
    return TrainSettings.from_environment()


@cache
def lake() -> ObjectStore:
    """Return the lake bucket of the running train function."""
    from modelfleet.adapters.object_store import s3_store

    return s3_store(train_settings().lake_bucket)


@cache
def artifacts() -> ObjectStore:
    """Return the artifacts bucket of the running train function."""
    from modelfleet.adapters.object_store import s3_store

    return s3_store(train_settings().artifacts_bucket)


@cache
def model_registry() -> ModelRegistry:
    """Return the model registry on the database in the settings."""
    settings = train_settings()
    if settings.database_iam_authentication:
        from modelfleet.adapters.aws.database_token import sign_in_with_tokens

        sign_in_with_tokens(settings.tracking_uri)
    # MLflow reads this at import; runs must not be reported to third parties.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # MLflow's own handlers would print plain text between the function's JSON lines.
    os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
    # A pooled connection would keep the database awake while the sandbox is frozen, and would be
    # broken afterwards.
    os.environ.setdefault("MLFLOW_SQLALCHEMYSTORE_POOLCLASS", "NullPool")
    from modelfleet.adapters.mlflow_registry import MlflowRegistry
    from modelfleet.storage.keys import MLFLOW

    return MlflowRegistry(settings.tracking_uri, f"s3://{settings.artifacts_bucket}/{MLFLOW}")


def prepare(state: RetrainingState) -> Prepared:
    """Run the first step of a retraining."""
    from datetime import UTC, datetime

    from modelfleet.training.prepare import prepare as run
    from modelfleet.training.recent_rows import join_recent

    spec = model_spec(state.model)
    joined = join_recent(spec, state, lake(), datetime.now(UTC))
    return run(spec, state, lake(), artifacts(), joined)


def train(state: RetrainingState) -> Trained:
    """Run the second step of a retraining."""
    from modelfleet.adapters.onnx_export import OnnxExporter
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.training.staging import staged_progress
    from modelfleet.training.train import train as run

    spec, exporter = model_spec(state.model), OnnxExporter()
    log = logging.getLogger("modelfleet.training").info
    progress = staged_progress(artifacts(), state, log)
    return run(spec, state, artifacts(), model_registry(), exporter, OnnxScorer, now(), progress)


def evaluate(state: RetrainingState) -> Evaluated:
    """Run the third step of a retraining."""
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.training.evaluate import evaluate as run

    return run(model_spec(state.model), state, artifacts(), model_registry(), OnnxScorer)


def register(state: RetrainingState) -> Registered:
    """Run the fourth step of a retraining."""
    from modelfleet.training.register import register as run

    spec = model_spec(state.model)
    return run(spec, state, artifacts(), model_registry(), now())


def record(state: RetrainingState) -> Recorded:
    """Run the last step of a retraining."""
    from modelfleet.training.record import record as run

    spec = model_spec(state.model)
    return run(spec, state, artifacts(), model_registry(), now())
