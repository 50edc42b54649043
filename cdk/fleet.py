"""Assembles the stacks of a stage."""

from collections.abc import Mapping

import aws_cdk

from cdk.batch.stack import BatchStack
from cdk.console.console import Console
from cdk.drift.stack import DriftStack
from cdk.monitoring.stack import MonitoringStack
from cdk.retraining.stack import RetrainingStack
from cdk.serving.stack import ServingStack
from cdk.settings.stage import Stage
from cdk.shared.logs import add_provider_logs
from cdk.storage.stack import StorageStack
from modelfleet.resource_names import Output
from modelfleet.spec.model import ModelSpec


def build_fleet(
    app: aws_cdk.App,
    *,
    stage: Stage,
    models: Mapping[str, ModelSpec],
    environment: aws_cdk.Environment | None = None,
    tracking_uri: str | None = None,
    engine: str | None = None,
) -> list[aws_cdk.Stack]:
    """Add the stacks of a stage to the app; `engine` is the local engine's address."""
    storage = StorageStack(
        app, stage=stage, environment=environment, tracking_uri=tracking_uri, engine=engine
    )
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
    _add_console(serving, storage, stage=stage, models=models, engine=engine)
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


def _add_console(
    serving: ServingStack,
    storage: StorageStack,
    *,
    stage: Stage,
    models: Mapping[str, ModelSpec],
    engine: str | None,
) -> None:
    """Put the console behind the API, in the API's stack."""
    console = Console(
        serving,
        "Console",
        stage=stage,
        models=models,
        api=serving.api.api,
        engine=engine,
        artifacts=storage.artifacts,
        lake=storage.lake,
        pool=storage.people.pool,
        pool_url=storage.people.url,
        sign_in_url=storage.people.sign_in_url,
        session_key=storage.people.session_key,
    )
    serving.api.add_console(console.function)
    serving.add_output(Output.CONSOLE_URL, console.url)
