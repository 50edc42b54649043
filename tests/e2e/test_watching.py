"""The watched loop: others call, it is found by the clock, and a better version is released."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from cli.cloud import Cloud
from cli.local_cloud.layout import HOME_VARIABLE
from modelfleet.resource_names import Resource, drift_function
from tests.e2e.conftest import MODEL, Fleet, load, until
from tests.stages import LOCAL

pytestmark = pytest.mark.e2e

_QUIET, _MOVED = "300", "2000"
# As `make up` loads it, so that training takes little time: a fifth is held out, on which the gate
# holds what callers report to what was loaded.
_ROWS, _SEED = 10_000, 2026

_OTHER = "telecom"
_STRANGE = {"model": MODEL}


@pytest.fixture(scope="module")
def failing_schedule(cloud: Cloud) -> Iterator[None]:
    """A schedule that soon calls another model's function with what it must refuse."""
    client, name = cloud.client("scheduler"), f"{drift_function(cloud.stage, _OTHER)}-strange"
    daily = client.get_schedule(Name=drift_function(cloud.stage, _OTHER))
    client.create_schedule(
        Name=name,
        ScheduleExpression=f"at({datetime.now(UTC):%Y-%m-%dT%H:%M:%S})",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=daily["Target"] | {"Input": json.dumps(_STRANGE)},
    )
    yield
    client.delete_schedule(Name=name)


@pytest.fixture(scope="module")
def shown(
    fleet: Fleet,
    first_release: dict[str, Any],
    failing_schedule: None,
    tmp_path_factory: pytest.TempPathFactory,
) -> "subprocess.CompletedProcess[str]":
    """The demonstration, run once on the suite's cloud; the failing run is tried meanwhile."""
    assert first_release["champion"] == "1"
    load(fleet, tmp_path_factory.mktemp("watched"), "--generated", seed=_SEED, rows=_ROWS)
    assert fleet.ask("retrain", MODEL, "--force", "--wait", "--json")["champion"]
    return subprocess.run(
        [sys.executable, "-m", "cli.drift_demo", "--quiet", _QUIET, "--moved", _MOVED],
        env=os.environ | {HOME_VARIABLE: str(fleet.layout.root)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_loop_closes(shown: "subprocess.CompletedProcess[str]", fleet: Fleet) -> None:
    """Nothing without a shift; with one, it is found, the event retrains, the better one serves."""
    assert shown.returncode == 0, shown.stdout + shown.stderr
    assert re.search(r"no drift on \d+ predictions; decision: none", shown.stdout)
    assert "decision: warn" in shown.stdout
    # It ends well only where the new version is better for callers beyond chance.
    assert "The retraining joins the reported outcomes" in shown.stdout
    champion = fleet.ask("status", "--json")["models"][MODEL]["champion"]
    assert f"released version {champion} in place of" in shown.stdout


def test_its_evidence_is_on_record(shown: "subprocess.CompletedProcess[str]", fleet: Fleet) -> None:
    """The release says that a monitor asked for it, and what came of callers is measured."""
    assert shown.returncode == 0, shown.stdout + shown.stderr
    measured = fleet.ask("performance", MODEL, "--json")
    # So few outcomes need not say that the loss is beyond margin and chance, but that there is one.
    realised = [each for each in measured["findings"] if each["basis"] == "realised"]
    replaced = max(realised, key=lambda finding: int(finding["rows"]))
    assert replaced["rows"] >= int(_MOVED) / 2
    assert replaced["change"]["value"] < 0, replaced["reason"]


def test_a_run_that_fails_to_the_end_is_kept(
    shown: "subprocess.CompletedProcess[str]", cloud: Cloud
) -> None:
    """The schedule's call is tried again, then its event waits for a person in the queue."""
    client = cloud.client("sqs")
    queue = client.get_queue_url(QueueName=LOCAL.resource(Resource.FAILED_DRIFT_RUNS))["QueueUrl"]
    kept: list[dict[str, Any]] = []

    def is_there() -> bool:
        answer = client.receive_message(QueueUrl=queue, WaitTimeSeconds=1)
        kept.extend(json.loads(message["Body"]) for message in answer.get("Messages", ()))
        return bool(kept)

    until(is_there)
    assert [each["requestPayload"] for each in kept] == [_STRANGE]
    assert "telecom" in json.dumps(kept)
