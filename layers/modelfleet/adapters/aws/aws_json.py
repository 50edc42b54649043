"""Signed calls to AWS services with a JSON protocol, without an SDK.

For a function that processes a handful of log lines, loading an SDK takes more time and memory (0.3
seconds, 30 MB) than the work itself. Calls are signed with AWS Signature Version 4, as specified in
the IAM user guide under "Create a signed AWS API request".
"""

import hashlib
import hmac
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Any
from urllib.parse import urlsplit

from modelfleet.spec.errors import CallError, FunctionNotReadyError

_ALGORITHM = "AWS4-HMAC-SHA256"
# Long, because a slow service has often executed the call, and a retry would execute it again.
TIMEOUT_SECONDS = 45.0
_THROTTLED = ("Throttl", "LimitExceeded", "ServiceUnavailable", "SlowDown")
# The function that is invoked has been idle or is new, and is ready a minute or two later.
# https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html
# https://docs.aws.amazon.com/lambda/latest/dg/snapstart-troubleshooting.html
# https://docs.aws.amazon.com/lambda/latest/dg/troubleshooting-images.html
_NOT_READY = frozenset(
    {
        "CodeArtifactUserPendingException",
        "EC2ThrottledException",
        "ResourceConflictException",
        "ResourceNotReadyException",
        "SnapStartNotReadyException",
    }
)
_NO_KIND = "no error type"
# Domains of AWS's partitions, by the start of their regions' names.
_DOMAINS = {
    "cn-": "amazonaws.com.cn",
    "eu-isoe-": "cloud.adc-e.uk",
    "eusc-": "amazonaws.eu",
    "us-iso-": "c2s.ic.gov",
    "us-isob-": "sc2s.sgov.gov",
    "us-isof-": "csp.hci.ic.gov",
}
_DOMAIN = "amazonaws.com"


@dataclass(frozen=True, slots=True)
class Service:
    """Name of a service in URLs and signatures, its target prefix, and its JSON dialect."""

    name: str
    target: str
    content_type: str


FIREHOSE = Service("firehose", "Firehose_20150804", "application/x-amz-json-1.1")
STATES = Service("states", "AWSStepFunctions", "application/x-amz-json-1.0")
EVENTS = Service("events", "AWSEvents", "application/x-amz-json-1.1")
CODEDEPLOY = Service("codedeploy", "CodeDeploy_20141006", "application/x-amz-json-1.1")
SECRETS = Service("secretsmanager", "secretsmanager", "application/x-amz-json-1.1")
LAMBDA = Service("lambda", "", "application/json")
CLOUDWATCH = Service("monitoring", "GraniteServiceVersion20100801", "application/x-amz-json-1.0")


class AwsJsonClient:
    """Client of one service with the function's credentials.

    Parameters
    ----------
    service
        Service to call.
    environment
        Lambda's environment: region, credentials, and, if not AWS's, the endpoint.
    now
        Returns the current time in UTC.
    timeout_seconds
        Timeout of a call.
    """

    def __init__(
        self,
        service: Service,
        environment: Mapping[str, str],
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._service = service
        self._environment = environment
        self._now = now
        self._timeout_seconds = timeout_seconds
        self._region = environment["AWS_REGION"]
        usual = f"https://{service.name}.{self._region}.{_domain(self._region)}"
        self._endpoint = urlsplit(environment.get("AWS_ENDPOINT_URL") or usual)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Call an operation and return its JSON response.

        Raises
        ------
        CallError
            If the call fails; `transient` tells whether to retry it.
        """
        body = json.dumps(parameters, separators=(",", ":")).encode()
        return self._answer(operation, "/", body, self.headers(operation, body))

    def pages(self, operation: str, parameters: Mapping[str, Any]) -> Iterator[Any]:
        """Call an operation and yield all pages of its response; see `call`."""
        request = dict(parameters)
        while True:
            answer = self.call(operation, request)
            yield answer
            if not answer.get("NextToken"):
                return
            request["NextToken"] = answer["NextToken"]

    def post(self, path: str, body: bytes, query: Mapping[str, str]) -> Any:
        """Post to a path of a REST service and return its JSON response.

        Path and query are not URL-encoded.

        Raises
        ------
        CallError
            If the call fails; `transient` tells whether to retry it.
        """
        encoded = "&".join(f"{name}={query[name]}" for name in sorted(query))
        headers = self._signed("POST", path, encoded, self._bare(), body)
        return self._answer(path, f"{path}?{encoded}", body, headers)

    def _answer(self, name: str, target: str, body: bytes, headers: dict[str, str]) -> Any:
        try:
            status, kind, content = self._send(target, body, headers)
        except (OSError, HTTPException) as error:
            raise CallError(f"{name}: no response", transient=True) from error
        if status >= HTTPStatus.BAD_REQUEST:
            raise _call_error(name, status, _bare_kind(kind or _kind(content)) or _NO_KIND)
        return json.loads(content) if content else {}

    def headers(self, operation: str, body: bytes) -> dict[str, str]:
        """Return the signed headers of a call."""
        target = {"x-amz-target": f"{self._service.target}.{operation}"}
        return self._signed("POST", "/", "", self._bare() | target, body)

    def _bare(self) -> dict[str, str]:
        headers = {
            "content-type": self._service.content_type,
            "host": self._endpoint.netloc,
            "x-amz-date": self._now().strftime("%Y%m%dT%H%M%SZ"),
        }
        # Read on every call: the sandbox may get new credentials.
        if token := self._environment.get("AWS_SESSION_TOKEN"):
            headers["x-amz-security-token"] = token
        return headers

    def _signed(
        self, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
    ) -> dict[str, str]:
        stamp = headers["x-amz-date"]
        names = ";".join(sorted(headers))
        lines = "".join(f"{name}:{headers[name]}\n" for name in sorted(headers))
        content = hashlib.sha256(body).hexdigest()
        request = f"{method}\n{path}\n{query}\n{lines}\n{names}\n{content}"
        return {**headers, "authorization": self._authorization(names, request, stamp)}

    def _authorization(self, names: str, request: str, stamp: str) -> str:
        scope = f"{stamp[:8]}/{self._region}/{self._service.name}/aws4_request"
        digest = hashlib.sha256(request.encode()).hexdigest()
        signature = self._signature(scope, f"{_ALGORITHM}\n{stamp}\n{scope}\n{digest}")
        key_id = self._environment["AWS_ACCESS_KEY_ID"]
        return (
            f"{_ALGORITHM} Credential={key_id}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )

    def _signature(self, scope: str, text: str) -> str:
        key = f"AWS4{self._environment['AWS_SECRET_ACCESS_KEY']}".encode()
        for part in scope.split("/"):
            key = hmac.digest(key, part.encode(), "sha256")
        return hmac.digest(key, text.encode(), "sha256").hex()

    def _send(self, target: str, body: bytes, headers: Mapping[str, str]) -> tuple[int, str, bytes]:
        """Send a request; return status, error type of the header, and content."""
        scheme = HTTPSConnection if self._endpoint.scheme == "https" else HTTPConnection
        connection = scheme(self._endpoint.netloc, timeout=self._timeout_seconds)
        try:
            connection.request("POST", target, body, dict(headers))
            response = connection.getresponse()
            # REST services such as Lambda name the error here, and not in the content.
            kind = response.getheader("x-amzn-errortype", "")
            return response.status, kind, response.read()
        finally:
            connection.close()


def _domain(region: str) -> str:
    return next((each for start, each in _DOMAINS.items() if region.startswith(start)), _DOMAIN)


def _kind(content: bytes) -> str:
    """Return the error type of a JSON protocol."""
    try:
        return str(json.loads(content)["__type"])
    except (ValueError, KeyError, TypeError):
        return ""


def _bare_kind(kind: str) -> str:
    """Return an error type without namespace and address, `namespace#Kind:http://…`.

    https://smithy.io/2.0/aws/protocols/aws-json-1_1-protocol.html#operation-error-serialization
    """
    return kind.partition(":")[0].rpartition("#")[2].strip()


def _call_error(operation: str, status: int, kind: str) -> CallError:
    text = f"{operation} failed with status {status}: {kind}"
    # Other kinds of 409 are permanent, such as CodeArtifactUserFailedException.
    if kind in _NOT_READY or (status == HTTPStatus.CONFLICT and kind == _NO_KIND):
        return FunctionNotReadyError(text)
    throttled = status == HTTPStatus.TOO_MANY_REQUESTS or any(t in kind for t in _THROTTLED)
    return CallError(text, transient=status >= HTTPStatus.INTERNAL_SERVER_ERROR or throttled)
