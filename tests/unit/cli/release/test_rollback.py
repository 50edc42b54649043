"""`fleet rollback`: the release function is invoked, and the registry is updated."""

import io
import json
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from modelfleet.adapters.object_store import memory_store
from modelfleet.resource_names import Output
from modelfleet.retraining.state import RetrainingState
from modelfleet.storage.object_store import ObjectStore
from tests.serving import put_pointer

MODEL = "bankchurn"


@dataclass
class LambdaCloud:
    """A stage with a pointer, whose functions return given responses."""

    artifacts: ObjectStore = field(default_factory=memory_store)
    refused: bool = False
    invoked: list[dict[str, Any]] = field(default_factory=list)

    def store(self, _bucket: object) -> ObjectStore:
        """The artifacts bucket."""
        return self.artifacts

    def client(self, _service: str) -> "LambdaCloud":
        """Lambda."""
        return self

    def output(self, name: Output) -> str:
        """Every function's name is that of its output."""
        return name.value

    def invoke(self, **call: Any) -> dict[str, Any]:
        """Respond as the release function does, and accept events like Lambda."""
        if self.refused and call["FunctionName"] == Output.TRAIN_FUNCTION:
            raise ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "Invoke")
        self.invoked.append(call)
        answer = {"champion": "1", "previous": "2"}
        return {"Payload": io.BytesIO(json.dumps(answer).encode())}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> LambdaCloud:
    """Every stage is this one."""
    fake = LambdaCloud()
    put_pointer(fake.artifacts, MODEL, "2", previous="1")
    monkeypatch.setattr(Cloud, "connect", lambda *_: fake)
    return fake


def run() -> Result:
    """Run the command."""
    arguments = ["rollback", MODEL, "--reason", "scores look wrong", "--json"]
    return CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_the_registry_is_updated(cloud: LambdaCloud) -> None:
    """After the release the step `record` is started, under its own execution ID."""
    assert json.loads(run().stdout) == {"champion": "1", "previous": "2"}
    release, record = cloud.invoked
    assert release["FunctionName"] == Output.RELEASE_FUNCTION
    assert json.loads(release["Payload"])["reason"] == "scores look wrong"
    assert (record["FunctionName"], record["InvocationType"]) == (Output.TRAIN_FUNCTION, "Event")
    event = json.loads(record["Payload"])
    assert event["step"] == "record"
    state = RetrainingState.model_validate(event["state"])
    assert state.model == MODEL
    assert state.execution.startswith("rollback-")


def test_a_rollback_succeeds_without_the_registry(cloud: LambdaCloud) -> None:
    """Without permission to invoke the train function, the rollback succeeds with a warning."""
    cloud.refused = True
    done = run()
    assert done.exit_code == 0
    assert json.loads(done.stdout)["champion"] == "1"
    assert "aliases were not updated" in done.stderr
