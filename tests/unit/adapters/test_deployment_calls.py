"""What is asked of Lambda and told to CodeDeploy before new code has its traffic."""

import json
from typing import Any

import pytest

from modelfleet.adapters.aws.aws_json import CODEDEPLOY, AwsJsonClient
from modelfleet.adapters.aws.deployment_hook import DeploymentHooks
from modelfleet.adapters.aws.function_version import FunctionVersion
from modelfleet.pretraffic.hook import HookExecution, read_hook
from modelfleet.serving.proxy_event import proxy_event
from modelfleet.spec.errors import CallError, NewCodeError


class Client(AwsJsonClient):
    """Answers what it is told, and remembers what it was asked."""

    def __init__(self, answer: Any = None) -> None:
        super().__init__(CODEDEPLOY, {"AWS_REGION": "eu-central-1"})
        self.answer = answer
        self.asked: list[tuple[str, Any, Any]] = []

    def call(self, operation: str, parameters: Any) -> Any:
        """Keep the call."""
        self.asked.append((operation, parameters, None))
        return self.answer

    def post(self, path: str, body: bytes, query: Any) -> Any:
        """Keep the call, and answer it."""
        self.asked.append((path, json.loads(body), query))
        return self.answer


def test_the_new_version_is_called_by_its_number() -> None:
    """Not the alias, which callers still reach the old code by."""
    client = Client({"statusCode": 200, "body": "{}", "headers": {}})
    event = proxy_event("GET", "/churn/ready", "", "r")
    assert FunctionVersion(client, "predict-churn", "12").ask(event) == (200, "{}")
    (asked,) = client.asked
    assert asked == (
        "/2015-03-31/functions/predict-churn/invocations",
        event,
        {"Qualifier": "12"},
    )


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ({"errorMessage": "No module named x", "errorType": "ImportError"}, "No module named x"),
        ({"statusCode": "ready"}, "None"),
        ("hello", "hello"),
        (None, "None"),
    ],
)
def test_what_is_no_answer_is_a_failure(answer: Any, said: str) -> None:
    """A crash names itself, and is not worth another try."""
    with pytest.raises(CallError, match=rf"version 12 of predict-churn failed: {said}") as raised:
        FunctionVersion(Client(answer), "predict-churn", "12").ask({})
    assert not raised.value.transient


@pytest.mark.parametrize(("succeeded", "status"), [(True, "Succeeded"), (False, "Failed")])
def test_codedeploy_is_told_either_way(succeeded: bool, status: str) -> None:
    """The deployment goes on, or is ended and rolled back."""
    client = Client({})
    DeploymentHooks(client).report(HookExecution("d-1", "hook"), succeeded=succeeded)
    ((operation, parameters, _),) = client.asked
    assert operation == "PutLifecycleEventHookExecutionStatus"
    assert parameters == {
        "deploymentId": "d-1",
        "lifecycleEventHookExecutionId": "hook",
        "status": status,
    }


def test_only_codedeploys_event_is_read() -> None:
    """Who calls otherwise waits for no answer."""
    event = {"DeploymentId": "d-1", "LifecycleEventHookExecutionId": "hook"}
    assert read_hook(event) == HookExecution("d-1", "hook")
    with pytest.raises(NewCodeError, match="not a CodeDeploy lifecycle event"):
        read_hook({"DeploymentId": "d-1"})
