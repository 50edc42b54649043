"""An S3 that can fall silent or go down, in front of one that works."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

_SILENCE_SECONDS = 30.0
# What concerns one connection alone is not passed on.
_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length"}


class UnsteadyS3(ThreadingHTTPServer):
    """Hands requests on to a working S3, as long as it is neither silent nor down."""

    daemon_threads = True

    def __init__(self, endpoint: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(endpoint).netloc
        self.down = False
        self.asked = 0
        self._answering = threading.Event()
        self._answering.set()

    @property
    def endpoint(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"

    def fall_silent(self) -> None:
        """Take requests from now on, and do not answer them."""
        self._answering.clear()

    def recover(self) -> None:
        """Answer again, those requests too that were taken meanwhile."""
        self.down = False
        self._answering.set()

    def is_answering(self) -> bool:
        """Whether a request is to be handed on; waits as long as the server is silent."""
        return self._answering.wait(_SILENCE_SECONDS) and not self.down


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: UnsteadyS3

    def do_GET(self) -> None:
        """Hand a request on, or end the connection without a word."""
        self.server.asked += 1
        if not self.server.is_answering():
            self.close_connection = True
            return
        length = int(self.headers.get("content-length", 0))
        connection = HTTPConnection(self.server.behind)
        connection.request(self.command, self.path, self.rfile.read(length), dict(self.headers))
        answer = connection.getresponse()
        content = answer.read()
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP:
                self.send_header(name, value)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        connection.close()

    do_PUT = do_GET  # noqa: N815  the name by which the server finds it

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  named by the base class
        """Keep quiet."""


@contextmanager
def unsteady_s3(endpoint: str) -> Iterator[UnsteadyS3]:
    """Put an unsteady S3 in front of another one."""
    server = UnsteadyS3(endpoint)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.recover()
        server.shutdown()
        server.server_close()
        thread.join()
