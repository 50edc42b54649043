"""The pretraffic function's handler: whatever comes of the trial, CodeDeploy hears of it."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from functions.pretraffic.handler import handler
from modelfleet.bootstrap import pretraffic
from modelfleet.pretraffic.hook import HookExecution
from modelfleet.settings import PretrafficSettings
from modelfleet.spec.errors import CallError, NewCodeError

EVENT = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook"}
Told = list[tuple[HookExecution, bool]]


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """What CodeDeploy hears."""
    heard: Told = []
    settings = PretrafficSettings(
        stage="test", model="bankchurn", artifacts_bucket="artifacts", version="12"
    )
    monkeypatch.setattr(pretraffic, "pretraffic_settings", lambda: settings)
    monkeypatch.setattr(
        pretraffic, "report", lambda execution, *, succeeded: heard.append((execution, succeeded))
    )
    return heard


def _tried(monkeypatch: pytest.MonkeyPatch, trial: Callable[[], str]) -> dict[str, Any]:
    monkeypatch.setattr(pretraffic, "check_new_code", trial)
    return handler(EVENT, None)


def _raising(error: Exception) -> Callable[[], str]:
    def trial() -> str:
        raise error

    return trial


def test_code_that_answers_is_let_through(
    monkeypatch: pytest.MonkeyPatch, told: Told, capsys: pytest.CaptureFixture[str]
) -> None:
    """The deployment goes on, and the log says why."""
    answer = _tried(monkeypatch, lambda: "bankchurn 7 responds")
    assert answer == {"succeeded": True, "because": "bankchurn 7 responds"}
    assert told == [(HookExecution("d-1", "hook"), True)]
    accepted, _ = map(json.loads, capsys.readouterr().out.splitlines())
    assert (accepted["level"], accepted["code_version"]) == ("INFO", "12")
    assert (accepted["model"], accepted["execution_id"]) == ("bankchurn", "d-1")
    assert accepted["because"] == "bankchurn 7 responds"


@pytest.mark.parametrize(
    "error", [NewCodeError("/ready answered 500"), CallError("it crashed", transient=False)]
)
def test_code_that_does_not_answer_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    told: Told,
    capsys: pytest.CaptureFixture[str],
    error: Exception,
) -> None:
    """The deployment ends, and the log says why."""
    assert _tried(monkeypatch, _raising(error)) == {"succeeded": False, "because": str(error)}
    assert [succeeded for _, succeeded in told] == [False]
    rejected, _ = map(json.loads, capsys.readouterr().out.splitlines())
    assert (rejected["level"], rejected["because"]) == ("ERROR", str(error))


def test_our_own_fault_ends_the_deployment_too(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """An error that nobody thought of is raised, but CodeDeploy does not wait an hour for it."""
    with pytest.raises(ZeroDivisionError):
        _tried(monkeypatch, _raising(ZeroDivisionError()))
    assert [succeeded for _, succeeded in told] == [False]


def test_another_event_is_refused(told: Told) -> None:
    """Nobody is told anything of a call that is none of CodeDeploy's."""
    with pytest.raises(NewCodeError):
        handler({}, None)
    assert told == []
