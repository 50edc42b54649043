"""Creates and upgrades MLflow's tables, one process at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from mlflow.store.db import utils
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.pool import NullPool

# Any number that nobody else locks in this database.
_TABLES_LOCK = 6_033_274_116
_GRANTS = (
    "GRANT USAGE ON SCHEMA public TO {user}",
    "GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO {user}",
    "GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO {user}",
    "REVOKE INSERT, UPDATE, DELETE ON alembic_version FROM {user}",
)


@dataclass(frozen=True)
class SchemaUpgrade:
    """MLflow's revision before and after; `before` is `None` where there were no tables."""

    before: str | None
    after: str


def upgrade_schema(database: str) -> SchemaUpgrade:
    """Bring the tables to the revision of the MLflow that is installed.

    The upgrade is one transaction: one that is broken off leaves what was there. Who comes while
    another one is at it waits, and then finds nothing to do.

    Parameters
    ----------
    database
        The database, such as `postgresql+psycopg://user@host:5432/mlflow`; the user must own the
        tables.

    Raises
    ------
    sqlalchemy.exc.OperationalError
        If the database does not answer, or goes away.
    alembic.util.CommandError
        If the tables are of a newer MLflow than the one that is installed.
    """
    with tables_locked(database):
        engine = create_engine(database, poolclass=NullPool)
        before = utils._get_schema_version(engine)
        _upgrade(engine, before)
        return SchemaUpgrade(before, utils._get_schema_version(engine))


def grant_rows(database: str, user: str) -> None:
    """Let a user work with the rows of every table, and neither make, change nor drop one.

    Parameters
    ----------
    database
        The database, as the role that owns the tables.
    user
        Who reads and writes rows.
    """
    engine = create_engine(database, poolclass=NullPool)
    quoted = engine.dialect.identifier_preparer.quote(user)
    with engine.begin() as connection:
        for grant in _GRANTS:
            connection.execute(text(grant.format(user=quoted)))


@contextmanager
def tables_locked(database: str) -> Iterator[None]:
    """Let one process at a time look for MLflow's tables, because all create what is missing."""
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
