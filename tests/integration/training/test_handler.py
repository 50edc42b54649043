"""The train function with JSON events, on real PostgreSQL and S3 over HTTP."""

import json
import os
from collections.abc import Callable
from typing import Any

import mlflow.pyfunc
import numpy as np
import pytest
from mlflow import MlflowClient

from functions.train.handler import handler
from modelfleet.adapters.object_store import s3_store
from modelfleet.adapters.onnx_scorer import OnnxScorer
from modelfleet.catalogue import find
from modelfleet.registry.aliases import alias_moves
from modelfleet.registry.manifest import MANIFEST_FILE, BundleManifest
from modelfleet.registry.pointer import ReleasePointer
from modelfleet.retraining.state import Step
from modelfleet.serving.load import load
from modelfleet.spec.errors import DatasetError, StepError, UnknownModelError
from modelfleet.storage import keys
from tests.integration.training.conftest import ARTIFACTS

MODEL = "bankchurn"
State = dict[str, Any]


def run(step: Step, state: State) -> State:
    """Call the handler as the machine does, and add the result to the machine's data."""
    event = json.loads(json.dumps({"step": step.value, "state": state}))
    result = handler(event, None)
    return state | {step.result: json.loads(json.dumps(result))}


def request(execution: str, *, force: bool = False) -> State:
    """The machine's data at its start."""
    return {"model": MODEL, "trigger": "manual", "force": force, "execution": execution}


def release(state: State) -> None:
    """Move the pointer as the release function does."""
    pointer = ReleasePointer(
        model=MODEL,
        champion=state["registered"]["version"],
        written_by=state["execution"],
        written_at="2026-01-01T00:00:00Z",
        reason="test",
    )
    s3_store("artifacts").put(keys.release_pointer(MODEL), pointer.model_dump_json().encode())


@pytest.fixture(scope="module")
def first(load_rows: Callable[[str, int], None]) -> State:
    """A first retraining from its rows to its registered version, and its release."""
    load_rows("aaaaaaaaaaaa", 1)
    state = request("first")
    for step in (Step.PREPARE, Step.TRAIN, Step.EVALUATE, Step.REGISTER):
        state = run(step, state)
    release(state)
    return run(Step.RECORD, state)


@pytest.fixture
def client(database: str) -> MlflowClient:
    """MLflow's own view of the database."""
    return MlflowClient(database, database)


def test_first_candidate_is_promoted_and_served(first: State) -> None:
    """A first candidate within its limits is promoted, and the predict function can load it."""
    assert first["evaluated"]["verdict"]["decision"] == "promote"
    served = load(s3_store("artifacts"), find(MODEL), first["registered"]["version"], OnnxScorer)
    assert served.manifest.metrics == pytest.approx(first["evaluated"]["metrics"])


def test_run_is_recorded(first: State, client: MlflowClient) -> None:
    """The run in PostgreSQL carries parameters, metrics, tags, artifacts and its end."""
    found = client.get_run(first["trained"]["run_id"])
    assert found.info.status == "FINISHED"
    assert f"cross_validation/{found.data.params['estimator']}" in found.data.metrics
    assert found.data.metrics["roc_auc"] == pytest.approx(first["evaluated"]["metrics"]["roc_auc"])
    assert found.data.tags["execution"] == "first"
    assert found.data.tags["dataset_version"] == "aaaaaaaaaaaa"
    assert found.data.tags["verdict"] == "promote"
    measured = found.data.metrics
    assert measured["roc_auc_lower"] < measured["roc_auc"] < measured["roc_auc_upper"]
    assert 0.5 < measured["slice/Gender/Female"] <= 1.0
    assert measured["cross_validation/lightgbm"] > 0.5
    assert found.data.params["spec.gate.primary"] == "roc_auc"
    plots = {file.path for file in client.list_artifacts(found.info.run_id, "plots")}
    assert {"plots/roc.svg", "plots/calibration.svg", "plots/importance.svg"} <= plots
    files = {file.path for file in client.list_artifacts(found.info.run_id, "bundle")}
    assert {"bundle/model.onnx", "bundle/manifest.json", "bundle/card.html"} <= files


def test_aliases_follow_the_pointer(first: State, client: MlflowClient) -> None:
    """After record the alias champion names what serves, and nothing is a challenger."""
    version = first["registered"]["version"]
    assert str(client.get_model_version_by_alias(MODEL, "champion").version) == version
    assert client.get_registered_model(MODEL).aliases.keys() == {"champion"}


def test_moves_of_aliases_are_on_record(first: State, client: MlflowClient) -> None:
    """Each alias that moved is in the bucket and beside the version: who, why, which execution."""
    moves = [(move.alias, move.version) for move in alias_moves(s3_store(ARTIFACTS), MODEL)]
    version = first["registered"]["version"]
    assert moves[0] == ("challenger", version)
    assert set(moves[1:]) == {("champion", version), ("challenger", None)}
    tags = client.get_model_version(MODEL, version).tags
    assert "execution first: test" in tags["alias.champion"]
    assert (tags["verdict"], tags["execution"]) == ("promote", "first")


def test_mlflow_loads_the_champion(
    first: State, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its alias MLflow's own tools load the model that serves, and it answers alike."""
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", os.environ["AWS_ENDPOINT_URL"])
    monkeypatch.setenv("MLFLOW_TRACKING_URI", database)
    loaded = mlflow.pyfunc.load_model(f"models:/{MODEL}@champion")
    served = load(s3_store(ARTIFACTS), find(MODEL), first["registered"]["version"], OnnxScorer)
    assert loaded.metadata.run_id == first["trained"]["run_id"]
    assert loaded.metadata.get_input_schema().input_names() == list(served.manifest.encoding.names)
    answered = np.asarray(loaded.predict(loaded.input_example)).ravel()
    assert answered == pytest.approx(served.scorer.score(loaded.input_example.to_numpy()))


def test_retries_double_nothing(
    load_rows: Callable[[str, int], None], client: MlflowClient
) -> None:
    """Steps that all run twice leave one run, one version and the same answers.

    Forced, so that there is a version whatever the comparison says.
    """
    load_rows("cccccccccccc", 3)
    state = request("retried", force=True)
    for step in (Step.PREPARE, Step.TRAIN, Step.EVALUATE, Step.REGISTER):
        once, twice = run(step, state), run(step, state)
        assert twice == once
        state = twice
    experiment = client.get_experiment_by_name(MODEL).experiment_id
    runs = client.search_runs([experiment], "tags.execution = 'retried'")
    assert [found.info.run_id for found in runs] == [state["trained"]["run_id"]]
    assert runs[0].info.status == "FINISHED"
    assert len(client.search_model_versions(f"run_id = '{runs[0].info.run_id}'")) == 1


def test_second_retraining_is_compared_with_the_champion(
    first: State, load_rows: Callable[[str, int], None]
) -> None:
    """The next candidate is measured against the champion on the same rows, and gets version 2.

    It is forced, because whether it is better by more than chance is not what is tested here.
    """
    load_rows("bbbbbbbbbbbb", 2)
    state = request("second", force=True)
    for step in (Step.PREPARE, Step.TRAIN, Step.EVALUATE, Step.REGISTER):
        state = run(step, state)
    assert state["evaluated"]["champion_metrics"].keys() == state["evaluated"]["metrics"].keys()
    assert state["registered"]["version"] != first["registered"]["version"]
    folder = keys.bundle(MODEL, state["registered"]["version"])
    manifest = BundleManifest.parse(s3_store("artifacts").get(f"{folder}/{MANIFEST_FILE}").content)
    assert manifest.data.dataset_version == "bbbbbbbbbbbb"


@pytest.mark.parametrize(
    ("event", "error"),
    [
        ({"step": "release", "state": request("x")}, StepError),
        ({"step": "train", "state": {"model": MODEL}}, StepError),
        ({"step": "train"}, StepError),
        ({"step": "train", "state": request("unprepared")}, StepError),
        ({"step": "train", "state": request("x") | {"model": "nosuch"}}, UnknownModelError),
        ({"step": "prepare", "state": request("x") | {"model": "leads"}}, DatasetError),
    ],
)
def test_permanent_errors_keep_their_names(
    environment: pytest.MonkeyPatch, event: dict[str, Any], error: type[Exception]
) -> None:
    """What no retry can mend leaves the handler under its own name, for the machine to tell."""
    with pytest.raises(error):
        handler(event, None)
