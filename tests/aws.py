"""AWS for tests: moto's services on a port of the loopback interface."""

from collections.abc import Iterator
from contextlib import contextmanager

import httpx
from moto.server import ThreadedMotoServer


@contextmanager
def aws_services() -> Iterator[str]:
    """Serve empty AWS services, and give their address.

    All of moto's servers in a process share what they hold, so one who starts finds the buckets of
    those before unless they are forgotten first.
    """
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        endpoint = f"http://{host}:{port}"
        httpx.post(f"{endpoint}/moto-api/reset").raise_for_status()
        yield endpoint
    finally:
        server.stop()
