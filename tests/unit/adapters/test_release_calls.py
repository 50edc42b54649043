"""What a release asks AWS: sums of metrics, whether an execution runs, a version's answers."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from modelfleet.adapters.aws.aws_json import CLOUDWATCH, AwsJsonClient
from modelfleet.adapters.aws.cloudwatch_reader import CloudWatchReader
from modelfleet.adapters.aws.event_bus import EventBus
from modelfleet.adapters.aws.executions import Executions
from modelfleet.adapters.aws.predict_functions import PredictFunction
from modelfleet.adapters.aws.releases import FleetReleases
from modelfleet.release.history import EVENT_TYPE, ReleaseRecord
from modelfleet.retraining.state import RetrainingRequest
from modelfleet.serving.replay import ReplayRequest
from modelfleet.spec.errors import CallError, ConflictError, UnavailableError

START, END = datetime(2026, 1, 5, 12, tzinfo=UTC), datetime(2026, 1, 5, 13, tzinfo=UTC)


class Client(AwsJsonClient):
    """Answers what it is told, and remembers what it was asked."""

    def __init__(self, *answers: Any) -> None:
        super().__init__(CLOUDWATCH, {"AWS_REGION": "eu-central-1"})
        self.answers = list(answers)
        self.asked: list[Mapping[str, Any]] = []

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Give the next answer."""
        self.asked.append({"operation": operation, **parameters})
        return self._next()

    def post(self, path: str, body: bytes, query: Mapping[str, str]) -> Any:
        """Give the next answer."""
        self.asked.append({"path": path, "body": body, **query})
        return self._next()

    def _next(self) -> Any:
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_sums_are_read_by_version_and_metric() -> None:
    """All pages are added up, and what CloudWatch does not have is absent."""
    client = Client(
        {"MetricDataResults": [{"Id": "m0", "Values": [2.0, 3.0]}], "NextToken": "more"},
        {"MetricDataResults": [{"Id": "m0", "Values": [1.0]}, {"Id": "m3", "Values": []}]},
    )
    found = CloudWatchReader(client, "fleet").sums(
        "churn", ["1", "2"], ["requests", "errors"], START, END
    )
    assert found == {"1": {"requests": 6.0}, "2": {}}
    assert client.asked[1]["NextToken"] == "more"
    query = client.asked[0]["MetricDataQueries"][2]["MetricStat"]
    assert query["Stat"] == "Sum"
    assert query["Metric"]["MetricName"] == "requests"
    assert query["Metric"]["Dimensions"] == [
        {"Name": "model", "Value": "churn"},
        {"Name": "version", "Value": "2"},
    ]


@pytest.mark.parametrize(
    ("answer", "running"),
    [
        ({"status": "RUNNING"}, True),
        ({"status": "ABORTED"}, False),
        (CallError("refused with 400: ExecutionDoesNotExist", transient=False), False),
    ],
)
def test_an_execution_runs_or_not(answer: Any, running: bool) -> None:
    """One that Step Functions does not know any more runs no more."""
    assert Executions(Client(answer)).is_running("arn:first") is running


def test_silence_is_no_proof_of_death() -> None:
    """Where Step Functions does not answer, nobody's lock is taken over."""
    with pytest.raises(CallError):
        Executions(Client(CallError("no", transient=True))).is_running("arn:first")


def test_a_version_is_asked_through_the_alias() -> None:
    """The event names version and rows, and the answer is parsed."""
    client = Client({"version": "2", "rows": [{"score": 0.5, "latency_ms": 1.0}]})
    answer = PredictFunction(client, "predict-churn", "live").ask(
        ReplayRequest(version="2", rows=({"Age": 40},))
    )
    assert answer.rows[0].score == 0.5
    assert client.asked[0]["Qualifier"] == "live"
    assert client.asked[0]["path"].endswith("/functions/predict-churn/invocations")
    assert b'"version": "2"' in client.asked[0]["body"]


def test_a_function_that_fails_says_why() -> None:
    """An error that Lambda reports in the answer's body is an error."""
    client = Client({"errorMessage": "churn 9 has no bundle", "errorType": "BundleError"})
    with pytest.raises(CallError, match="no bundle"):
        PredictFunction(client, "predict-churn", "live").ask(ReplayRequest(version="9", rows=()))


RECORD = ReleaseRecord(
    model="churn",
    execution="e1",
    written_at=START,
    by="ada",
    outcome="released",
    version="2",
    champion="2",
    reasons=("better",),
)


def test_a_record_is_announced_without_its_looks() -> None:
    """Whoever listens learns who, what and why, and where the evidence lies."""
    client = Client({"FailedEntryCount": 0})
    EventBus(client, "modelfleet", "dev").announce(RECORD)
    ((entry,),) = [asked["Entries"] for asked in client.asked]
    assert (entry["Source"], entry["DetailType"]) == ("modelfleet", EVENT_TYPE)
    assert entry["EventBusName"] == "modelfleet-dev-events"
    detail = json.loads(entry["Detail"])
    assert detail["record"] == "history/churn/e1.json"
    assert (detail["stage"], detail["by"], detail["reasons"]) == ("dev", "ada", ["better"])
    assert "checks" not in detail


@pytest.mark.parametrize(
    "answer", [{"FailedEntryCount": 1}, CallError("PutEvents was refused", transient=False)]
)
def test_a_deaf_bus_undoes_nothing(answer: Any, caplog: pytest.LogCaptureFixture) -> None:
    """What cannot be announced is logged, for the release stands all the same."""
    EventBus(Client(answer), "modelfleet", "dev").announce(RECORD)
    assert "history/churn/e1.json was not announced" in caplog.text


@pytest.mark.parametrize(
    ("answer", "waits"),
    [
        ({}, True),
        (CallError("failed with status 400: TaskTimedOut", transient=False), False),
        (CallError("failed with status 400: TaskDoesNotExist", transient=False), False),
    ],
)
def test_a_decision_reaches_an_execution_that_waits(answer: Any, waits: bool) -> None:
    """The token and the result are passed on, unless nobody waits with the token any more."""
    client = Client(answer)
    assert Executions(client).answer("abc", "{}") is waits
    assert client.asked == [{"operation": "SendTaskSuccess", "taskToken": "abc", "output": "{}"}]
    with pytest.raises(CallError):
        Executions(Client(CallError("no response", transient=True))).answer("abc", "{}")


def test_the_console_asks_as_the_command_line_does() -> None:
    """A refusal of the release function is a conflict with its words; no answer is no refusal."""
    request = RetrainingRequest(model="churn", by="ada")
    functions = Client({"champion": "1"}, {"errorType": "ReleaseError", "errorMessage": "too late"})
    machines = Client(
        {"executionArn": "a"}, CallError("400: ExecutionAlreadyExists", transient=False)
    )
    releases = FleetReleases(functions, machines, "release", "arn:machine")
    releases.ask(request)
    assert functions.asked[0]["path"] == "/2015-03-31/functions/release/invocations"
    with pytest.raises(ConflictError, match="too late"):
        releases.ask(request)
    releases.retrain(request, "console-1")
    assert machines.asked[0]["name"] == "console-1"
    assert json.loads(machines.asked[0]["input"])["by"] == "ada"
    with pytest.raises(ConflictError, match="within this minute"):
        releases.retrain(request, "console-1")
    down = Client(*[CallError("no response", transient=True)] * 2)
    unreachable = FleetReleases(down, down, "release", "arn:machine")
    with pytest.raises(UnavailableError):
        unreachable.ask(request)
    with pytest.raises(UnavailableError):
        unreachable.retrain(request, "console-1")
