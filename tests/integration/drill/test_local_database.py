"""Dumps of the local database on real PostgreSQL, restored to a copy and restored live."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from cli.drill.local_database import LocalBackups
from modelfleet.spec.errors import RestoreError
from tests.postgresql import postgresql

NOON = datetime(2026, 1, 5, 12, 30, 15, 123456, tzinfo=UTC)
TABLE = "CREATE TABLE model_versions (name text, version int)"


@pytest.fixture(scope="module")
def database(database_folder: Path) -> Iterator[str]:
    """Run PostgreSQL; gives its address."""
    with postgresql(database_folder / "drill") as address:
        yield address


@pytest.fixture
def backups(database: str, tmp_path: Path) -> LocalBackups:
    """Backups of a registry in which a model has two versions."""
    run(database, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public", TABLE)
    run(database, "INSERT INTO model_versions VALUES ('telecom', 1), ('telecom', 2)")
    return LocalBackups(tmp_path / "backups", database)


def run(database: str, *statements: str) -> None:
    """Run statements."""
    with create_engine(database, poolclass=NullPool).begin() as connection:
        for statement in statements:
            connection.execute(text(statement))


def rows(database: str, query: str) -> list[Any]:
    """What a query finds."""
    with create_engine(database, poolclass=NullPool).connect() as connection:
        return list(connection.execute(text(query)).scalars())


def test_a_dump_comes_back_beside(database: str, backups: LocalBackups) -> None:
    """What was there is in the copy whatever becomes of the live one, and the copy goes."""
    backups.back_up(NOON)
    run(database, "DROP TABLE model_versions")
    with backups.restored() as registered:
        assert registered("telecom") == {"1", "2"}
        assert registered("leads") == frozenset()
    assert rows(database, "SELECT datname FROM pg_database WHERE datname LIKE 'restored%'") == []


def test_what_is_live_is_brought_back(database: str, backups: LocalBackups) -> None:
    """What was destroyed and what was altered is as it was."""
    backups.back_up(NOON)
    for damage in ("DROP TABLE model_versions", "UPDATE model_versions SET version = 7"):
        run(database, damage)
        backups.restore_live()
        assert sorted(rows(database, "SELECT version FROM model_versions")) == [1, 2]


def test_no_backup(backups: LocalBackups) -> None:
    """Without a backup there is a line that says how to make one."""
    for act in (backups.newest, backups.restore_live):
        with pytest.raises(RestoreError, match="fleet drill backup"):
            act()


def test_the_newest_counts_and_seven_are_kept(backups: LocalBackups) -> None:
    """The newest dump's time is how far back one falls; old ones go."""
    for hour in range(9):
        backups.back_up(NOON + timedelta(hours=hour))
    assert backups.newest() == NOON + timedelta(hours=8)
    assert len(list(backups.folder.iterdir())) == 7


def test_an_empty_file_is_no_backup(backups: LocalBackups) -> None:
    """A dump without a byte fails, however good its name is."""
    backups.back_up(NOON).write_bytes(b"")
    with pytest.raises(RestoreError, match="pg_restore failed"), backups.restored():
        pass


def test_a_cut_off_dump_is_no_backup(database: str, backups: LocalBackups) -> None:
    """Half a dump fails, and bringing it back leaves what is live as it is."""
    file = backups.back_up(NOON)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(RestoreError, match="pg_restore failed"):
        backups.restore_live()
    assert sorted(rows(database, "SELECT version FROM model_versions")) == [1, 2]


def test_a_dump_of_an_empty_database_is_no_backup(database: str, backups: LocalBackups) -> None:
    """A whole dump in which nothing is does not pass for a registry."""
    run(database, "DROP TABLE model_versions")
    backups.back_up(NOON)
    with (
        backups.restored() as registered,
        pytest.raises(RestoreError, match="contains no registry"),
    ):
        registered("telecom")
