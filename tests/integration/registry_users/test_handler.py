"""The function that makes the database's users, on a stubbed Data API, by CloudFormation's events.

The provider framework calls it, and answers CloudFormation for it: with success where it returns,
with failure where it raises.
"""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError
from botocore.stub import Stubber

from functions.registry_users.handler import handler
from modelfleet.adapters.aws import data_api
from modelfleet.registry.database_users import OWNER, USER, create_users
from modelfleet.spec.errors import CallError

REGION = "eu-central-1"
CLUSTER = f"arn:aws:rds:{REGION}:111122223333:cluster:registry"
SECRET = f"arn:aws:secretsmanager:{REGION}:111122223333:secret:rds!cluster-1"
PROPERTIES = {
    "ServiceToken": "arn:of:the:framework",
    "ClusterArn": CLUSTER,
    "SecretArn": SECRET,
    "Database": "mlflow",
    "Owner": OWNER,
    "User": USER,
    "Statement": "hash",
}
EXPECTED = {
    "resourceArn": CLUSTER,
    "secretArn": SECRET,
    "database": "mlflow",
    "sql": create_users(),
}
TRANSIENT = [
    "DatabaseResumingException",
    "DatabaseUnavailableException",
    "DatabaseNotFoundException",
    "StatementTimeoutException",
    "AccessDeniedException",
    "ForbiddenException",
    "SecretsErrorException",
    "InvalidSecretException",
    "HttpEndpointNotEnabledException",
    "InvalidResourceStateException",
    "ServiceUnavailableError",
    "InternalServerErrorException",
    "ThrottlingException",
]
LASTING = ["DatabaseErrorException", "BadRequestException", "ValidationException"]


@dataclass
class Invocation:
    """One invocation of the function: Lambda's clock, which pauses move."""

    seconds: float = 300.0
    pauses: list[float] = field(default_factory=list)

    def get_remaining_time_in_millis(self) -> int:
        """Until the function is ended."""
        return int(1000 * (self.seconds - sum(self.pauses)))

    def pause(self, seconds: float) -> None:
        """Wait."""
        self.pauses.append(seconds)


@pytest.fixture
def invocation(monkeypatch: pytest.MonkeyPatch) -> Invocation:
    """An invocation whose pauses cost no time."""
    made = Invocation()
    monkeypatch.setattr(time, "sleep", made.pause)
    monkeypatch.setattr(time, "monotonic", lambda: sum(made.pauses))
    return made


@pytest.fixture
def stubber(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stubber]:
    """The Data API; every answer that a test prepares has to be asked for."""
    client = boto3.client(
        "rds-data",
        region_name=REGION,
        aws_access_key_id="test",
        aws_secret_access_key="test",  # none that anything accepts
    )
    monkeypatch.setattr(data_api, "data_api_client", lambda: client)
    with Stubber(client) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def _event(kind: str, **more: Any) -> dict[str, Any]:
    return {"RequestType": kind, "ResourceProperties": PROPERTIES} | more


def _fails(stubber: Stubber, code: str, times: int = 1, status: int = 400) -> None:
    for _ in range(times):
        stubber.add_client_error("execute_statement", code, "why", status)


def _succeeds(stubber: Stubber) -> None:
    stubber.add_response("execute_statement", {"numberOfRecordsUpdated": 0}, EXPECTED)


@pytest.mark.parametrize("kind", ["Create", "Update"])
def test_the_users_are_made(stubber: Stubber, invocation: Invocation, kind: str) -> None:
    """One statement makes them, however often; the resource keeps its identity."""
    for _ in range(2):
        _succeeds(stubber)
        answer = handler(_event(kind, PhysicalResourceId="mlflow"), invocation)
        assert answer == {"PhysicalResourceId": "mlflow"}
    assert invocation.pauses == []


def test_deleting_needs_no_database(stubber: Stubber, invocation: Invocation) -> None:
    """The database may be gone, or never have been there: nothing is called."""
    answer = handler(_event("Delete", PhysicalResourceId="mlflow"), invocation)
    assert answer == {"PhysicalResourceId": "mlflow"}


@pytest.mark.parametrize("code", TRANSIENT)
def test_what_passes_is_waited_for(stubber: Stubber, invocation: Invocation, code: str) -> None:
    """A paused or busy database and rights that are not known yet delay the deployment only."""
    _fails(stubber, code, times=5)
    _succeeds(stubber)
    handler(_event("Create"), invocation)
    assert len(invocation.pauses) == 5


@pytest.mark.parametrize("code", TRANSIENT)
def test_what_does_not_pass_fails_in_time(
    stubber: Stubber, invocation: Invocation, code: str
) -> None:
    """The function fails by itself, with the reason, while a last call would still fit."""
    attempts = 19
    _fails(stubber, code, times=attempts)
    with pytest.raises(CallError, match=f"gave up after {attempts} attempts: {code}"):
        handler(_event("Create"), invocation)
    assert invocation.get_remaining_time_in_millis() / 1000 > data_api.LONGEST_CALL_SECONDS


@pytest.mark.parametrize("code", LASTING)
def test_what_waiting_cannot_cure_fails_at_once(
    stubber: Stubber, invocation: Invocation, code: str
) -> None:
    """A wrong statement or parameter is told without another try."""
    _fails(stubber, code)
    with pytest.raises(CallError, match=f"{code}: why"):
        handler(_event("Create"), invocation)
    assert invocation.pauses == []


@pytest.mark.parametrize(
    "error",
    [
        EndpointConnectionError(endpoint_url="https://rds-data"),
        ConnectTimeoutError(endpoint_url="https://rds-data"),
    ],
)
def test_a_network_that_fails_is_tried_again(
    invocation: Invocation, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """An API that is not reached is one that may be reached a moment later."""
    answers: list[Exception | None] = [error, error, None]

    class Unsteady:
        def execute_statement(self, **_parameters: str) -> dict[str, Any]:
            if failure := answers.pop(0):
                raise failure
            return {}

    monkeypatch.setattr(data_api, "data_api_client", Unsteady)
    handler(_event("Create"), invocation)
    assert answers == []


def test_a_name_that_is_none_reaches_no_database(stubber: Stubber, invocation: Invocation) -> None:
    """A property cannot bring SQL along."""
    wrong = PROPERTIES | {"User": 'mlflow"; DROP TABLE runs; --'}
    with pytest.raises(ValueError, match="not a valid user name"):
        handler(_event("Create") | {"ResourceProperties": wrong}, invocation)


def test_a_call_never_outlasts_its_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client makes each call once: tries of its own would use up the function's time unseen."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    config = data_api.data_api_client().meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.connect_timeout + config.read_timeout == data_api.LONGEST_CALL_SECONDS
