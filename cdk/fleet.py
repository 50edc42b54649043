"""Assembles the stacks of a stage."""

from collections.abc import Mapping

import aws_cdk

from cdk.batch.stack import BatchStack
from cdk.drift.stack import DriftStack
from cdk.monitoring.stack import MonitoringStack
from cdk.retraining.stack import RetrainingStack
from cdk.serving.stack import ServingStack
from cdk.settings.stage import Stage
from cdk.shared.logs import add_provider_logs
from cdk.storage.stack import StorageStack
from modelfleet.spec.model import ModelSpec


def build_fleet(
    app: aws_cdk.App,
    *,
    stage: Stage,
    models: Mapping[str, ModelSpec],
    environment: aws_cdk.Environment | None = None,
    tracking_uri: str | None = None,
) -> list[aws_cdk.Stack]:
    """Add the stacks of a stage to the app."""
    storage = StorageStack(app, stage=stage, environment=environment, tracking_uri=tracking_uri)
    monitoring = MonitoringStack(
        app,
        stage=stage,
        environment=environment,
        models=models,
        backed_up=storage.backed_up,
    )
    serving = ServingStack(
        app,
        stage=stage,
        environment=environment,
        models=models,
        artifacts=storage.artifacts,
        lake=storage.lake,
        signing_key=storage.signing_key,
    )
    retraining = RetrainingStack(
        app,
        stage=stage,
        environment=environment,
        models=models,
        lake=storage.lake,
        artifacts=storage.artifacts,
        registry=storage.registry,
        notifications=monitoring.topic,
    )
    batch = BatchStack(
        app, stage=stage, environment=environment, lake=storage.lake, artifacts=storage.artifacts
    )
    drift = DriftStack(
        app,
        stage=stage,
        environment=environment,
        models=models,
        lake=storage.lake,
        artifacts=storage.artifacts,
        notifications=monitoring.topic,
    )
    stacks: list[aws_cdk.Stack] = [storage, monitoring, serving, retraining, batch, drift]
    for stack in stacks:
        add_provider_logs(stack, stage)
    return stacks
