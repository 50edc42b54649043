"""One local cloud with the whole app deployed to it, for every end-to-end test."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from mlflow import MlflowClient

from cli import up
from cli.cloud import Cloud
from cli.datasets.samples import write_sample
from cli.local_cloud import lifecycle
from cli.local_cloud.layout import HOME_VARIABLE, Layout
from cli.local_cloud.processes.record import read_record
from modelfleet.release.lock import ReleaseLock
from modelfleet.resource_names import Output
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore

MODEL = "bankchurn"
ROWS = 3_000
# A busy machine may take its time; what is wrong fails however long one waits.
_FOLLOW_SECONDS = 120.0


@dataclass(frozen=True)
class Fleet:
    """The command `fleet`, as a person types it."""

    layout: Layout

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run a command whatever comes of it."""
        return subprocess.run(
            [sys.executable, "-m", "cli.app", *arguments],
            env=os.environ | {HOME_VARIABLE: str(self.layout.root)},
            capture_output=True,
            text=True,
            check=False,
        )

    def ask(self, *arguments: str) -> Any:
        """Run a command that must succeed and answer its JSON."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@pytest.fixture(scope="session")
def layout(database_folder: Path) -> Layout:
    """Lay out a local cloud of the tests' own."""
    return Layout(database_folder / "cloud" / ".fleet")


@pytest.fixture(scope="session")
def cloud(layout: Layout) -> Iterator[Cloud]:
    """Deploy the app to a local cloud, and leave nothing running afterwards."""
    try:
        yield up.start_and_deploy(layout)
    finally:
        lifecycle.stop(layout)


@pytest.fixture(scope="session")
def fleet(cloud: Cloud, layout: Layout) -> Fleet:
    """Offer the command for that cloud."""
    assert cloud.endpoint is not None
    return Fleet(layout)


@pytest.fixture(scope="session")
def http(cloud: Cloud) -> Iterator[httpx.Client]:
    """Offer a client of the API that sends the key."""
    with cloud.http() as client:
        yield client


@pytest.fixture(scope="session")
def follow_version(http: httpx.Client) -> Callable[[str], httpx.Response]:
    """Predict until a version answers, for containers follow the pointer within their interval."""

    def predict(version: str) -> httpx.Response:
        deadline = time.monotonic() + _FOLLOW_SECONDS
        while True:
            answer = http.post(f"/{MODEL}/predict", json=example())
            if answer.is_success and answer.json()["version"] == version:
                return answer
            assert time.monotonic() < deadline, answer.text
            time.sleep(0.2)

    return predict


@pytest.fixture(scope="session")
def follow_aliases(layout: Layout) -> Callable[[dict[str, str]], None]:
    """Wait until the registry's aliases are these, for they follow a rollback by themselves."""

    def wait(expected: dict[str, str]) -> None:
        record = read_record(layout)
        assert record is not None
        client = MlflowClient(tracking_uri=record.tracking_uri, registry_uri=record.tracking_uri)
        deadline = time.monotonic() + _FOLLOW_SECONDS
        while (named := _aliases(client)) != expected:
            assert time.monotonic() < deadline, named
            time.sleep(0.5)

    return wait


@pytest.fixture(scope="session")
def first_release(
    fleet: Fleet,
    follow_version: Callable[[str], httpx.Response],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """Load generated rows as `fleet up` does and retrain; with the answer of what serves.

    It is asked for here, because whichever test comes next may have released another version.
    """
    load(fleet, tmp_path_factory.mktemp("first"), "--generated", seed=1)
    released: dict[str, Any] = fleet.ask("retrain", MODEL, "--wait", "--json")
    return released | {"answer": follow_version("1").json()}


@pytest.fixture(scope="session")
def second_release(
    fleet: Fleet,
    cloud: Cloud,
    first_release: dict[str, Any],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Any]:
    """Retrain the model on a table that counts as observed, by two people at once.

    The answer is the first one's; under `meanwhile` is that of the other, who asked while the first
    retraining held the model's lock. Under `compared` is how the two versions compare, which is
    asked for here, because whichever test comes next may have loaded another table.
    """
    assert first_release["champion"] == "1"
    load(fleet, tmp_path_factory.mktemp("second"), seed=2)
    with ThreadPoolExecutor() as people:
        first = people.submit(fleet.ask, "retrain", MODEL, "--wait", "--json")
        _wait_for_lock(cloud.store(Output.ARTIFACTS_BUCKET), first)
        meanwhile = fleet.ask("retrain", MODEL, "--wait", "--json")
    released: dict[str, Any] = first.result()
    compared = fleet.ask("compare", MODEL, "1", "2", "--json")
    return released | {"meanwhile": meanwhile, "compared": compared}


def load(fleet: Fleet, folder: Path, *options: str, seed: int, rows: int = ROWS) -> None:
    """Load a sample of this seed."""
    file = write_sample(MODEL, folder / "sample.csv", rows=rows, seed=seed)
    fleet.ask("data", "load", MODEL, str(file), *options, "--json")


def until(condition: Callable[[], bool], seconds: float = 240.0) -> None:
    """Wait for something that must happen."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.3)


def _wait_for_lock(store: ObjectStore, retraining: "Future[Any]") -> None:
    """Wait until a retraining holds the model's lock."""
    deadline = time.monotonic() + _FOLLOW_SECONDS
    while ReleaseLock.parse(store.get(keys.release_lock(MODEL)).content).holder is None:
        assert not retraining.done(), retraining.result()
        assert time.monotonic() < deadline
        time.sleep(0.1)


def _aliases(client: MlflowClient) -> dict[str, str]:
    named = client.get_registered_model(MODEL).aliases
    return {alias: str(version) for alias, version in named.items()}


def example() -> dict[str, Any]:
    """The model's own example request."""
    from modelfleet.catalogue import find  # noqa: PLC0415  # kept next to its use, conftest is read first

    return find(MODEL).features.example()
