"""`fleet up`: from nothing to a local cloud in which every model answers."""

import os
import time

from cli.cloud import Cloud, Stage, is_ready
from cli.datasets.samples import load_samples
from cli.local_cloud import deployment, lifecycle
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.record import CloudRecord
from cli.local_cloud.state import registry_agreement
from cli.output.console import done, say, step, warn
from cli.output.errors import FleetError
from cli.training.retraining import Execution, require_success, run_all
from modelfleet.catalogue import names
from modelfleet.resource_names import Output
from modelfleet.retraining.state import RetrainingRequest
from modelfleet.spec.errors import ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

_READY_SECONDS = 120.0


def up(layout: Layout) -> Cloud:
    """Start, deploy, load, train, and wait, skipping what has been done before.

    Raises
    ------
    FleetError
        If a step fails.
    """
    with lifecycle.locked(layout):
        cloud = _start_and_deploy(layout)
        with step("load sample data"):
            load_samples(cloud, layout, _without_data(cloud))
        _train(cloud)
        with step("wait until every model is ready"):
            _wait_until_ready(cloud)
        return cloud


def start_and_deploy(layout: Layout) -> Cloud:
    """Start the local cloud and deploy the app to it, without data and models.

    Raises
    ------
    FleetError
        If a step fails.
    """
    with lifecycle.locked(layout):
        return _start_and_deploy(layout)


def _start_and_deploy(layout: Layout) -> Cloud:
    started = lifecycle.start(layout)
    with step("bootstrap the CDK"):
        deployment.bootstrap(layout, started.record)
    with step("deploy the app"):
        deployment.deploy(layout, started.record)
    cloud = Cloud.connect(Stage.LOCAL, layout)
    if started.after_crash:
        _warn_of_disagreements(cloud, started.record)
    return cloud


def _warn_of_disagreements(cloud: Cloud, record: CloudRecord) -> None:
    versions, aliases = registry_agreement.registered(record.tracking_uri, list(names()))
    store = cloud.store(Output.ARTIFACTS_BUCKET)
    for sentence in registry_agreement.disagreements(store, versions, aliases):
        warn(sentence)


def _train(cloud: Cloud) -> None:
    requests = [RetrainingRequest(model=model) for model in _without_champion(cloud)]
    if not requests:
        done("every model has a champion")
        return
    at_once = max(1, min(len(requests), os.cpu_count() or 1))
    with step(f"train, gate, and release {', '.join(r.model for r in requests)}"):
        ended = run_all(cloud, requests, at_once=at_once, on_change=_show)
    for execution in ended:
        require_success(execution)


def _show(execution: Execution) -> None:
    state = execution.state if execution.running else execution.status
    say(f"    {execution.model}: {state}", style="dim")


def _without_data(cloud: Cloud) -> list[str]:
    lake = cloud.store(Output.LAKE_BUCKET)
    return [model for model in names() if not _exists(lake, keys.newest_dataset(model))]


def _without_champion(cloud: Cloud) -> list[str]:
    artifacts = cloud.store(Output.ARTIFACTS_BUCKET)
    return [model for model in names() if not _exists(artifacts, keys.release_pointer(model))]


def _exists(store: ObjectStore, key: str) -> bool:
    try:
        store.get(key)
    except ObjectNotFoundError:
        return False
    return True


def _wait_until_ready(cloud: Cloud) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    waiting = set(names())
    with cloud.http() as http:
        while waiting:
            waiting = {model for model in waiting if not is_ready(http, model)}
            if waiting and time.monotonic() > deadline:
                first = min(waiting)
                raise FleetError(f"{first} is not ready; see `fleet logs {first}`")
            time.sleep(0.5 if waiting else 0.0)
