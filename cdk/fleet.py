"""The stacks of one stage, put together."""

from collections.abc import Mapping

import aws_cdk

from cdk.batch.stack import BatchStack
from cdk.drift.stack import WatchingStack
from cdk.monitoring.alert_topic import AlertRecipients
from cdk.monitoring.stack import MonitoringStack
from cdk.retraining.stack import RetrainingStack
from cdk.serving.stack import ServingStack
from cdk.settings.budget import read_budget
from cdk.settings.clients import read_clients
from cdk.settings.domain import CustomDomain
from cdk.settings.stage import Stage
from cdk.shared.provider_logs import own_provider_logs
from cdk.storage.stack import StorageStack
from modelfleet.domain.deployment import PROJECT
from modelfleet.domain.spec import ModelSpec


def build_fleet(
    app: aws_cdk.App,
    *,
    stage: Stage,
    models: Mapping[str, ModelSpec],
    environment: aws_cdk.Environment | None = None,
    tracking_uri: str | None = None,
    alerts: AlertRecipients | None = None,
    clients: object = None,
    budget: object = None,
    domain: CustomDomain | None = None,
) -> list[aws_cdk.Stack]:
    """Add a stage's stacks to the app."""
    storage = StorageStack(app, stage=stage, environment=environment, tracking_uri=tracking_uri)
    monitoring = MonitoringStack(
        app,
        stage=stage,
        environment=environment,
        models=models,
        alerts=alerts or AlertRecipients(),
        budget_usd=read_budget(stage, budget),
    )
    serving = ServingStack(
        app,
        stage=stage,
        environment=environment,
        models=models,
        artifacts=storage.artifacts,
        lake=storage.lake,
        signing_key=storage.signing_key,
        clients=read_clients(stage, clients),
        domain=domain,
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
        app,
        stage=stage,
        environment=environment,
        lake=storage.lake,
        artifacts=storage.artifacts,
    )
    watching = WatchingStack(
        app,
        stage=stage,
        environment=environment,
        models=models,
        lake=storage.lake,
        artifacts=storage.artifacts,
        notifications=monitoring.topic,
    )
    stacks: list[aws_cdk.Stack] = [storage, monitoring, serving, retraining, batch, watching]
    for stack in stacks:
        own_provider_logs(stack, stage)
        aws_cdk.Tags.of(stack).add("project", PROJECT)
        aws_cdk.Tags.of(stack).add("stage", stage.name)
    return stacks
