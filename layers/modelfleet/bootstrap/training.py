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
        from modelfleet.adapters.aws.database_token import sign_in_with_tokens

        sign_in_with_tokens(settings.tracking_uri)
    # MLflow reads this when it is imported: what a run does is nobody else's business.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    # Its own handlers would print text between the function's JSON lines.
    os.environ.setdefault("MLFLOW_CONFIGURE_LOGGING", "false")
    # A connection that is kept would keep the database awake for as long as the sandbox sleeps,
    # and would be broken when it wakes.
    os.environ.setdefault("MLFLOW_SQLALCHEMYSTORE_POOLCLASS", "NullPool")
    from modelfleet.adapters.mlflow_registry import MlflowRegistry
    from modelfleet.storage.keys import MLFLOW

    return MlflowRegistry(settings.tracking_uri, f"s3://{settings.artifacts_bucket}/{MLFLOW}")


def prepare(state: RetrainingState) -> Prepared:
    """Run the retraining's first step."""
    from datetime import UTC, datetime

    from modelfleet.training.prepare import prepare as run
    from modelfleet.training.recent_rows import join_recent

    spec = model_spec(state.model)
    recent = join_recent(spec, state, lake(), datetime.now(UTC))
    return run(spec, state, lake(), artifacts(), recent)


def train(state: RetrainingState) -> Trained:
    """Run the retraining's second step."""
    from modelfleet.adapters.onnx_export import OnnxExporter
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.training.train import train as run

    spec = model_spec(state.model)
    exporter, progress = OnnxExporter(), logging.getLogger("modelfleet.training").info
    return run(spec, state, artifacts(), model_registry(), exporter, OnnxScorer, now(), progress)


def evaluate(state: RetrainingState) -> Evaluated:
    """Run the retraining's third step."""
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.training.evaluate import evaluate as run

    return run(model_spec(state.model), state, artifacts(), model_registry(), OnnxScorer)


def register(state: RetrainingState) -> Registered:
    """Run the retraining's fourth step."""
    from modelfleet.training.register import register as run

    spec = model_spec(state.model)
    return run(spec, state, artifacts(), model_registry(), now())


def record(state: RetrainingState) -> Recorded:
    """Run the retraining's last step."""
    from modelfleet.training.record import record as run

    spec = model_spec(state.model)
    return run(spec, state, artifacts(), model_registry(), now())
