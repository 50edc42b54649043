"""Lambda's runtime interface: hands events to a function's runtime client, and takes its answers.

What is spoken is said at docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html, and for SnapStart
at docs.aws.amazon.com/lambda/latest/dg/snapstart-runtime-hooks-custom.html.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Empty, Queue
from typing import Any

_VERSION = "/2018-06-01/runtime"
_NEXT = f"{_VERSION}/invocation/next"
_RESTORED = f"{_VERSION}/restore/next"
_CREDENTIALS, _TOKEN = "/credentials", "the-token"
_OK, _ACCEPTED, _NOT_FOUND = 200, 202, 404
_MILLISECONDS = 1000
_DEADLINE_SECONDS = 900


class FunctionError(Exception):
    """The function answered an event with an error, or did not start; the text is its own."""


@dataclass(frozen=True)
class Answered:
    """What came back, and when: in seconds since the machine started."""

    payload: Any
    failed: bool
    at_seconds: float


class RuntimeInterface:
    """One function's side of Lambda: an event at a time, in order."""

    def __init__(self) -> None:
        self.events: Queue[bytes] = Queue()
        self.answers: Queue[Answered] = Queue()
        self.asleep = threading.Event()
        self.awake = threading.Event()
        self.ended = threading.Event()
        self.address = ""

    def snap_start(self) -> dict[str, str]:
        """The variables of a function that is kept as a snapshot, which has no keys of its own."""
        return {
            "AWS_LAMBDA_INITIALIZATION_TYPE": "snap-start",
            "AWS_CONTAINER_CREDENTIALS_FULL_URI": f"http://{self.address}{_CREDENTIALS}",
            "AWS_CONTAINER_AUTHORIZATION_TOKEN": _TOKEN,
        }

    def invoke(self, event: object, alive: Callable[[], bool], timeout_seconds: float) -> Answered:
        """Hand an event over and wait for the answer.

        Raises
        ------
        FunctionError
            If the function raises, does not start, or ends.
        TimeoutError
            If no answer comes.
        """
        self.events.put(json.dumps(event).encode())
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            try:
                answered = self.answers.get(timeout=1.0)
            except Empty:
                if not alive():
                    raise FunctionError("the container has ended") from None
                continue
            if answered.failed:
                raise FunctionError(json.dumps(answered.payload))
            return answered
        raise TimeoutError(f"no answer within {timeout_seconds} s")


@contextmanager
def runtime_interface() -> Iterator[RuntimeInterface]:
    """Serve the interface on a free port of the loopback interface."""
    interface = RuntimeInterface()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(interface))
    interface.address = f"127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield interface
    finally:
        interface.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(interface: RuntimeInterface) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        # The client keeps its connection, by which the health command knows it.
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            if self.path == _CREDENTIALS and self.headers["authorization"] == _TOKEN:
                self._send(_OK, json.dumps(_credentials()).encode())
            elif self.path == _RESTORED:
                interface.asleep.set()
                interface.awake.wait(_DEADLINE_SECONDS)
                self._send(_OK, b"{}")
            elif self.path == _NEXT:
                self._hand_over()
            else:
                self._send(_NOT_FOUND, b"{}")

        def _hand_over(self) -> None:
            while not interface.ended.is_set():
                try:
                    event = interface.events.get(timeout=0.2)
                except Empty:
                    continue
                self._send(_OK, event, _invocation())
                return
            self.close_connection = True

        def do_POST(self) -> None:
            at = time.clock_gettime(time.CLOCK_BOOTTIME)
            body = self.rfile.read(int(self.headers["content-length"]))
            self._send(_ACCEPTED, b'{"status": "OK"}')
            failed = self.path.endswith("/error")
            interface.answers.put(Answered(json.loads(body), failed, at))

        def _send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
            self.send_response(status)
            for name, value in (headers or {}).items():
                self.send_header(name, value)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    return Handler


def _credentials() -> dict[str, str]:
    ends = datetime.now(UTC) + timedelta(hours=1)
    return {
        "AccessKeyId": "test",
        "SecretAccessKey": "test",
        "Token": "session",
        "Expiration": ends.isoformat(timespec="seconds"),
    }


def _invocation() -> dict[str, str]:
    deadline = int((time.time() + _DEADLINE_SECONDS) * _MILLISECONDS)
    return {
        "Lambda-Runtime-Aws-Request-Id": str(uuid.uuid4()),
        "Lambda-Runtime-Deadline-Ms": str(deadline),
        "Lambda-Runtime-Invoked-Function-Arn": "arn:aws:lambda:us-east-1:0:function:test",
    }
