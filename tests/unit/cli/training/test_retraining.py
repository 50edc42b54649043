"""Executions of the retraining state machine are started, followed, and described."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError
from typer.testing import CliRunner

from cli.app import app
from cli.cloud import Cloud, Stage
from cli.commands.models import retrain as retrain_command
from cli.commands.models.retrain import retrain
from cli.local_cloud.processes.engine_client import root_session
from cli.output.errors import FleetError
from cli.training import retraining
from cli.training.retraining import (
    Execution,
    follow,
    require_success,
    run_all,
    start_on_data,
)
from modelfleet.adapters.object_store import memory_store
from modelfleet.catalogue import find
from modelfleet.resource_names import Output
from modelfleet.retraining.state import Prepared, RetrainingRequest, RetrainingState
from modelfleet.spec.errors import IdentifierError, RequestError
from modelfleet.storage.object_store import ObjectStore
from modelfleet.training.staging import staged_progress

_STATES = ("Prepare", "Train", "Promote")


class _Machine:
    """A Step Functions client whose executions enter another state at each call."""

    def __init__(self, *, failing: str | None = None, kept: str | None = None) -> None:
        self.looks: dict[str, int] = {}
        self.failing, self.kept = failing, kept
        self.most_at_once = 0

    def start_execution(self, *, stateMachineArn: str, input: str) -> dict[str, str]:  # noqa: A002  # the API's names
        arn = f"{stateMachineArn}:{json.loads(input)['model']}"
        self.looks[arn] = 0
        running = sum(looks <= len(_STATES) for looks in self.looks.values())
        self.most_at_once = max(self.most_at_once, running)
        return {"executionArn": arn}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # the API's name
        look = self.looks[executionArn]
        self.looks[executionArn] = look + 1
        if look < len(_STATES):
            return {"status": "RUNNING"}
        if self.failing and executionArn.endswith(self.failing):
            return {"status": "FAILED", "error": "DatasetError", "cause": "no rows"}
        verdict = {"decision": "keep", "reasons": [self.kept]}
        kept = {"evaluated": {"verdict": verdict}, "registered": {"version": "7"}}
        output = kept if self.kept else {"released": {"champion": "7"}}
        return {"status": "SUCCEEDED", "output": json.dumps(output)}

    def get_execution_history(
        self, *, executionArn: str, **_: Any
    ) -> dict[str, Any]:  # the API's name
        state = _STATES[min(self.looks[executionArn] - 1, len(_STATES) - 1)]
        return {"events": [{"stateEnteredEventDetails": {"name": state}}]}


class _FakeCloud(Cloud):
    """A stage with a fake state machine."""

    def __init__(self, machine: _Machine) -> None:
        super().__init__(Stage.LOCAL, root_session())
        object.__setattr__(self, "machine", machine)
        object.__setattr__(self, "kept", memory_store())

    def client(self, service: str) -> Any:
        assert service == "stepfunctions"
        return self.machine  # type: ignore[attr-defined]  # set above, past the frozen dataclass

    def output(self, name: Output) -> str:
        return str(name)

    def store(self, _bucket: Output) -> ObjectStore:
        return self.kept  # type: ignore[attr-defined,no-any-return]  # as the machine


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retraining, "_POLL_SECONDS", 0.0)


def test_follow_yields_each_state_once() -> None:
    """Following an execution yields each state that it enters, then its end."""
    cloud = _FakeCloud(_Machine())
    arn = retraining.start(cloud, RetrainingRequest(model="leads"))
    seen = [(execution.state, execution.status) for execution in follow(cloud, arn, "leads")]
    assert seen == [
        ("Prepare", "RUNNING"),
        ("Train", "RUNNING"),
        ("Promote", "RUNNING"),
        ("Promote", "SUCCEEDED"),
    ]


def test_a_training_tells_its_folds() -> None:
    """While it trains, its latest message is one line of the execution; in no other state."""
    cloud = _FakeCloud(_Machine())
    arn = retraining.start(cloud, RetrainingRequest(model="leads"))
    state = RetrainingState(model="leads", execution=arn.rpartition(":")[2])
    artifacts, logged = cloud.store(Output.ARTIFACTS_BUCKET), list[str]()
    tell = staged_progress(artifacts, state, logged.append)
    tell("linear, fold 2 of 5: roc_auc 0.81\n")
    tell("linear, fold 3 of 5: roc_auc 0.82")
    assert len(logged) == 2
    seen = {execution.state: execution.detail for execution in follow(cloud, arn, "leads")}
    assert seen == {"Prepare": "", "Train": seen["Train"], "Promote": ""}
    # The second message came within a second.
    assert seen["Train"].startswith("linear, fold 2 of 5: roc_auc 0.81")
    assert "\n" not in seen["Train"]


def test_each_model_is_prepared_right_before_its_execution() -> None:
    """A model is not prepared before there is room for its execution."""
    machine, begun = _Machine(), list[int]()
    requests = [RetrainingRequest(model=name) for name in ("aa", "bb", "cc")]

    def before(_: str) -> None:
        begun.append(len(machine.looks))

    run_all(_FakeCloud(machine), requests, at_once=1, on_change=lambda _: None, before=before)
    assert begun == [0, 1, 2]


def test_run_all_respects_the_limit() -> None:
    """At most so many executions run at the same time, and all of them end."""
    machine = _Machine()
    requests = [RetrainingRequest(model=name) for name in ("aa", "bb", "cc", "dd", "ee")]
    told: list[Execution] = []
    ended = run_all(_FakeCloud(machine), requests, at_once=2, on_change=told.append)
    assert {execution.model for execution in ended} == {"aa", "bb", "cc", "dd", "ee"}
    assert all(execution.champion == "7" for execution in ended)
    assert machine.most_at_once == 2
    assert any(execution.running for execution in told)


def test_one_failure_does_not_stop_the_others() -> None:
    """If one execution fails, the others still run until they end."""
    machine = _Machine(failing="bb")
    requests = [RetrainingRequest(model=name) for name in ("aa", "bb", "cc")]
    ended = run_all(_FakeCloud(machine), requests, at_once=2, on_change=lambda _: None)
    assert {e.model: e.succeeded for e in ended} == {"aa": True, "bb": False, "cc": True}


def test_a_failure_says_what_to_do() -> None:
    """The error contains the state, the reason, and the next command."""
    failed = Execution("arn:e1", "leads", "FAILED", "Prepare", {}, "DatasetError: no rows")
    with pytest.raises(FleetError, match=r"Prepare.*no rows") as error:
        require_success(failed)
    assert "fleet retrain leads --resume e1 --wait" in str(error.value)


def test_a_blocked_candidate_has_reasons() -> None:
    """The error contains the gate's reasons and --force, not the log."""
    reason = "CandidateBlocked: roc_auc 0.5 is below the minimum 0.65"
    blocked = Execution("arn", "leads", "FAILED", "CandidateBlocked", {}, reason)
    with pytest.raises(FleetError, match=r"the gate blocked the candidate.*below the minimum") as e:
        require_success(blocked)
    assert "fleet retrain leads --force --wait" in str(e.value)
    assert "fleet logs" not in str(e.value)


def test_a_failed_retraining_gets_no_tick(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The step that is followed is marked as failed, as the command's exit code says."""
    monkeypatch.setattr(Cloud, "connect", lambda *_: _FakeCloud(_Machine(failing="leads")))
    with pytest.raises(FleetError, match="no rows"):
        retrain("leads", wait=True)
    told = capsys.readouterr().err
    assert "✗ retrain leads" in told
    assert "✓" not in told


def test_a_candidate_that_is_not_released(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The output contains the reasons, the version, and the command that releases it."""
    machine = _Machine(kept="no significant improvement")
    monkeypatch.setattr(Cloud, "connect", lambda *_: _FakeCloud(machine))
    retrain("leads", wait=True)
    told = capsys.readouterr().out
    assert "keep: no significant improvement" in told
    assert "leads 7 is registered but not released" in told
    assert "fleet retrain leads --force --wait" in told


@pytest.mark.parametrize("version", ["../7", "7/..", "", "7 8", "-"])
def test_an_invalid_version_is_one_line(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the invalid field, and nothing is started."""
    monkeypatch.setattr(Cloud, "connect", lambda *_: None)
    command = ["release", "start", "telecom", "--", version]
    with pytest.raises(IdentifierError, match="not a valid version"):
        CliRunner().invoke(app, command, catch_exceptions=False)


class _Listed(_Machine):
    """A state machine with executions of any input."""

    def __init__(self, *inputs: str) -> None:
        super().__init__()
        self.inputs = {f"arn:{place}": text for place, text in enumerate(inputs)}

    def list_executions(self, **_: Any) -> dict[str, Any]:
        return {"executions": [{"executionArn": arn} for arn in self.inputs]}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        return {"status": "FAILED", "input": self.inputs[executionArn]}


def test_an_execution_with_invalid_input_is_skipped() -> None:
    """Executions that the state machine rejected do not hide the others."""
    deep = '{"model":"leads","evidence":' + "[" * 100_000 + "]" * 100_000 + "}"
    strange = ("[1]", '"leads"', "null", "1", "{}", '{"model":null}', '{"model":["leads"]}', deep)
    cloud = _FakeCloud(_Listed(*strange, '{"model":"leads","by":"ada"}'))
    assert retraining.started(cloud, "leads") == [f"arn:{len(strange)}"]


def test_an_execution_that_an_event_started_is_found() -> None:
    """The input of such an execution is the event of a drift decision."""
    detail = {
        "model": "leads",
        "version": "7",
        "action": "retrain",
        "window_end": "2026-01-05T06:00:00+00:00",
        "evidence": ["PSI 1.83"],
    }
    event = json.dumps({"detail-type": "drift found", "detail": detail})
    assert retraining.started(_FakeCloud(_Listed(event)), "leads") == ["arn:0"]
    assert retraining.started(_FakeCloud(_Listed(event)), "telecom") == []


class _Loads:
    """A Step Functions client with running executions: model and state of each."""

    def __init__(self, *running: tuple[str, str]) -> None:
        self.running = running
        self.inputs: list[dict[str, Any]] = []

    def list_executions(self, *, statusFilter: str, **_: Any) -> dict[str, Any]:  # the API's name
        assert statusFilter == "RUNNING"
        return {"executions": [{"executionArn": str(n)} for n in range(len(self.running))]}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # the API's name
        return {"input": json.dumps({"model": self.running[int(executionArn)][0]})}

    def get_execution_history(self, *, executionArn: str, **_: Any) -> dict[str, Any]:
        state = self.running[int(executionArn)][1]
        return {"events": [{"stateEnteredEventDetails": {"name": state}}]}

    def start_execution(self, *, input: str, **_: Any) -> dict[str, str]:  # noqa: A002  # the API's name
        self.inputs.append(json.loads(input))
        return {"executionArn": "new"}


@pytest.mark.parametrize(
    ("running", "arn"),
    [
        ((), "new"),
        ((("telecom", "Train"),), "new"),
        ((("bankchurn", "WaitForLock"),), "new"),
        ((("telecom", "Train"), ("telecom", "WaitForLock")), "1"),
    ],
)
def test_loads_start_one_retraining(running: tuple[tuple[str, str], ...], arn: str) -> None:
    """One that has read the rows already does not count, and one that still waits is enough."""
    client = _Loads(*running)
    cloud = _FakeCloud(client)  # type: ignore[arg-type]  # another client
    spec = find("telecom").model_copy(update={"retrain_on_data": True})
    assert start_on_data(cloud, spec, "3 new outcomes") == arn
    assert [(each["trigger"], each["evidence"]) for each in client.inputs] == (
        [("data", ["3 new outcomes"])] if arn == "new" else []
    )


def test_only_models_that_ask_for_it_are_retrained_on_data() -> None:
    """By default, loading starts nothing."""
    client = _Loads()
    assert start_on_data(_FakeCloud(client), find("telecom"), "rows") is None  # type: ignore[arg-type]  # another client
    assert client.inputs == []


class _Failed(_Machine):
    """A Step Functions client with a failed retraining `e1`, whose rows are prepared."""

    def __init__(self, status: str = "FAILED") -> None:
        super().__init__()
        self.status = status
        self.inputs: list[dict[str, Any]] = []

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:  # the API's name
        if not executionArn.endswith(":e1"):
            raise ClientError({"Error": {"Code": "ExecutionDoesNotExist"}}, "DescribeExecution")
        return {
            "executionArn": executionArn,
            "name": "e1",
            "status": self.status,
            "startDate": datetime(2026, 1, 5, tzinfo=UTC),
            "input": '{"model": "leads"}',
        }

    def list_executions(self, **_: Any) -> dict[str, Any]:
        listed = self.describe_execution(executionArn="m:e1")
        return {"executions": [{key: listed[key] for key in listed if key != "input"}]}

    def get_execution_history(self, *, executionArn: str, **asked: Any) -> dict[str, Any]:
        assert executionArn.endswith(":e1")
        if "nextToken" not in asked:
            return {"events": [{"type": "TaskFailed"}], "nextToken": "more"}
        prepared = Prepared(dataset_version="d1", rows={}, quarantined=0)
        state = RetrainingState(model="leads", execution="e1", prepared=prepared)
        left = {"name": "Prepare", "output": state.model_dump_json()}
        return {"events": [{"stateExitedEventDetails": left}]}

    def start_execution(self, *, input: str, **_: Any) -> dict[str, str]:  # noqa: A002  # the API's name
        self.inputs.append(json.loads(input))
        return {"executionArn": "m:e2"}


def _retrain(machine: _Machine, monkeypatch: pytest.MonkeyPatch, *options: str) -> None:
    monkeypatch.setattr(Cloud, "connect", lambda *_: _FakeCloud(machine))
    monkeypatch.setattr(
        retrain_command, "describe", lambda *_: Execution("m:e2", "", "", "", {}, "")
    )
    CliRunner().invoke(app, ["retrain", "leads", *options], catch_exceptions=False)


@pytest.mark.parametrize("named", ["e1", "arn:aws:states:eu-central-1:1:execution:retraining:e1"])
def test_a_failed_retraining_is_resumed(named: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The request names the execution, whose results the state machine reads itself."""
    machine = _Failed()
    _retrain(machine, monkeypatch, "--resume", named)
    [asked] = machine.inputs
    assert (asked["model"], asked["resume"], asked["version"]) == ("leads", "e1", None)
    assert "prepared" not in asked


@pytest.mark.parametrize(
    ("options", "status", "reason"),
    [
        (("--resume", "e2"), "FAILED", "no job 'e2'"),
        (("--resume", "e1"), "RUNNING", "still running"),
        (("--resume", "e1"), "SUCCEEDED", "has not failed"),
        (("--resume", "e1", "--force"), "FAILED", "keeps its own"),
        (("--resume", "../x"), "FAILED", "retraining request refused: resume"),
    ],
)
def test_what_cannot_be_resumed_starts_nothing(
    options: tuple[str, ...], status: str, reason: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is refused before an execution is started, and the reason says what to do."""
    machine = _Failed(status)
    with pytest.raises((FleetError, RequestError), match=reason):
        _retrain(machine, monkeypatch, *options)
    assert machine.inputs == []
