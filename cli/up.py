"""`fleet up` and `fleet down`: from nothing to every model answering, and back."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from cli.cloud import Cloud, Stage, is_ready
from cli.datasets.samples import load_samples
from cli.local_cloud import deployment as deploy
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes import engine
from cli.local_cloud.processes import postgres as database
from cli.local_cloud.processes.marked import marked
from cli.local_cloud.processes.record import CloudRecord, read_record
from cli.local_cloud.state import copies, recovery
from cli.local_cloud.state import registry_agreement as agreement
from cli.local_cloud.state.restart_report import Restored, read_restored
from cli.output.console import done, say, step, warn
from cli.output.errors import FleetError
from cli.training.retraining import Execution, require_success, run_all
from modelfleet.domain import keys
from modelfleet.domain.deployment import Output
from modelfleet.domain.errors import ObjectNotFoundError
from modelfleet.domain.messages import RetrainingRequest
from modelfleet.domain.ports import ObjectStore
from models.catalogue import names

_READY_SECONDS = 120.0
_RESTORED_SECONDS = 30.0


def up(layout: Layout) -> Cloud:
    """Start, deploy, load, train and wait; what is done already is not done again.

    Raises
    ------
    FleetError
        If a step fails; the text says which, why, and how to go on.
    """
    with changing(layout):
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
    with changing(layout):
        return _start_and_deploy(layout)


def start(layout: Layout) -> CloudRecord:
    """Start what is not running, or wait until it answers, and deploy nothing.

    Raises
    ------
    FleetError
        If a part does not start, or runs and does not answer.
    """
    with changing(layout):
        record, _ = _start(layout)
        return record


def down(layout: Layout) -> bool:
    """Stop everything and keep the state; answers whether there was anything to stop."""
    with changing(layout):
        running = read_record(layout) is not None or bool(marked(layout.root))
        if not engine.stop(layout):
            warn(
                f"the engine did not stop within {engine.STOP_SECONDS:.0f} s and was killed; "
                "`fleet up` restores its last state"
            )
        database.stop(layout)
        return running


def _start_and_deploy(layout: Layout) -> Cloud:
    record, crashed = _start(layout)
    with step("bootstrap the CDK"):
        deploy.bootstrap(layout, record)
    with step("deploy the app"):
        deploy.deploy(layout, record)
    cloud = Cloud.connect(Stage.LOCAL, layout)
    if crashed:
        _tell_disagreements(cloud, record)
    return cloud


def _tell_disagreements(cloud: Cloud, record: CloudRecord) -> None:
    versions, aliases = agreement.registered(record.tracking_uri, list(names()))
    store = cloud.store(Output.ARTIFACTS_BUCKET)
    for sentence in agreement.disagreements(store, versions, aliases):
        warn(sentence)


def _start(layout: Layout) -> tuple[CloudRecord, bool]:
    """Start what is not running; answer whether the last run crashed, too."""
    layout.logs.mkdir(parents=True, exist_ok=True)
    copies.finish_moves(layout)
    recovery.require_database(layout)
    with step("check for a running local cloud"):
        running = engine.running(layout)
    if running is not None:
        with step("start PostgreSQL"):
            database.start(layout)
        return running, False
    engine.end_orphans(layout)
    last = recovery.examine(layout)
    damaged = recovery.mend_objects(layout, last)
    with step("start PostgreSQL"):
        tracking_uri = database.start(layout)
    with step("prepare MLflow's tables"):
        database.create_schema(layout, tracking_uri)
        recovery.require_engine(layout, tracking_uri, list(names()))
    with step("start the AWS engine"):
        record = engine.start(layout, tracking_uri)
    for sentence in (*recovery.report(last, _restored(layout, record)), *damaged):
        warn(sentence)
    return record, not last.ended


def _restored(layout: Layout, record: CloudRecord) -> Restored | None:
    """What the engine says that it found; it does once it has taken up what was under way."""
    deadline = time.monotonic() + _RESTORED_SECONDS
    while time.monotonic() < deadline:
        restored = read_restored(layout.engine_state)
        if restored is not None and restored.pid == record.pid:
            return restored
        time.sleep(0.1)
    return None


def _train(cloud: Cloud) -> None:
    requests = [RetrainingRequest(model=model) for model in _without_champion(cloud)]
    if not requests:
        done("every model has a champion")
        return
    at_once = max(1, min(len(requests), os.cpu_count() or 1))
    with step(f"train, gate and release {', '.join(r.model for r in requests)}"):
        ended = run_all(cloud, requests, at_once=at_once, on_change=_tell)
    for execution in ended:
        require_success(execution)


def _tell(execution: Execution) -> None:
    state = execution.state if execution.running else execution.status
    say(f"    {execution.model}: {state}", style="dim")


def _without_data(cloud: Cloud) -> list[str]:
    lake = cloud.store(Output.LAKE_BUCKET)
    return [model for model in names() if not _holds(lake, keys.newest_dataset(model))]


def _without_champion(cloud: Cloud) -> list[str]:
    artifacts = cloud.store(Output.ARTIFACTS_BUCKET)
    return [model for model in names() if not _holds(artifacts, keys.release_pointer(model))]


def _holds(store: ObjectStore, key: str) -> bool:
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
                raise FleetError(f"{first} is not ready; look at: fleet logs {first}")
            time.sleep(0.5 if waiting else 0.0)


@contextmanager
def changing(layout: Layout) -> Iterator[None]:
    """Keep other commands from changing the local cloud meanwhile."""
    layout.root.mkdir(parents=True, exist_ok=True)
    with layout.lock.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another command is changing the local cloud; waiting for it")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield
