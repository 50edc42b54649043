"""The whole loop on the deployed local cloud: load, train, gate, release, answer, take back."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from mlflow import MlflowClient

from cli import up
from cli.cloud import Cloud
from cli.local_cloud.layout import Layout
from cli.local_cloud.processes.marked import marked
from cli.local_cloud.processes.ports import free_port
from cli.local_cloud.processes.record import read_record
from modelfleet.catalogue import find, names
from tests.e2e.conftest import MODEL, ROWS, Fleet, example

pytestmark = pytest.mark.e2e

_HEADER = ",".join([*find(MODEL).features.example(), "Exited"])
_ROW = ",".join(map(str, find(MODEL).features.example().values()))

_LOG_SECONDS = 60.0

Follow = Callable[[str], httpx.Response]


def test_first_version_serves(first_release: dict[str, Any]) -> None:
    """The first retraining is gated, released, and answers through the API."""
    assert first_release["status"] == "SUCCEEDED"
    assert first_release["output"]["evaluated"]["verdict"]["decision"] == "promote"
    answer = first_release["answer"]
    assert 0.0 <= answer["probability"] <= 1.0
    assert answer["model"] == MODEL
    assert answer["variant"] == "champion"


def test_other_data_makes_another_version(
    first_release: dict[str, Any], second_release: dict[str, Any], follow_version: Follow
) -> None:
    """Retraining on other data serves a new version, share by share, and keeps the old one."""
    prepared = [r["output"]["prepared"] for r in (first_release, second_release)]
    assert prepared[0]["dataset_version"] != prepared[1]["dataset_version"]
    assert sum(prepared[1]["rows"].values()) + prepared[1]["quarantined"] == ROWS
    assert second_release["output"]["released"] == {"champion": "2", "previous": "1"}
    checks = second_release["output"]["trial"]["checks"]
    assert [check["share"] for check in checks] == [0.1, 0.1, 0.5, 0.5]
    # Nobody called meanwhile: each share was waited for once more, then the stage's policy held.
    assert {check["judgement"]["outcome"] for check in checks} == {"wait"}
    assert follow_version("2").json()["version"] == "2"


def test_two_retrainings_at_once(cloud: Cloud, second_release: dict[str, Any]) -> None:
    """Who asks while a retraining runs waits for it, and then finds the work done."""
    meanwhile = second_release["meanwhile"]
    assert meanwhile["status"] == "SUCCEEDED"
    assert "WaitForLock" in _states(cloud, meanwhile["execution"])
    assert "WaitForLock" not in _states(cloud, second_release["execution"])
    trained = second_release["execution"].rpartition(":")[2]
    assert trained in meanwhile["output"]["prepared"]["unchanged"]
    assert (meanwhile["champion"], second_release["champion"]) == (None, "2")


def test_registry_shows_it(cloud: Cloud, layout: Layout, second_release: dict[str, Any]) -> None:
    """MLflow's registry in PostgreSQL holds the run, its metrics and the aliases."""
    assert cloud.endpoint
    record = read_record(layout)
    assert record is not None
    client = MlflowClient(tracking_uri=record.tracking_uri)
    champion = client.get_model_version_by_alias(MODEL, "champion")
    assert str(champion.version) == second_release["champion"]
    assert str(client.get_model_version_by_alias(MODEL, "previous").version) == "1"
    run = client.get_run(second_release["output"]["trained"]["run_id"])
    assert champion.run_id == run.info.run_id
    assert 0.5 < run.data.metrics["roc_auc"] <= 1.0
    assert run.info.status == "FINISHED"


def test_status_for_programs(
    fleet: Fleet, second_release: dict[str, Any], follow_version: Follow
) -> None:
    """`fleet status --json` tells programs what serves where."""
    follow_version(second_release["champion"])
    found = fleet.ask("status", "--json")
    assert set(found) >= {"stage", "api_url", "api_key", "models"}
    assert set(found["models"]) == set(names())
    state = found["models"][MODEL]
    assert (state["champion"], state["challenger"], state["share"]) == ("2", None, 0.0)
    assert state["ready"] is True
    assert state["url"] == f"{found['api_url']}/{MODEL}"
    assert found["models"]["carvision"]["ready"] is False


def test_predict_command(fleet: Fleet, second_release: dict[str, Any]) -> None:
    """`fleet predict` prints the model's answer, and one line where it has none."""
    assert fleet.ask("predict", MODEL)["model"] == second_release["model"]
    refused = fleet.run("predict", MODEL, "--data", '{"Age": 40}')
    assert refused.returncode == 1
    assert refused.stderr.startswith("fleet: the request was refused (status 422)")


def test_key_is_required(http: httpx.Client, second_release: dict[str, Any]) -> None:
    """Without the key, or with a wrong one, the API answers 403."""
    assert second_release["status"] == "SUCCEEDED"
    url = f"{http.base_url}{MODEL}/predict"
    assert httpx.post(url, json=example()).status_code == httpx.codes.FORBIDDEN
    wrong = httpx.post(url, json=example(), headers={"x-api-key": "x" * 40})
    assert wrong.status_code == httpx.codes.FORBIDDEN


def test_docs_open_without_key(http: httpx.Client) -> None:
    """On a laptop, a browser opens the documentation and the schema without a key."""
    for page in ("docs", "openapi.json"):
        assert httpx.get(f"{http.base_url}{MODEL}/{page}").status_code == httpx.codes.OK


def test_unknown_model(http: httpx.Client) -> None:
    """A model that is not in the fleet is 404."""
    assert http.post("/nosuchmodel/predict", json={}).status_code == httpx.codes.NOT_FOUND


@pytest.mark.parametrize(
    ("body", "status", "named"),
    [
        (b"{", 400, "JSON"),
        (b"{}", 422, "CreditScore"),
        (b'{"CreditScore": "many"}', 422, "CreditScore"),
        (b'{"NoSuchField": 1}', 422, "NoSuchField"),
        (b'{"x": "' + b"y" * 7_000_000 + b'"}', 413, "large"),
    ],
    ids=["malformed", "missing", "wrong type", "unknown field", "too large"],
)
def test_bad_input(
    http: httpx.Client, second_release: dict[str, Any], body: bytes, status: int, named: str
) -> None:
    """Bad input is answered with the fitting status, a problem document and the field's name."""
    assert second_release["champion"]
    headers = {"content-type": "application/json"}
    answer = http.post(f"/{MODEL}/predict", content=body, headers=headers)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert named in answer.text
    assert answer.json()["request_id"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("CreditScore,Age\n600,40\n", "columns Geography, Gender"),
        ("", "empty"),
        (_HEADER.replace(",Exited", "") + f"\n{_ROW}\n", "column Exited is missing"),
        (_HEADER + "\n", "no rows"),
    ],
    ids=["missing column", "empty file", "missing target", "no rows"],
)
def test_bad_table_changes_nothing(
    fleet: Fleet,
    cloud: Cloud,
    tmp_path: Path,
    second_release: dict[str, Any],
    text: str,
    named: str,
) -> None:
    """A table that cannot be used ends with one line that names the file, and stores nothing."""
    assert second_release["champion"]
    before = list(cloud.store(_lake()).keys("datasets"))
    file = tmp_path / "bad.csv"
    file.write_text(text)
    refused = fleet.run("data", "load", MODEL, str(file))
    assert refused.returncode == 1
    last = refused.stderr.strip().splitlines()[-1]
    assert "bad.csv" in last
    assert named in last
    assert "Traceback" not in refused.stderr
    assert list(cloud.store(_lake()).keys("datasets")) == before


def test_retraining_without_data(fleet: Fleet) -> None:
    """A retraining that has no data fails with the step, the reason and the command to run."""
    failed = fleet.run("retrain", "carvision", "--wait")
    assert failed.returncode == 1
    assert "fleet data load carvision" in failed.stderr


def test_logs(fleet: Fleet, second_release: dict[str, Any], follow_version: Follow) -> None:
    """The log holds a JSON line per prediction, and no traceback or personal data."""
    prediction = follow_version(second_release["champion"]).json()
    deadline = time.monotonic() + _LOG_SECONDS
    # A function's lines are there a moment after its answer.
    while prediction["prediction_id"] not in (text := fleet.run("logs", MODEL).stdout):
        assert time.monotonic() < deadline, text
    assert "request_id" in text
    assert "Traceback" not in text
    assert "Surname" not in text


def test_logs_of_training(fleet: Fleet, second_release: dict[str, Any]) -> None:
    """Each step of a retraining ends with a JSON line of its execution, and of no other model."""
    printed = fleet.run("logs", MODEL, "--function", "train", "--json").stdout.splitlines()
    texts = [json.loads(line)["message"] for line in printed]
    lines = [json.loads(text) for text in texts if text.startswith("{")]
    assert {line["model"] for line in lines if "model" in line} == {MODEL}
    ended = [line for line in lines if line["message"] == "invocation succeeded"]
    steps = {"prepare", "train", "evaluate", "register", "record"}
    assert steps <= {line["step"] for line in ended}
    assert all(line["execution_id"] and line["request_id"] for line in ended)


def test_rollback_and_restart(
    fleet: Fleet,
    layout: Layout,
    second_release: dict[str, Any],
    follow_version: Follow,
    follow_aliases: Callable[[dict[str, str]], None],
) -> None:
    """A rollback serves the version before; a stop leaves no process; a start keeps it all."""
    assert second_release["champion"] == "2"
    assert fleet.ask("rollback", MODEL, "--json")["champion"] == "1"
    follow_version("1")
    # Started by the rollback in the background; a stop of the cloud would end it.
    follow_aliases({"champion": "1", "previous": "2"})

    record = read_record(layout)
    assert record is not None
    assert fleet.run("down").returncode == 0
    assert marked(layout.root) == []
    assert free_port(record.port) == record.port
    assert not (layout.database / "postmaster.pid").exists()

    up.start_and_deploy(layout)
    again = fleet.ask("status", "--json")["models"][MODEL]
    assert (again["champion"], again["previous"]) == ("1", "2")
    assert fleet.ask("predict", MODEL)["version"] == "1"


def _lake() -> Any:
    from modelfleet.resource_names import Output  # noqa: PLC0415  # one use

    return Output.LAKE_BUCKET


def _states(cloud: Cloud, execution: str) -> set[str]:
    pages = cloud.client("stepfunctions").get_paginator("get_execution_history")
    return {
        event["stateEnteredEventDetails"]["name"]
        for page in pages.paginate(executionArn=execution)
        for event in page["events"]
        if "stateEnteredEventDetails" in event
    }
