"""Releases on the deployed local cloud: what is worse is taken back by itself, one at a time."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

import httpx
import onnx
import pytest
from onnx import TensorProto, helper

from cli.cloud import Cloud
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.registry.manifest import (
    BACKGROUND_FILE,
    MANIFEST_FILE,
    MODEL_FILE,
    ONNX_OUTPUT,
    REPLAY_FILE,
    sha256,
)
from modelfleet.resource_names import Output
from modelfleet.storage import keys
from modelfleet.storage.object_store import ObjectStore
from tests.e2e.conftest import Fleet, until
from tests.serving import failing_model, linear_model, manifest, put_bundle, put_pointer, replay

pytestmark = pytest.mark.e2e

SPEC = find("telecom")
COLUMNS = [column.name for column in SPEC.features.columns()]
ROWS_A_REQUEST = 10
# Of the generated rows, about a fifth use more.
HEAVY_MB = 23_000.0
_SLOWING_NODES = 12
_WIDTH = 700


def slow_model() -> bytes:
    """The champion's own model, which multiplies large matrices before it answers."""
    model = onnx.load_from_string(linear_model(len(COLUMNS), 0.0, sigmoid=True))
    graph = model.graph
    graph.node[-1].output[0] = "scored"
    graph.initializer.append(helper.make_tensor("side", TensorProto.INT64, [2], [_WIDTH, _WIDTH]))
    graph.initializer.append(helper.make_tensor("none", TensorProto.FLOAT, [1], [0.0]))
    # Made of the input, so that it cannot be computed once and for all.
    graph.node.append(helper.make_node("ReduceMin", ["filled"], ["least"], keepdims=0))
    graph.node.append(helper.make_node("Expand", ["least", "side"], ["m0"]))
    for number in range(_SLOWING_NODES):
        inputs = [f"m{number}", f"m{number}"]
        graph.node.append(helper.make_node("MatMul", inputs, [f"p{number}"]))
        graph.node.append(helper.make_node("Tanh", [f"p{number}"], [f"m{number + 1}"]))
    last = f"m{_SLOWING_NODES}"
    graph.node.append(helper.make_node("ReduceMax", [last], ["most"], keepdims=0))
    graph.node.append(helper.make_node("Mul", ["most", "none"], ["nothing"]))
    graph.node.append(helper.make_node("Add", ["scored", "nothing"], [ONNX_OUTPUT]))
    content: bytes = model.SerializeToString()
    return content


def put_version(store: ObjectStore, version: str, model: bytes) -> None:
    """Register a version with this model; the rows that it was tried on are light users'."""
    template = memory_store()
    put_bundle(template, SPEC, version)
    folder = keys.bundle(SPEC.name, version)
    files = {name: template.get(f"{folder}/{name}").content for name in _files(template, folder)}
    files |= {MODEL_FILE: model, REPLAY_FILE: replay(SPEC, model)}
    whole = manifest(SPEC, version, model).model_copy(
        update={"files": {name: sha256(content) for name, content in files.items()}}
    )
    for name, content in files.items():
        store.put(f"{folder}/{name}", content)
    store.put(f"{folder}/{MANIFEST_FILE}", whole.model_dump_json().encode())


def _files(store: ObjectStore, folder: str) -> list[str]:
    names = [key.removeprefix(f"{folder}/") for key in store.keys(folder)]
    assert BACKGROUND_FILE in names
    return [name for name in names if name != MANIFEST_FILE]


@pytest.fixture(scope="module")
def artifacts(cloud: Cloud) -> ObjectStore:
    """The artifacts bucket, with a champion that serves."""
    store = cloud.store(Output.ARTIFACTS_BUCKET)
    put_version(store, "101", linear_model(len(COLUMNS), 0.0, sigmoid=True))
    put_pointer(store, SPEC.name, "101")
    return store


@contextmanager
def traffic(http: httpx.Client) -> Iterator[list[int]]:
    """Call the API all the while, and keep the status of every answer."""
    rows = import_module("models.telecom.sample").sample(400, 3)
    features = [{name: row[name] for name in COLUMNS} for row in rows]
    statuses: list[int] = []
    ended = threading.Event()

    def call() -> None:
        start = 0
        # A pause between calls: the engine that judges shares the processors with them.
        while not ended.wait(0.05):
            part = features[start : start + ROWS_A_REQUEST]
            answer = http.post(f"/{SPEC.name}/predict/batch", json={"instances": part})
            statuses.append(answer.status_code)
            start = (start + ROWS_A_REQUEST) % len(features)

    caller = threading.Thread(target=call)
    caller.start()
    try:
        yield statuses
    finally:
        ended.set()
        caller.join()


def history(fleet: Fleet) -> list[dict[str, Any]]:
    """The records, the newest first."""
    answer: list[dict[str, Any]] = fleet.ask("history", SPEC.name, "--json")
    return answer


def pointer(artifacts: ObjectStore) -> dict[str, Any]:
    """What is released."""
    answer: dict[str, Any] = json.loads(artifacts.get(keys.release_pointer(SPEC.name)).content)
    return answer


def test_failing_version_is_taken_back_and_costs_no_answer(
    fleet: Fleet, http: httpx.Client, artifacts: ObjectStore
) -> None:
    """What fails on a fifth of the rows goes once it is seen, and every caller is answered."""
    put_version(artifacts, "102", failing_model(COLUMNS, "mb_used", HEAVY_MB))
    with traffic(http) as statuses:
        failed = fleet.run("release", "start", SPEC.name, "102", "--wait")
    assert failed.returncode == 1
    assert "RolledBack: errors" in failed.stderr
    assert set(statuses) == {200}
    assert pointer(artifacts)["champion"] == "101"
    assert pointer(artifacts)["challenger"] is None
    record = history(fleet)[0]
    assert (record["outcome"], record["version"]) == ("rolled back", "102")
    # What it did may come to the lake late: it goes at the first look that sees it.
    *before, last = (check["judgement"]["outcome"] for check in record["checks"])
    assert last == "roll_back"
    assert set(before) <= {"wait"}


@pytest.mark.parametrize(
    ("version", "model", "named"),
    [
        ("103", slow_model, "latency"),
        ("104", lambda: linear_model(len(COLUMNS), -3.0, sigmoid=True), "disagreement"),
    ],
    ids=["slow", "shifted"],
)
def test_what_the_held_out_rows_show_never_gets_a_share(
    fleet: Fleet,
    artifacts: ObjectStore,
    version: str,
    model: Callable[[], bytes],
    named: str,
) -> None:
    """A slow version, and one whose scores are shifted, go before anybody is shown them."""
    put_version(artifacts, version, model())
    failed = fleet.run("release", "start", SPEC.name, version, "--wait")
    assert failed.returncode == 1
    record = history(fleet)[0]
    assert (record["outcome"], record["version"], record["checks"]) == ("rolled back", version, [])
    assert any(reason.find(named) >= 0 for reason in record["reasons"]), record["reasons"]
    assert pointer(artifacts)["champion"] == "101"


def test_aborted_and_failed_executions_leave_the_champion_and_the_next_one_goes_on(
    fleet: Fleet, cloud: Cloud, artifacts: ObjectStore
) -> None:
    """What was ended by force is cleaned up after, the next one waits, and a late failure undoes.

    The registry does not know the version, so that recording it fails after it took all traffic.
    """
    put_version(artifacts, "105", linear_model(len(COLUMNS), 0.0, sigmoid=True))
    aborted = fleet.ask("release", "start", SPEC.name, "105", "--json")["execution"]
    until(lambda: pointer(artifacts)["challenger"] is not None)
    waiting = fleet.ask("release", "start", SPEC.name, "105", "--json")["execution"]
    machine = cloud.client("stepfunctions")
    machine.stop_execution(executionArn=aborted)
    until(lambda: machine.describe_execution(executionArn=waiting)["status"] != "RUNNING")
    ended = machine.describe_execution(executionArn=waiting)
    assert ended["status"] == "FAILED"
    names = [arn.rpartition(":")[2] for arn in (aborted, waiting)]
    # The rule's event and the one that waits may come in any order.
    kept = [keys.release_record(SPEC.name, name) for name in names]
    until(lambda: set(kept) <= set(artifacts.keys(keys.release_history(SPEC.name))))
    records = {record["execution"]: record for record in history(fleet)}
    first, second = (records[name] for name in names)
    assert "ABORTED" in first["reasons"][0]
    assert [check["share"] for check in second["checks"]][-1] == 0.5
    assert (second["outcome"], second["champion"]) == ("failed", "101")
    assert pointer(artifacts)["champion"] == "101"
    assert pointer(artifacts)["challenger"] is None
    lock = json.loads(artifacts.get(keys.release_lock(SPEC.name)).content)
    assert lock["holder"] is None


@pytest.mark.parametrize("mode", ["ab", "shadow", "bandit"])
def test_experiment_runs_until_it_is_ended(
    fleet: Fleet, http: httpx.Client, artifacts: ObjectStore, mode: str
) -> None:
    """Whoever is answered by which arm, both are shown side by side until a rollback ends it."""
    put_version(artifacts, "106", linear_model(len(COLUMNS), 0.0, sigmoid=True))
    fleet.ask("release", "start", SPEC.name, "106", "--mode", mode, "--share", "0.5", "--json")

    def both() -> bool:
        arms = fleet.ask("release", "status", SPEC.name, "--json")["arms"]
        return all(arm["predictions"] > 0 for arm in arms) and len(arms) == 2

    with traffic(http) as statuses:
        until(both)
    assert set(statuses) == {200}
    shown = {_variant(http, str(entity)) for entity in range(30)}
    assert shown == ({"champion"} if mode == "shadow" else {"champion", "challenger"})
    fleet.ask("rollback", SPEC.name, "--json")
    assert pointer(artifacts)["challenger"] is None
    assert pointer(artifacts)["champion"] == "101"


def _variant(http: httpx.Client, entity: str) -> str:
    answer = http.post(
        f"/{SPEC.name}/predict", json=SPEC.features.example(), headers={"x-entity-id": entity}
    )
    return str(answer.json()["variant"])
