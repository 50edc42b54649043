"""A call is signed as the SDK signs it, and a failure says whether another try is worth it."""

import json
import re
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import botocore.auth
import botocore.session
import pytest
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from modelfleet.adapters.aws.aws_json import CLOUDWATCH, FIREHOSE, LAMBDA, AwsJsonClient, Service
from modelfleet.spec.errors import CallError, FunctionNotReadyError

NOW = datetime(2026, 1, 31, 23, 59, 59, tzinfo=UTC)
# The keys of AWS's own examples.
ENVIRONMENT = {
    "AWS_REGION": "eu-central-1",
    "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
    "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",  # pragma: allowlist secret
}


@pytest.mark.parametrize("service", [FIREHOSE, CLOUDWATCH])
@pytest.mark.parametrize("token", [None, "IQoJb3JpZ2luX2VjE+/="])
def test_the_signature_is_the_sdks(
    service: Service, token: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the same call at the same moment, botocore makes the same authorization."""
    environment = ENVIRONMENT | ({"AWS_SESSION_TOKEN": token} if token else {})
    body = b'{"a":"\xc3\xa9"}'
    headers = AwsJsonClient(service, environment, lambda: NOW).headers("Do", body)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    signed = {k: v for k, v in headers.items() if k in ("content-type", "x-amz-target")}
    request = AWSRequest("POST", f"https://{headers['host']}/", headers=signed, data=body)
    keys = Credentials(
        ENVIRONMENT["AWS_ACCESS_KEY_ID"], ENVIRONMENT["AWS_SECRET_ACCESS_KEY"], token
    )
    botocore.auth.SigV4Auth(keys, service.name, "eu-central-1").add_auth(request)
    assert request.headers["X-Amz-Date"] == headers["x-amz-date"]
    assert request.headers["Authorization"] == headers["authorization"]


def test_a_call_by_path_is_signed_as_the_sdks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Path and query are part of what is signed."""
    client = AwsJsonClient(LAMBDA, ENVIRONMENT, lambda: NOW)
    sent: dict[str, Any] = {}

    def send(target: str, body: bytes, headers: dict[str, str]) -> tuple[int, str, bytes]:
        sent.update(target=target, headers=headers)
        return 200, "", b"{}"

    monkeypatch.setattr(client, "_send", send)
    path = "/2015-03-31/functions/predict-churn/invocations"
    client.post(path, b"{}", {"Qualifier": "live"})
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: NOW)
    headers = sent["headers"]
    request = AWSRequest(
        "POST",
        f"https://{headers['host']}{sent['target']}",
        headers={"content-type": headers["content-type"]},
        data=b"{}",
    )
    keys = Credentials(ENVIRONMENT["AWS_ACCESS_KEY_ID"], ENVIRONMENT["AWS_SECRET_ACCESS_KEY"])
    botocore.auth.SigV4Auth(keys, "lambda", "eu-central-1").add_auth(request)
    assert request.headers["Authorization"] == headers["authorization"]
    assert sent["target"] == f"{path}?Qualifier=live"


class _Server(HTTPServer):
    """Answers every call with what it is told, and remembers the last."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.status = 200
        self.content = b"{}"
        self.headers: dict[str, str] = {}
        self.seen: dict[str, Any] = {}


class _Answering(BaseHTTPRequestHandler):
    server: _Server

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.seen = {"target": self.headers["x-amz-target"], "body": json.loads(body)}
        self.send_response(self.server.status)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  the base class's name
        pass


@pytest.fixture
def server() -> Iterator[_Server]:
    """A service on the loopback interface."""
    with _Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(server: _Server) -> AwsJsonClient:
    """A client of that service."""
    address = f"http://127.0.0.1:{server.server_port}"
    return AwsJsonClient(FIREHOSE, ENVIRONMENT | {"AWS_ENDPOINT_URL": address})


def test_a_call_is_answered(client: AwsJsonClient, server: _Server) -> None:
    """Operation and parameters arrive, and the answer is parsed."""
    server.content = b'{"FailedPutCount": 0}'
    assert client.call("PutRecordBatch", {"Records": []}) == {"FailedPutCount": 0}
    assert server.seen == {
        "target": "Firehose_20150804.PutRecordBatch",
        "body": {"Records": []},
    }


def test_an_empty_answer_is_no_answer(client: AwsJsonClient, server: _Server) -> None:
    """Operations that only succeed may say nothing."""
    server.content = b""
    assert client.call("PutMetricData", {}) == {}


@pytest.mark.parametrize(
    ("status", "content", "transient"),
    [
        (400, b'{"__type":"com.amazonaws#ThrottlingException"}', True),
        (400, b'{"__type":"LimitExceededException"}', True),
        (400, b'{"__type":"ServiceUnavailableException"}', True),
        (400, b'{"__type":"ResourceNotFoundException"}', False),
        (400, b'{"__type":"AccessDeniedException"}', False),
        (403, b"<html>", False),
        (500, b"", True),
        (503, b"[]", True),
    ],
)
def test_a_refusal_says_whether_to_try_again(
    client: AwsJsonClient, server: _Server, status: int, content: bytes, transient: bool
) -> None:
    """Overload and outages pass, a missing right does not."""
    server.status, server.content = status, content
    with pytest.raises(CallError, match=str(status)) as refused:
        client.call("PutRecordBatch", {})
    assert refused.value.transient is transient


@pytest.mark.parametrize(
    ("status", "kind", "not_ready", "transient"),
    [
        (409, "ResourceConflictException", True, True),
        (409, "", True, True),
        (409, "CodeArtifactUserFailedException", False, False),
        (409, "CodeArtifactUserDeletedException", False, False),
        (409, "com.amazonaws.lambda#CodeArtifactUserFailedException:http://a/#b", False, False),
        (409, "com.amazonaws.lambda#CodeArtifactUserPendingException", True, True),
        (409, "SnapStartNotReadyException:http://internal.amazon.com/coral/", True, True),
        (409, "CodeArtifactUserPendingException", True, True),
        (502, "ResourceNotReadyException", True, True),
        (502, "EC2ThrottledException", True, True),
        (502, "EC2AccessDeniedException", False, True),
        (429, "TooManyRequestsException", False, True),
        (404, "ResourceNotFoundException", False, False),
    ],
)
def test_lambda_names_its_error_in_a_header(
    client: AwsJsonClient, server: _Server, status: int, kind: str, not_ready: bool, transient: bool
) -> None:
    """A function that is not ready yet is distinguished from other failures."""
    server.status, server.content = status, b'{"Message": "not now"}'
    server.headers = {"x-amzn-ErrorType": kind}
    bare = re.search(r"\w+Exception", kind)
    text = f"status {status}: {bare[0] if bare else 'no error type'}$"
    with pytest.raises(CallError, match=text) as refused:
        client.post("/2015-03-31/functions/f/invocations", b"{}", {"Qualifier": "live"})
    assert isinstance(refused.value, FunctionNotReadyError) is not_ready
    assert refused.value.transient is transient


def test_endpoints_are_in_the_partition_of_the_region() -> None:
    """Every region of every partition that botocore knows has the domain that botocore uses."""
    partitions = botocore.session.Session().get_data("partitions")["partitions"]
    for partition in partitions:
        for region in partition["regions"]:
            if re.fullmatch(partition["regionRegex"], region):
                client = AwsJsonClient(FIREHOSE, ENVIRONMENT | {"AWS_REGION": region})
                host = client.headers("Do", b"")["host"]
                assert host == f"firehose.{region}.{partition['outputs']['dnsSuffix']}"


def test_a_service_that_is_away_may_come_back() -> None:
    """Where nothing listens, another try is worth it."""
    with _Server() as closed:
        address = f"http://127.0.0.1:{closed.server_port}"
    client = AwsJsonClient(FIREHOSE, ENVIRONMENT | {"AWS_ENDPOINT_URL": address})
    with pytest.raises(CallError) as failed:
        client.call("PutRecordBatch", {})
    assert failed.value.transient
