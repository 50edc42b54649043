"""The local cloud's port and record."""

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from cli.local_cloud.layout import REPOSITORY, Layout
from cli.local_cloud.processes.engine import USUAL_PORT, last_port
from cli.local_cloud.processes.ports import LOOPBACK, choosing, free_port
from cli.local_cloud.processes.record import CloudRecord, read_record, write_record
from cli.output.errors import FleetError

_URI = "postgresql+psycopg://nobody@/none"


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    """Lay out an empty local cloud."""
    return Layout(tmp_path)


def test_preferred_port() -> None:
    """A free port is used; one in use is replaced."""
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
    assert free_port(port) == port


def test_simultaneous_starts_choose_different_ports() -> None:
    """No second command chooses a port before the first one listens on it."""
    taken: list[socket.socket] = []

    def start(_: int) -> int:
        with choosing():
            port = free_port(preferred)
            time.sleep(0.05)
            taken.append(socket.create_server((LOOPBACK, port)))
            return port

    with socket.create_server((LOOPBACK, 0)) as probe:
        preferred = probe.getsockname()[1]
    with ThreadPoolExecutor() as starts:
        assert len(set(starts.map(start, range(4)))) == 4
    for each in taken:
        each.close()


@pytest.mark.parametrize(
    ("written", "port"),
    [
        *((text, USUAL_PORT) for text in (None, "", "x", "0", "-5", "65536", "9" * 30)),
        ("4711", 4711),
    ],
)
def test_the_last_port_is_reused(layout: Layout, written: str | None, port: int) -> None:
    """A restarted local cloud prefers its last port."""
    if written is not None:
        layout.port.write_text(written)
    assert last_port(layout) == port


def test_record_is_read_back(layout: Layout) -> None:
    """A record written by one command is read by another."""
    record = CloudRecord(port=4566, pid=1, tracking_uri=_URI)
    write_record(layout, record)
    assert read_record(layout) == record
    assert record.endpoint == "http://127.0.0.1:4566"


def test_no_record(layout: Layout) -> None:
    """Before the first start there is no record."""
    assert read_record(layout) is None


@pytest.mark.parametrize(
    "text",
    ["", "{", "null", *(f'{{"port": 4566, "pid": {pid}, "tracking_uri": "-"}}' for pid in (-1, 0))],
)
def test_damaged_record(layout: Layout, text: str) -> None:
    """A damaged record is an error that names the file and what to do."""
    layout.record.write_text(text)
    with pytest.raises(FleetError, match=r"cloud\.json is damaged.*fleet up"):
        read_record(layout)


def test_an_empty_variable_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty FLEET_HOME means the default, not the current folder."""
    monkeypatch.setenv("FLEET_HOME", "")
    assert Layout().root == REPOSITORY / ".fleet"
