"""Creation and upgrade of MLflow's tables, by one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mlflow.store.db import utils
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

# An arbitrary key for the advisory lock, unused elsewhere in this database.
_TABLES_LOCK = 6_033_274_116
_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {user}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}",
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {user}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {user}",
)


@dataclass(frozen=True)
class SchemaUpgrade:
    """MLflow's schema revisions; `before` is `None` if there were no tables."""

    before: str | None
    after: str


def upgrade_schema(database: str) -> SchemaUpgrade:
    """Upgrade the tables to the revision of the installed MLflow.

    The upgrade is a single transaction, so an interrupted one changes nothing. A concurrent call
    waits, and then has nothing to do.

    Parameters
    ----------
    database
        URL of the database, such as `postgresql+psycopg://user@host:5432/mlflow`; the user must own
        the tables.

    Raises
    ------
    sqlalchemy.exc.OperationalError
        If the database is unavailable, or the connection is lost.
    alembic.util.CommandError
        If the tables belong to a newer MLflow than the installed one.
    """
    with tables_locked(database):
        engine = create_engine(database, poolclass=NullPool)
        before = utils._get_schema_version(engine)
        _upgrade(engine, before)
        return SchemaUpgrade(before, utils._get_schema_version(engine))


def grant_rows(database: str, user: str) -> None:
    """Grant a user access to the rows of all tables, but not to create, alter, or drop tables.

    Parameters
    ----------
    database
        URL of the database with the user that owns the tables.
    user
        User that reads and writes rows.
    """
    engine = create_engine(database, poolclass=NullPool)
    quoted = engine.dialect.identifier_preparer.quote(user)
    with engine.begin() as connection:
        for grant in _GRANTS:
            connection.execute(text(grant.format(user=quoted)))


@contextmanager
def tables_locked(database: str) -> Iterator[None]:
    """Serialize access to MLflow's tables, because every process creates missing ones."""
    if make_url(database).get_backend_name() != "postgresql":
        yield
        return
    with create_engine(database, poolclass=NullPool).begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _TABLES_LOCK})
        yield


def _upgrade(engine: Engine, revision: str | None) -> None:
    if revision == utils._get_latest_schema_revision():
        return
    if utils._is_empty_database(engine):
        utils._initialize_tables(engine)
    else:
        utils._upgrade_db(engine)
