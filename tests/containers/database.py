"""A way for containers into the embedded PostgreSQL, which listens on a file alone."""

import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import BaseRequestHandler, ThreadingTCPServer
from urllib.parse import parse_qs, urlsplit


@contextmanager
def over_the_network(address: str) -> Iterator[str]:
    """Forward a port of the loopback interface to the server; gives its address there."""
    parts = urlsplit(address)
    folder = Path(parse_qs(parts.query)["host"][0])
    file = next(path for path in folder.glob(".s.PGSQL.*") if path.is_socket())

    class Connection(BaseRequestHandler):
        def handle(self) -> None:
            with socket.socket(socket.AF_UNIX) as server:
                server.connect(str(file))
                back = threading.Thread(target=_copy, args=(server, self.request))
                back.start()
                _copy(self.request, server)
                back.join()

    with ThreadingTCPServer(("127.0.0.1", 0), Connection) as forwarder:
        forwarder.daemon_threads = True
        forwarder.block_on_close = False
        thread = threading.Thread(target=forwarder.serve_forever)
        thread.start()
        try:
            user = parts.username or "postgres"
            host, port = forwarder.server_address[:2]
            yield f"{parts.scheme}://{user}@{host!s}:{port}{parts.path}"
        finally:
            forwarder.shutdown()
            thread.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    """Until the source ends; then the target learns that nothing more comes."""
    with source.makefile("rb", buffering=0) as read, target.makefile("wb", buffering=0) as write:
        shutil.copyfileobj(read, write)
    target.shutdown(socket.SHUT_WR)
