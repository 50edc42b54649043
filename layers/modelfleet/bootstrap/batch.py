"""Builds the batch function."""

# ruff: noqa: PLC0415  imports are inside, so that no function pays for the libraries of all.

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from modelfleet.bootstrap.fleet import model_spec
from modelfleet.settings import BatchSettings

if TYPE_CHECKING:
    from modelfleet.batch.job import BatchOutcome, BatchPlan, BatchRequest, PartOutcome
    from modelfleet.serving.load import ServedModel


@cache
def batch_settings() -> BatchSettings:
    """Return the settings of the running batch function."""
    return BatchSettings.from_environment()


@cache
def batch_version(model: str, version: str) -> ServedModel:
    """Load the version that a batch job is pinned to; cached, because versions are immutable."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.adapters.onnx_scorer import OnnxScorer
    from modelfleet.serving.load import load

    store = s3_store(batch_settings().artifacts_bucket)
    return load(store, model_spec(model), version, OnnxScorer)


def split_batch(request: BatchRequest) -> BatchPlan:
    """Run the first step of a batch job."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.batch.split import split_batch as run

    settings = batch_settings()
    lake, artifacts = s3_store(settings.lake_bucket), s3_store(settings.artifacts_bucket)
    return run(model_spec(request.model), request, lake, artifacts)


def score_batch(request: BatchRequest, part: int) -> PartOutcome:
    """Run the second step of a batch job on one part."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.batch.score import score_batch as run

    def load(version: str) -> ServedModel:
        return batch_version(request.model, version)

    lake = s3_store(batch_settings().lake_bucket)
    return run(model_spec(request.model), request, part, lake, load)


def merge_batch(request: BatchRequest) -> BatchOutcome:
    """Run the last step of a batch job."""
    from modelfleet.adapters.object_store import s3_store
    from modelfleet.batch.merge import merge_batch as run

    return run(model_spec(request.model), request, s3_store(batch_settings().lake_bucket))
