"""`fleet jobs` lists executions and stops them; Ctrl-C says what keeps running."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from cli.app import app
from cli.cloud import Cloud
from cli.commands.models import retrain as retrain_command
from cli.commands.models.retrain import show_execution
from cli.output.errors import FleetError, InterruptedWaitError
from modelfleet.resource_names import Output

JOB = "20261130T093000-4f1d2c"
_INPUTS = {
    Output.STATE_MACHINE_ARN: [
        ("r1", "RUNNING", '{"model": "leads"}'),
        ("r2", "FAILED", '{"detail": {"model": "bankchurn"}}'),
        ("r3", "FAILED", "[1]"),
    ],
    Output.BATCH_MACHINE_ARN: [
        ("b1", "RUNNING", json.dumps({"model": "leads", "job": JOB})),
        ("b2", "RUNNING", "[1]"),
        ("b3", "RUNNING", "{}"),
    ],
}


class Machines:
    """A stage with executions of both machines."""

    def __init__(self) -> None:
        self.stopped: list[str] = []

    def client(self, service: str) -> "Machines":
        """Step Functions."""
        assert service == "stepfunctions"
        return self

    def output(self, name: Output) -> Output:
        """Every machine's ARN is the name of its output."""
        return name

    def list_executions(
        self, *, stateMachineArn: Output, maxResults: int, statusFilter: str | None = None
    ) -> dict[str, Any]:
        """The newest first."""
        now = datetime.now(UTC)
        found = [
            {
                "executionArn": f"arn:{name}",
                "status": status,
                "startDate": now - timedelta(minutes=90 * place, seconds=1),
            }
            for place, (name, status, _) in enumerate(_INPUTS[stateMachineArn])
            if statusFilter in {None, status}
        ]
        return {"executions": found[:maxResults]}

    def describe_execution(self, *, executionArn: str) -> dict[str, Any]:
        """With its input."""
        inputs = {f"arn:{name}": text for each in _INPUTS.values() for name, _, text in each}
        return {"input": inputs[executionArn]}

    def stop_execution(self, *, executionArn: str, error: str, cause: str) -> None:
        """Take down what is stopped."""
        assert error == "Stopped"
        assert cause.startswith("stopped by ")
        self.stopped.append(executionArn)


@pytest.fixture
def machines(monkeypatch: pytest.MonkeyPatch) -> Machines:
    """Every stage is this one."""
    fake = Machines()
    monkeypatch.setattr(Cloud, "connect", lambda *_: fake)
    return fake


def typed(*arguments: str) -> Result:
    """Run a command that must succeed."""
    return CliRunner().invoke(app, ["jobs", *arguments], catch_exceptions=False)


@pytest.mark.usefixtures("machines")
def test_jobs_have_a_state_and_an_age() -> None:
    """Without a command, all kinds are listed, also those that an event or nonsense started."""
    jobs = {job["id"]: job for job in json.loads(typed("--json").stdout)["jobs"]}
    assert {name: job["model"] for name, job in jobs.items()} == {
        "r1": "leads",
        "r2": "bankchurn",
        "r3": "-",
        JOB: "leads",
        "b2": "-",
        "b3": "-",
    }
    lines = [line.split("\t") for line in typed().stdout.splitlines()]
    ages = {line[0]: (line[3], line[5]) for line in lines[1:]}
    assert (ages["r1"], ages["r2"]) == (("running", "0 min"), ("failed", "1 h"))


@pytest.mark.parametrize(("job", "arn"), [("r1", "arn:r1"), (JOB, "arn:b1"), ("b3", "arn:b3")])
def test_a_running_job_is_stopped(machines: Machines, job: str, arn: str) -> None:
    """A batch job by its own ID, with the command that resumes it."""
    told = typed("stop", job).stdout
    assert machines.stopped == [arn]
    assert ("--resume" in told) == (arn != "arn:r1")


def test_a_running_job_is_found_behind_ended_ones(
    machines: Machines, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many executions have ended since it was started."""
    ended = [(f"r{number}", "FAILED", "{}") for number in range(2, 300)]
    inputs = [*ended, ("r1", "RUNNING", "{}")]
    monkeypatch.setitem(_INPUTS, Output.STATE_MACHINE_ARN, inputs)
    typed("stop", "r1")
    assert machines.stopped == ["arn:r1"]


@pytest.mark.parametrize("job", ["r2", "nothing"])
def test_only_running_jobs_are_stopped(machines: Machines, job: str) -> None:
    """An ended or unknown job is refused."""
    with pytest.raises(FleetError, match="no running job"):
        typed("stop", job)
    assert machines.stopped == []


def test_ctrl_c_says_what_keeps_running(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message has the commands that list and stop the execution."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(retrain_command, "follow", interrupted)
    with pytest.raises(InterruptedWaitError, match="fleet jobs stop r1") as stopped:
        show_execution(None, "arn:r1", "leads", wait=True, as_json=False)  # type: ignore[arg-type]  # never reached
    assert "the retraining of leads keeps running" in str(stopped.value)
    assert (stopped.value.exit_code, stopped.value.code) == (130, "interrupted")
