"""`fleet up`: from nothing to a local cloud in which every model answers."""

import os
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass

from cli.cloud import Cloud, Stage, is_ready
from cli.console.people import add_people
from cli.datasets import first_dataset
from cli.datasets.samples import load_samples
from cli.local_cloud import deployment, lifecycle
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.record import CloudRecord
from cli.local_cloud.state import registry_agreement
from cli.output.console import done, say, step, warn
from cli.output.errors import FleetError
from cli.training.retraining import Execution, run_all
from cli.unserved import why_unserved
from modelfleet.catalogue import find, names
from modelfleet.pages.numbers import counted
from modelfleet.resource_names import Output
from modelfleet.retraining.state import RetrainingRequest
from modelfleet.spec.errors import DatasetError, ObjectNotFoundError
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

_READY_SECONDS = 120.0


@dataclass(frozen=True)
class LocalFleet:
    """The local cloud, the models that respond, and what is wrong with the others."""

    cloud: Cloud
    serving: tuple[str, ...]
    faults: tuple[str, ...] = ()

    def require_sound(self) -> None:
        """Check that nothing is wrong with any model.

        Raises
        ------
        FleetError
            If something is; it names each model, the reason, and what to do.
        """
        if self.faults:
            raise FleetError("\n".join(self.faults))


def up(layout: Layout) -> LocalFleet:
    """Start, deploy, load, train, and wait, skipping what has been done before.

    A model that cannot be trained does not keep the others from serving.

    Raises
    ------
    FleetError
        If a step fails.
    """
    with lifecycle.locked(layout):
        cloud = _start_and_deploy(layout)
        loaded, unloaded = _load_first(cloud, layout)
        untrained = _train(cloud, layout, loaded, unloaded)
        serving = _except(names(), _without_champion(cloud))
        with step("wait until every model is ready"):
            _wait_until_ready(cloud, serving)
        return LocalFleet(cloud, serving, (*unloaded.values(), *untrained))


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
    with step("deploy the app") as deploying:
        deployment.deploy(layout, started.record, on_progress=deploying.show)
    cloud = Cloud.connect(Stage.LOCAL, layout)
    with step("add the console's people"):
        add_people(cloud, layout)
    if started.after_crash:
        _warn_of_disagreements(cloud, started.record)
    return cloud


def _warn_of_disagreements(cloud: Cloud, record: CloudRecord) -> None:
    versions, aliases = registry_agreement.registered(record.tracking_uri, list(names()))
    store = cloud.store(Output.ARTIFACTS_BUCKET)
    for sentence in registry_agreement.disagreements(store, versions, aliases):
        warn(sentence)


def _load_first(cloud: Cloud, layout: Layout) -> tuple[list[str], dict[str, str]]:
    """Load the tables of new models; return the models, and what was wrong with those of others."""
    lake = cloud.store(Output.LAKE_BUCKET)
    loaded: list[str] = []
    faults: dict[str, str] = {}
    for model in names():
        if (first := first_dataset.find(layout, model)) is None:
            continue
        try:
            with step(f"load the first data set of {model}"):
                manifest = first.load(find(model), lake, cloud.group_key)
        except DatasetError as error:
            faults[model] = _unloaded(model, error)
            continue
        # Only now: if this is interrupted, loading the table again changes nothing.
        first.discard()
        if manifest is not None:
            loaded.append(model)
            say(f"    {manifest.rows:,} rows, {manifest.quarantined:,} rejected", style="dim")
    return loaded, faults


def _unloaded(model: str, error: DatasetError) -> str:
    # On one line, even if the message quotes a name with line breaks.
    reason = str(error).replace("\n", "\\n")
    return (
        f"{model} was not trained, because its first data set cannot be loaded: {reason}; correct "
        f"its spec.py, or load another file with `fleet data load {model} FILE`, then run "
        "`fleet up` again"
    )


def _train(
    cloud: Cloud, layout: Layout, loaded: Collection[str], unloaded: Collection[str]
) -> list[str]:
    """Train the models that have new rows or no champion; return what went wrong.

    Sample data is loaded model by model, so that the first model is in training, and serves, while
    that of the others is loaded.
    """
    wanted = {*_without_champion(cloud), *loaded} - {*unloaded}
    without_data = {*_without_data(cloud)} - {*unloaded}
    if others := sorted(without_data - wanted):
        with step("load sample data"):
            load_samples(cloud, layout, others)
    requests = [RetrainingRequest(model=model) for model in names() if model in wanted]
    if not requests:
        done("every model has a champion")
        return []
    at_once = max(1, min(len(requests), os.cpu_count() or 1))
    with step(f"train, gate, and release {counted(len(requests), 'model')}") as training:
        shown = _Shown(len(requests), training.show)

        def load(model: str) -> None:
            if model in without_data:
                shown.load(model)
                load_samples(cloud, layout, [model])

        ended = run_all(cloud, requests, at_once=at_once, on_change=shown.show, before=load)
        faults = [fault for execution in ended if (fault := why_unserved(cloud, execution))]
        training.failed = bool(faults)
    return faults


class _Shown:
    """Progress of the trainings; a model can be called while others are in training."""

    def __init__(self, models: int, detail: Callable[[str], None]) -> None:
        self._models, self._detail, self._serving = models, detail, 0

    def load(self, model: str) -> None:
        """Print that a model's sample data is loaded."""
        say(f"    {model}: load sample data", style="dim")

    def show(self, execution: Execution) -> None:
        """Print a change of an execution."""
        if execution.detail:
            self._detail(f"{execution.model}: {execution.detail}")
            return
        if execution.champion is None or execution.running:
            state = execution.state if execution.running else execution.status
            say(f"    {execution.model}: {state}", style="dim")
            return
        self._serving += 1
        say(
            f"    {execution.model} is serving ({self._serving} of {self._models}); try it with "
            f"`fleet predict {execution.model}`"
        )


def _without_data(cloud: Cloud) -> list[str]:
    lake = cloud.store(Output.LAKE_BUCKET)
    return _absent(lake, keys.newest_dataset)


def _without_champion(cloud: Cloud) -> list[str]:
    return _absent(cloud.store(Output.ARTIFACTS_BUCKET), keys.release_pointer)


def _absent(store: ObjectStore, key: Callable[[str], str]) -> list[str]:
    """Return the models that have no object of this key."""
    return [model for model in names() if not _exists(store, key(model))]


def _except(models: Iterable[str], others: Collection[str]) -> tuple[str, ...]:
    return tuple(model for model in models if model not in others)


def _exists(store: ObjectStore, key: str) -> bool:
    try:
        store.get(key)
    except ObjectNotFoundError:
        return False
    return True


def _wait_until_ready(cloud: Cloud, models: Iterable[str]) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    waiting = set(models)
    with cloud.http() as http:
        while waiting:
            waiting = {model for model in waiting if not is_ready(http, model)}
            if waiting and time.monotonic() > deadline:
                first = min(waiting)
                raise FleetError(f"{first} is not ready; see `fleet logs {first}`")
            time.sleep(0.5 if waiting else 0.0)
