"""A killed local cloud is set aside with its database, and a new one starts in its place."""

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from cli.local_cloud import database
from cli.local_cloud.layout import Layout
from cli.local_cloud.record import CloudRecord, write_record
from cli.local_cloud.recovery import set_aside_killed

_NO_PROCESS = 2**22 + 1


@pytest.fixture
def layout(database_folder: Path) -> Iterator[Layout]:
    """Lay out a local cloud whose database is stopped afterwards."""
    layout = Layout(database_folder / "killed")
    yield layout
    database.stop(layout)


def _address(tracking_uri: str) -> str:
    return tracking_uri.replace("+psycopg", "")


def test_a_new_database_starts_after_a_kill(layout: Layout) -> None:
    """The database that a killed run left running is set aside, and the next one is empty."""
    uri = database.start(layout)
    write_record(layout, CloudRecord(port=1, pid=_NO_PROCESS, tracking_uri=uri))
    with psycopg.connect(_address(uri), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept (id int)")

    folder = set_aside_killed(layout)

    assert folder is not None
    assert (folder / "postgres" / "PG_VERSION").exists()
    with psycopg.connect(_address(database.start(layout))) as connection:
        found = connection.execute("SELECT to_regclass('kept')").fetchone()
    assert found == (None,)
